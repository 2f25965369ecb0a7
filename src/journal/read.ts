import { setTimeout as pause } from 'node:timers/promises';
import type { JournalRecord } from './events.ts';
import { JournalRefused } from './failures.ts';
import { numbersOf, parseRecord, SegmentScan, segmentsOf } from './scan.ts';
import type { RawRecord, SegmentFile } from './scan.ts';
import { References } from './references.ts';

export interface ReadFilter {
  /** Records of one session, with the decisions about and ends of its requests. */
  readonly session?: string;
  /** Records from this moment on, milliseconds since 1970. */
  readonly since?: number;
  /** Records before this one. */
  readonly until?: number;
  readonly kinds?: readonly string[];
  /** Go on waiting for new records until it aborts. */
  readonly follow?: AbortSignal;
}

const FOLLOW_MS = 100;

/**
 * Records in order, each whole by itself; those that others only refer to (`text`, `judged`) are left out. Reads what is whole at the
 * moment and proves nothing: that is `verifyJournal`'s business. What is retired before it's read is left out. An absent directory has no records.
 * Throws JournalRefused `damaged` where a record can't be read.
 */
export async function* readJournal(dir: string, filter: ReadFilter = {}): AsyncGenerator<JournalRecord> {
  const wanted = new Wanted(filter);
  const signal = filter.follow;
  let begun = 0;
  for (;;) {
    const segments = (await existing(dir)).filter((segment) => segment.first > begun);
    for (const [i, segment] of segments.entries()) {
      begun = segment.first;
      yield* readSegment(dir, segment, segments[i + 1], wanted, signal);
    }
    if (signal === undefined || signal.aborted) return;
    await pause(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function* readSegment(dir: string, segment: SegmentFile, after: SegmentFile | undefined, wanted: Wanted, follow?: AbortSignal): AsyncGenerator<JournalRecord> {
  const scan = await SegmentScan.openIfThere(segment.path);
  if (scan === undefined) return;
  const references = new References();
  let next = after;
  try {
    for (;;) {
      const batch = await scan.batch();
      for (const raw of batch) {
        for (const record of wholeRecords(segment, raw, references).records) {
          // What lies behind the next segment's beginning was never committed.
          if (next !== undefined && record.sequence >= next.first) return;
          if (wanted.has(record)) yield record;
        }
      }
      if (batch.length > 0) continue;
      if (follow === undefined || follow.aborted || next !== undefined) return;
      // A file can grow until the one after it exists; then it's read once more to its end.
      next = (await existing(dir)).find(({ first }) => first > segment.first);
      if (next === undefined) await pause(FOLLOW_MS, undefined, { signal: follow }).catch(() => undefined);
    }
  } finally {
    await scan.close();
  }
}

/**
 * Records as they were appended: what is stored together comes one by one, and what others refer to not at all. `last`: the last number they take.
 * Throws JournalRefused `damaged`.
 */
export function wholeRecords(segment: SegmentFile, { json, offset }: RawRecord, references: References): { readonly last: number; readonly records: readonly JournalRecord[] } {
  const record = parseRecord(json);
  const records = record && references.take(record);
  if (record !== undefined && records !== undefined) return { last: record.sequence + numbersOf(record) - 1, records };
  throw unreadable(segment, offset);
}

export const unreadable = ({ path }: SegmentFile, offset: number): JournalRefused => damaged(`A record in ${path} at byte ${offset} can't be read.`);

export const damaged = (sentence: string): JournalRefused => new JournalRefused('damaged', sentence, { hint: 'Run `countersign audit verify`: it says what is wrong.' });

async function existing(dir: string): Promise<SegmentFile[]> {
  try {
    return await segmentsOf(dir);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Which records a reader asked for. */
class Wanted {
  readonly #filter: ReadFilter;
  readonly #since: string | undefined;
  readonly #until: string | undefined;
  readonly #kinds: ReadonlySet<string> | undefined;
  /** Requests of the session: what becomes of them names only the request. */
  readonly #requests = new Set<string>();

  constructor(filter: ReadFilter) {
    this.#filter = filter;
    this.#since = filter.since === undefined ? undefined : new Date(filter.since).toISOString();
    this.#until = filter.until === undefined ? undefined : new Date(filter.until).toISOString();
    this.#kinds = filter.kinds === undefined ? undefined : new Set(filter.kinds);
  }

  has({ event, time }: JournalRecord): boolean {
    const { session } = this.#filter;
    if (session !== undefined && !this.#of(session, event)) return false;
    if (this.#since !== undefined && time < this.#since) return false;
    if (this.#until !== undefined && time >= this.#until) return false;
    return this.#kinds === undefined || this.#kinds.has(event.kind);
  }

  #of(session: string, event: JournalRecord['event']): boolean {
    if ('session' in event) {
      if (event.kind === 'request.opened' && event.session === session) this.#requests.add(event.request);
      return event.session === session;
    }
    return 'request' in event && event.request !== undefined && this.#requests.has(event.request);
  }
}
