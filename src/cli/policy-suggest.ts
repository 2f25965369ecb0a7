/** `countersign policy suggest`: rules for what people approved again and again, to read and paste. */

import { type Command, InvalidArgumentError } from 'commander';
import { readJournal } from '../journal/read.ts';
import { DECIDED, gatherApproved } from '../learning/evidence.ts';
import { suggestRules, type Suggestions } from '../learning/suggest.ts';
import { suggestionsText } from '../learning/suggestion-text.ts';
import { visibleJson } from '../runtime/visible.ts';
import { recordedBy, recordedCommand, type RecordedFlags } from './policy.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting, type Terminal } from './terminal.ts';

interface SuggestFlags extends RecordedFlags {
  readonly times: number;
}

export function policySuggestCommand(program: Command, terminal: Terminal = processTerminal()): void {
  recordedCommand(program, 'suggest', 'print rules for what people approved again and again and never denied, with the evidence; none of them is applied')
    .option('--times <count>', 'how often it must have been approved', count, 5)
    .action((flags: SuggestFlags) => reporting(terminal, () => suggest(flags, terminal)));
}

async function suggest(flags: SuggestFlags, terminal: Terminal): Promise<void> {
  const { dir, policy, since, until } = await recordedBy(flags);
  const found = suggestRules(await gatherApproved(readJournal(dir, { kinds: DECIDED }), since, until), policy, flags.times);
  terminal.out(flags.json === true ? `${visibleJson(plain(found), 2)}\n` : suggestionsText(found));
}

function plain({ suggestions, left }: Suggestions): object {
  const of = ({ approved: { times, people, example, until }, shape }: Suggestions['left'][number] | Suggestions['suggestions'][number]): object => ({
    agent: example.by.agent.name, database: example.by.database.name, shape, times, people: Object.fromEntries(people), from: example.time, to: until, request: example.event.request, text: example.event.text,
  });
  return {
    suggestions: suggestions.map((one) => ({ ...of(one), yaml: one.yaml.split('\n').map((line) => line.trim()), exceptions: one.exceptions.map(({ rule, when }) => ({ rule: rule.name, when })) })),
    left: left.map((one) => ({ ...of(one), why: one.why })),
  };
}

function count(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('a number over 0 is needed.');
}
