/** What waits to be written, and what becomes of it when it can't be. Pure. */

import type { PlainOutcome } from './events.ts';

export interface Entry {
  readonly kind: string;
  /** ISO time it was appended at. */
  readonly time: string;
  /** The event, canonical JSON. */
  readonly json: string;
  /** Sequence number of the record it is about; 0: none. */
  readonly about: number;
  /** It is one of a `statements` record. */
  readonly ran?: true;
  /** JSON of the events that it is made of, where it is more than one. */
  readonly leaves?: readonly string[];
  /** What an outcome amounted to, for when it has to be given up. */
  readonly outcome?: { readonly count: number; readonly rows: number; readonly bytes: number; readonly errors: number };
}

/** Stands in the first place while nothing can be written: for the outage record, which will take its number. */
export const PLACEHOLDER: Entry = { kind: 'outage', time: '', json: '', about: 0 };

/** What would be lost of them if they had to be given up. */
export function amount(ended: readonly PlainOutcome[]): NonNullable<Entry['outcome']> {
  let rows = 0;
  let bytes = 0;
  for (const outcome of ended) {
    rows += outcome[2];
    bytes += outcome[3];
  }
  return { count: ended.length, rows, bytes, errors: 0 };
}

/** Nothing of these has happened yet when they can't be written, and then nothing may. `text` and `judged` belong to them. */
const VOID = new Set(['statement', 'prepare', 'continue', 'request.opened', 'text', 'judged']);

/** Given up in this order when there are too many; whatever isn't named comes last but for decisions and freezes. */
const EXPENDABLE = ['outcomes', 'outcome', 'login.refused', 'cancel', 'session.end', 'session.start', 'policy.rejected', 'policy.loaded', 'request.escalated', 'request.ended', 'process.stop', 'process.start'];

/** Bounds on what is kept in memory while nothing can be written. */
export const KEPT_ENTRIES = 20_000;
export const KEPT_CHARS = 16 << 20;

export interface Outage {
  readonly since: string;
  readonly code: string;
  readonly voided: Record<string, number>;
  readonly dropped: Record<string, number>;
  outcomes?: { count: number; rows: number; bytes: number; errors: number };
  damaged?: { file: string; offset: number };
}

/**
 * The entries that stay, oldest first. Counts the others in the outage.
 * @param uncommitted first sequence number that isn't in the file: what is about it or a later one is about a void record.
 */
export function keep(entries: readonly Entry[], uncommitted: number, outage: Outage): Entry[] {
  const kept = entries.filter((entry) => {
    if (!VOID.has(entry.kind) && entry.about < uncommitted) return true;
    if (entry.kind !== 'text' && entry.kind !== 'judged') outage.voided[entry.kind] = (outage.voided[entry.kind] ?? 0) + 1;
    return false;
  });
  return bounded(kept, outage);
}

function bounded(entries: Entry[], outage: Outage): Entry[] {
  let kept = entries;
  let chars = kept.reduce((sum, entry) => sum + entry.json.length, 0);
  for (const kind of [...EXPENDABLE, undefined]) {
    if (kept.length <= KEPT_ENTRIES && chars <= KEPT_CHARS) return kept;
    // Down to half, so that the next one too many doesn't cost another pass.
    let count = kept.length;
    kept = kept.filter((entry) => {
      if ((kind !== undefined && entry.kind !== kind) || (count <= KEPT_ENTRIES / 2 && chars <= KEPT_CHARS / 2)) return true;
      count -= 1;
      chars -= entry.json.length;
      drop(entry, outage);
      return false;
    });
  }
  return kept;
}

function drop(entry: Entry, outage: Outage): void {
  outage.dropped[entry.kind] = (outage.dropped[entry.kind] ?? 0) + 1;
  if (entry.outcome === undefined) return;
  const { count, rows, bytes, errors } = outage.outcomes ?? { count: 0, rows: 0, bytes: 0, errors: 0 };
  const { outcome } = entry;
  outage.outcomes = { count: count + outcome.count, rows: rows + outcome.rows, bytes: bytes + outcome.bytes, errors: errors + outcome.errors };
}
