import { setTimeout as pause } from 'node:timers/promises';
import type { JournalRecord } from './events.ts';
import { JournalRefused } from './failures.ts';
import { parseRecord, SegmentScan, segmentsOf } from './scan.ts';
import type { RawRecord, SegmentFile } from './scan.ts';
import { Texts } from './texts.ts';

export interface ReadFilter {
  /** Records of one session, with the decisions about and ends of its requests. */
  readonly session?: string;
  /** Records from this moment on, milliseconds since 1970. */
  readonly since?: number;
  readonly kinds?: readonly string[];
  /** Go on waiting for new records until it aborts. */
  readonly follow?: AbortSignal;
}

const FOLLOW_MS = 100;

/**
 * Records in order, large texts in their places; `text` records themselves are left out. Reads what is whole at the
 * moment and proves nothing: that is `verifyJournal`'s business. An absent directory has no records.
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
  const scan = await SegmentScan.open(segment.path);
  const texts = new Texts();
  let next = after;
  try {
    for (;;) {
      const batch = await scan.batch();
      for (const raw of batch) {
        const record = readRecord(segment, raw, texts);
        // What lies behind the next segment's beginning was never committed.
        if (next !== undefined && record !== undefined && record.sequence >= next.first) return;
        for (const one of record === undefined ? [] : apart(record)) if (wanted.has(one)) yield one;
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

function readRecord(segment: SegmentFile, { json, offset }: RawRecord, texts: Texts): JournalRecord | undefined {
  const record = parseRecord(json);
  if (record?.event.kind === 'text' && texts.add(record)) return undefined;
  const whole = record === undefined ? undefined : texts.resolve(record);
  if (whole !== undefined) return whole;
  throw new JournalRefused('damaged', `A record in ${segment.path} at byte ${offset} can't be read.`, { hint: 'Run `countersign audit verify`: it says what is wrong.' });
}

/** Plain outcomes are stored together and read one by one. */
function apart({ sequence, time, event }: JournalRecord): JournalRecord[] {
  if (event.kind !== 'outcomes') return [{ sequence, time, event }];
  return event.ended.map(([session, statement, rows, bytes, us, tag]) => ({
    sequence, time, event: { kind: 'outcome', session, statement, rows, bytes, ms: us / 1000, ...(tag === '' ? {} : { tag }) },
  }));
}

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
  readonly #kinds: ReadonlySet<string> | undefined;
  /** Requests of the session: decisions name only the request. */
  readonly #requests = new Set<string>();

  constructor(filter: ReadFilter) {
    this.#filter = filter;
    this.#since = filter.since === undefined ? undefined : new Date(filter.since).toISOString();
    this.#kinds = filter.kinds === undefined ? undefined : new Set(filter.kinds);
  }

  has({ event, time }: JournalRecord): boolean {
    const { session } = this.#filter;
    if (session !== undefined && !this.#of(session, event)) return false;
    if (this.#since !== undefined && time < this.#since) return false;
    return this.#kinds === undefined || this.#kinds.has(event.kind);
  }

  #of(session: string, event: JournalRecord['event']): boolean {
    if ('session' in event) {
      if (event.kind === 'request.opened' && event.session === session) this.#requests.add(event.request);
      return event.session === session;
    }
    return (event.kind === 'request.decided' || event.kind === 'request.ended') && this.#requests.has(event.request);
  }
}
