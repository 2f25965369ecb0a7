/** `countersign policy suggest`: rules for what people approved again and again, to read and paste. */

import { type Command, InvalidArgumentError } from 'commander';
import { readJournal } from '../journal/read.ts';
import { DECIDED, gatherApproved } from '../learning/evidence.ts';
import { suggestRules, type Suggestions } from '../learning/suggest.ts';
import { suggestionsText } from '../learning/suggestion-text.ts';
import { visibleJson } from '../runtime/visible.ts';
import { journalPlace } from './journal-dir.ts';
import { moment } from './moment.ts';
import { chosenPolicy, policyCommand } from './policy.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting, type Terminal } from './terminal.ts';

interface SuggestFlags {
  readonly since: string;
  readonly until?: string;
  readonly times: number;
  readonly policy?: readonly string[];
  readonly dir?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export function policySuggestCommand(program: Command, terminal: Terminal = processTerminal()): void {
  policyCommand(program).command('suggest').description('print rules for what people approved again and again and never denied, with the evidence; none of them is applied')
    .requiredOption('--since <time>', 'approvals from then on, an ISO time').option('--until <time>', 'and before this one')
    .option('--times <count>', 'how often it must have been approved', count, 5)
    .option('--policy <file...>', 'files of the policy that they are for (default: those that the configuration names)')
    .option('--dir <dir>', 'the journal\'s directory').option('--config <file>', 'take directory and policy from the configuration')
    .option('--json', 'print JSON')
    .action((flags: SuggestFlags) => reporting(terminal, () => suggest(flags, terminal)));
}

async function suggest(flags: SuggestFlags, terminal: Terminal): Promise<void> {
  const since = moment(flags.since);
  const until = flags.until === undefined ? undefined : moment(flags.until);
  const policy = await chosenPolicy(flags);
  const { dir } = await journalPlace(flags);
  const approved = await gatherApproved(readJournal(dir, { kinds: DECIDED }), since, until);
  const found = suggestRules(approved, policy, flags.times);
  terminal.out(flags.json === true ? `${visibleJson(plain(found), 2)}\n` : suggestionsText(found));
}

function plain({ suggestions, left }: Suggestions): object {
  const of = ({ approved: { times, people, example, until }, shape }: Suggestions['left'][number] | Suggestions['suggestions'][number]): object => ({
    agent: example.by.agent.name, database: example.by.database.name, shape, times, people: Object.fromEntries(people), from: example.time, to: until, request: example.event.request, text: example.event.text,
  });
  return {
    suggestions: suggestions.map((one) => ({ ...of(one), yaml: one.yaml.trim(), exceptions: one.exceptions.map(({ rule, when }) => ({ rule: rule.name, when })) })),
    left: left.map((one) => ({ ...of(one), why: one.why })),
  };
}

function count(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('a number over 0 is needed.');
}
