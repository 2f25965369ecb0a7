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
import { sessionsGroup } from './groups.ts';
import { journalPlace } from './journal-dir.ts';
import { moment } from './moment.ts';
import { processTerminal } from './process-terminal.ts';
import { keystrokes } from './keystrokes.ts';
import { ReplayPace } from './replay-pace.ts';
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

export function sessionsCommand(program: Command, terminal: Terminal = processTerminal()): void {
  const sessions = sessionsGroup(program);
  const add = (spec: string, description: string): Command => sessions.command(spec).description(description)
    .option('--dir <dir>', 'the journal\'s directory').option('--config <file>', 'take the directory from the configuration').option('--json', 'print JSON');
  add('list', 'list sessions of the journal').option('--since <time>', 'only those that began since, an ISO time')
    .action((flags: SessionFlags) => reporting(terminal, () => list(flags, terminal)));
  add('show <id>', 'print everything one session did')
    .action((id: string, flags: SessionFlags) => reporting(terminal, () => show(id, Number.POSITIVE_INFINITY, flags, terminal)));
  add('replay <id>', 'print it at the speed it happened, pauses cut to 5 s; in a terminal: space pauses, n is the next record, + and - change the speed, q quits').option('--speed <factor>', 'times as fast', '1')
    .action((id: string, flags: SessionFlags) => reporting(terminal, () => show(id, factor(flags.speed), flags, terminal)));
}

async function list(flags: SessionFlags, terminal: Terminal): Promise<void> {
  const { dir } = await journalPlace(flags);
  const since = flags.since === undefined ? {} : { since: moment(flags.since) };
  const sessions = await summarize(readJournal(dir, { kinds: SUMMARIZED, ...since }));
  if (flags.json === true) return terminal.out(`${visibleJson({ sessions }, 2)}\n`);
  for (const { session, startedAt, endedAt, agent, database, statements, held, refused, observed } of sessions) {
    terminal.out(`${visibleLine(`${session}  ${startedAt}  ${endedAt === undefined ? 'no end' : 'ended '}  ${agent.padEnd(16)}  ${database.padEnd(12)}  ${statements} statements, ${held} held, ${refused} refused${observed === 0 ? '' : `, ${observed} only observed`}`)}\n`);
  }
}

async function show(session: string, speed: number, flags: SessionFlags, terminal: Terminal): Promise<void> {
  const { dir } = await journalPlace(flags);
  let begun: number | undefined;
  const print = (record: JournalRecord): void => {
    begun ??= Date.parse(record.time);
    terminal.out(flags.json === true ? `${visibleJson(record)}\n` : recordText(record, begun, terminal.columns));
  };
  const records = readJournal(dir, { session });
  let ended = true;
  if (speed === Number.POSITIVE_INFINITY) for await (const record of records) print(record);
  else ended = await replay(records, speed, terminal, print);
  if (ended && begun === undefined) throw new Failure('no_session', `The journal has no session ${visibleLine(session)}.`, { hint: '`countersign sessions list` lists them.' });
}

/** @returns false when the person ended it */
async function replay(records: AsyncIterable<JournalRecord>, speed: number, terminal: Terminal, print: (record: JournalRecord) => void): Promise<boolean> {
  const over = new AbortController();
  // Asking for the signal turns Ctrl-C into an end of our own.
  const signal = AbortSignal.any([terminal.interrupted, over.signal]);
  const pace = new ReplayPace(speed, keepAlive, signal);
  const typed = terminal.interactive ? keys(terminal, pace, signal).finally(() => over.abort()) : undefined;
  for await (const record of paced(records, pace)) print(record);
  const ended = !signal.aborted;
  over.abort();
  await typed;
  return ended;
}

/** Until the person quits. */
async function keys(terminal: Terminal, pace: ReplayPace, signal: AbortSignal): Promise<void> {
  for await (const chunk of terminal.typing(signal)) {
    for (const key of keystrokes(chunk)) {
      if (key === 'q' || key === 'quit') return;
      if (key === ' ') pace.pause();
      else if (key === 'n' || key === 'enter') pace.step();
      else if (key === '+' || key === '-') pace.change(key === '+' ? 2 : 1 / 2);
      else continue;
      terminal.say(`${pace.paused ? 'paused' : `at ${pace.speed} times the speed`}\n`);
    }
  }
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
