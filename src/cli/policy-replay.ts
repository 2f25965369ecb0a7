/** `countersign policy replay`: what another policy would have made of what the journal has. */

import type { Command } from 'commander';
import { readJournal } from '../journal/read.ts';
import type { Group } from '../learning/groups.ts';
import { type Change, REPLAYED, type Replayed, type ReplayedChange, replayPolicy } from '../learning/replay.ts';
import { policyWarnings } from '../policy/warnings.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { counted } from './counted.ts';
import { recordedBy, recordedCommand, type RecordedFlags } from './policy.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting, type Terminal } from './terminal.ts';

interface ReplayFlags extends RecordedFlags {
  readonly failOnChange?: boolean;
}

export function policyReplayCommand(program: Command, terminal: Terminal = processTerminal()): void {
  recordedCommand(program, 'replay', 'judge recorded statements by another policy, and print what it would newly hold, deny, mask or let through')
    .option('--fail-on-change', 'exit with 1 when anything would be judged otherwise, or can\'t be told')
    .action((flags: ReplayFlags) => reporting(terminal, () => replay(flags, terminal)));
}

async function replay(flags: ReplayFlags, terminal: Terminal): Promise<void> {
  const { dir, policy, since, until } = await recordedBy(flags);
  const warnings = policyWarnings(policy.model);
  const replayed = await replayPolicy(readJournal(dir, { kinds: REPLAYED }), { policy, since, until });
  if (flags.json === true) terminal.out(`${visibleJson({ ...replayed, warnings }, 2)}\n`);
  else {
    for (const warning of warnings) terminal.say(`Warning: ${visibleLine(warning)}\n`);
    terminal.out(replayText(replayed));
  }
  if (flags.failOnChange === true && replayed.changes.length + replayed.unsure.length + replayed.strangers > 0) terminal.fail();
}

const TITLES: Readonly<Record<Change, string>> = {
  hold: 'would newly be held', deny: 'would newly be denied', mask: 'would newly be masked, or held for how they use masked columns', pass: 'would newly pass', unmask: 'would no longer be masked',
};

function replayText({ judged, unchanged, strangers, changes, unsure }: Replayed): string {
  const sections = [...Map.groupBy(changes, ({ change }) => change)].map(([change, groups]) => section(TITLES[change], groups, ruledText));
  const doubts = [...Map.groupBy(unsure, ({ why }) => why)].map(([why, groups]) => section(`can't be judged: ${why}`, groups, () => []));
  return [
    `${counted(judged, 'statement')} judged, ${unchanged} as before.`,
    ...(strangers === 0 ? [] : [`${counted(strangers, 'statement')} not judged: the beginnings of their sessions aren't in this journal, so nobody knows whose they are.`]),
    ...sections, ...doubts, '',
  ].join('\n');
}

function section<T extends Group>(title: string, groups: readonly T[], told: (group: T) => readonly string[]): string {
  const lines = groups.flatMap((group) => {
    const { count, agent, database, shape, example: { sequence, time, session, text } } = group;
    return [`  ${count} × ${agent} at ${database}: ${shape}`, ...told(group).map((line) => `      ${line}`), `      such as ${sequence}, ${time}, ${session}: ${text.slice(0, 200).replaceAll(/\s+/g, ' ')}`];
  });
  return ['', `${groups.reduce((sum, { count }) => sum + count, 0)} ${title}`, ...lines.map(visibleLine)].join('\n');
}

const ruledText = ({ old, new: now }: ReplayedChange): readonly string[] => [`${old.action} by ${old.rule} -> ${now.action} by ${now.rule}: ${now.reason}`];
