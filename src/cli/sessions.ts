/** `countersign sessions list|show|replay`: from the journal's files, without a server. */

import type { Command } from 'commander';
import type { JournalRecord } from '../journal/events.ts';
import { readJournal } from '../journal/read.ts';
import { paced } from '../journal/replay.ts';
import { SUMMARIZED, summarize } from '../journal/sessions.ts';
import { timelineEntry } from '../journal/timeline.ts';
import { systemClock } from '../runtime/clock.ts';
import { Failure } from '../runtime/failure.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { journalPlace } from './journal-dir.ts';
import { moment } from './period.ts';
import { processTerminal } from './process-terminal.ts';
import { marked } from './request-text.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface SessionFlags {
  readonly dir?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly since?: string;
  readonly speed?: string;
}

/** Longest pause a replay makes. */
const LONGEST_MS = 5000;

export function sessionsCommand(program: Command, terminal: Terminal = processTerminal()): void {
  const sessions = program.commands.find((command) => command.name() === 'sessions') ?? program.command('sessions').description('agent connections');
  const add = (spec: string, description: string): Command => sessions.command(spec).description(description)
    .option('--dir <dir>', 'the journal\'s directory').option('--config <file>', 'take the directory from the configuration').option('--json', 'print JSON');
  add('list', 'list sessions of the journal').option('--since <time>', 'only those that began since, an ISO time')
    .action((flags: SessionFlags) => reporting(terminal, () => list(flags, terminal)));
  add('show <id>', 'print everything one session did')
    .action((id: string, flags: SessionFlags) => reporting(terminal, () => show(id, Number.POSITIVE_INFINITY, flags, terminal)));
  add('replay <id>', 'print it at the speed it happened, pauses cut to 5 s').option('--speed <factor>', 'times as fast', '1')
    .action((id: string, flags: SessionFlags) => reporting(terminal, () => show(id, factor(flags.speed), flags, terminal)));
}

async function list(flags: SessionFlags, terminal: Terminal): Promise<void> {
  const { dir } = await journalPlace(flags);
  const since = flags.since === undefined ? {} : { since: moment(flags.since) };
  const sessions = await summarize(readJournal(dir, { kinds: SUMMARIZED, ...since }));
  if (flags.json === true) return terminal.out(`${visibleJson({ sessions }, 2)}\n`);
  for (const { session, startedAt, endedAt, agent, database, statements, held, refused } of sessions) {
    terminal.out(`${visibleLine(`${session}  ${startedAt}  ${endedAt === undefined ? 'no end' : 'ended '}  ${agent.padEnd(16)}  ${database.padEnd(12)}  ${statements} statements, ${held} held, ${refused} refused`)}\n`);
  }
}

async function show(session: string, speed: number, flags: SessionFlags, terminal: Terminal): Promise<void> {
  const { dir } = await journalPlace(flags);
  // Asking for the signal turns Ctrl-C into an end of our own, which only a replay's pauses need.
  const signal = speed === Number.POSITIVE_INFINITY ? new AbortController().signal : terminal.interrupted;
  let begun: number | undefined;
  for await (const record of paced(readJournal(dir, { session }), { clock: keepAlive, speed, longestMs: LONGEST_MS, signal })) {
    begun ??= Date.parse(record.time);
    terminal.out(flags.json === true ? `${visibleJson(record)}\n` : recordText(record, begun, terminal.columns));
  }
  if (begun === undefined && !signal.aborted) throw new Failure('no_session', `The journal has no session ${visibleLine(session)}.`, { hint: '`countersign sessions list` lists them.' });
}

function recordText(record: JournalRecord, begun: number, columns: number | undefined): string {
  const { heading, text, parameters } = timelineEntry(record);
  const seconds = ((Date.parse(record.time) - begun) / 1000).toFixed(3);
  return [
    `${`+${seconds}s`.padStart(11)}  ${heading}`,
    ...(text === undefined ? [] : marked(text, columns)),
    ...(parameters.length === 0 ? [] : ['  with', ...marked(parameters.join('\n'), columns)]),
    '',
  ].join('\n');
}

function factor(text = '1'): number {
  const speed = Number(text);
  if (speed > 0) return speed;
  throw new Failure('bad_speed', `--speed must be a number over 0, not "${visibleLine(text)}".`);
}

/** The system's timers don't keep a process alive, but a command that only waits must stay. */
const keepAlive: typeof systemClock = {
  ...systemClock,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};
