/** `countersign audit export` */

import type { Command } from 'commander';
import { CSV_HEADER, csvLine } from '../journal/csv.ts';
import type { SessionStart } from '../journal/csv.ts';
import type { JournalRecord } from '../journal/events.ts';
import { isKind } from '../journal/kinds.ts';
import { readJournal } from '../journal/read.ts';
import { Failure } from '../runtime/failure.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { auditGroup } from './groups.ts';
import { journalPlace } from './journal-dir.ts';
import { period } from './period.ts';
import type { Period } from './period.ts';
import { processTerminal } from './process-terminal.ts';
import { intoFile } from './sink.ts';
import type { Sink } from './sink.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface ExportFlags {
  readonly dir?: string;
  readonly config?: string;
  readonly since?: string;
  readonly until?: string;
  readonly format: string;
  readonly kind?: readonly string[];
  readonly out?: string;
}

export function auditExportCommand(program: Command, terminal: Terminal = processTerminal()): void {
  auditGroup(program).command('export').description('write the records of a period as JSON lines or for spreadsheets')
    .option('--dir <dir>', 'the journal\'s directory')
    .option('--config <file>', 'take the directory from the configuration')
    .option('--since <time>', 'from then on, an ISO time')
    .option('--until <time>', 'up to then')
    .option('--format <format>', 'jsonl: as recorded; csv: for spreadsheets', 'jsonl')
    .option('--kind <kind...>', 'only these kinds of records, as statement or request.decided')
    .option('--out <file>', 'write it there')
    .action((flags: ExportFlags) => reporting(terminal, () => write(flags, terminal)));
}

async function write(flags: ExportFlags, terminal: Terminal): Promise<void> {
  const { format, kind: kinds = [] } = flags;
  if (format !== 'jsonl' && format !== 'csv') throw new Failure('bad_format', `--format is jsonl or csv, not "${visibleLine(format)}".`);
  const unknown = kinds.find((kind) => !isKind(kind));
  if (unknown !== undefined) throw new Failure('bad_kind', `"${visibleLine(unknown)}" is no kind of record.`, { hint: 'Kinds are listed in src/journal/events.ts: statement, outcome, request.decided, …' });
  const within = period(flags);
  const { dir } = await journalPlace(flags);
  await intoFile(flags.out, terminal, (sink) => (format === 'csv' ? writeCsv(dir, within, kinds, sink) : writeLines(dir, within, kinds, sink)));
}

async function writeLines(dir: string, within: Period, kinds: readonly string[], sink: Sink): Promise<void> {
  for await (const record of readJournal(dir, { ...within, ...(kinds.length > 0 && { kinds }) })) await sink.write(`${visibleJson(record)}\n`);
}

async function writeCsv(dir: string, { since = -Infinity, until = Infinity }: Period, kinds: readonly string[], sink: Sink): Promise<void> {
  const sessions = new OpenSessions();
  await sink.write(CSV_HEADER);
  // From the beginning: whose a session is has been said when it began.
  for await (const record of readJournal(dir)) {
    const session = sessions.of(record);
    const time = Date.parse(record.time);
    if (time >= since && time < until && (kinds.length === 0 || kinds.includes(record.event.kind))) await sink.write(csvLine(record, session));
  }
}

/** Those under way: memory for as many as there are at once. */
class OpenSessions {
  readonly #open = new Map<string, SessionStart>();

  of({ event }: JournalRecord): SessionStart | undefined {
    // What a killed process has left open ends with it.
    if (event.kind === 'process.start') this.#open.clear();
    if (event.kind === 'session.start') this.#open.set(event.session, event);
    const known = 'session' in event ? this.#open.get(event.session) : undefined;
    if (event.kind === 'session.end') this.#open.delete(event.session);
    return known;
  }
}
