import { isUtf8 } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import { canonical } from './canonical.ts';
import { checkSeal } from './checkpoint.ts';
import { Commitments, leavesOf, Salts } from './commitments.ts';
import type { JournalRecord } from './events.ts';
import { isKind } from './kinds.ts';
import { recordHash } from './record.ts';
import type { Head } from './record.ts';
import { numbersOf, parseRecord } from './scan.ts';
import type { ParsedRecord } from './scan.ts';
import { References } from './references.ts';

/** What can be said of one record, knowing the one before it. */
export class RecordChecks {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  #references = new References();
  #commitments: Commitments | undefined;
  checkpoints = 0;
  unsigned = 0;

  constructor(keys: ReadonlyMap<string, KeyObject>) {
    this.#keys = keys;
  }

  /** Records refer to others within their segment only, so that each file can be read alone. */
  newSegment(): void {
    this.#references = new References();
    this.#commitments = undefined;
  }

  /** The record, what it stands for, and the head it makes; or what is wrong: a clause for a person. */
  check(json: Buffer, before: Head, seed: Buffer): { readonly head: Head; readonly record: ParsedRecord; readonly whole: readonly JournalRecord[] } | string {
    const record = parseRecord(json);
    if (record === undefined) return 'it is no record, or its length is wrong';
    if (record.sequence !== before.sequence + 1) return `record ${record.sequence} is in the place of record ${before.sequence + 1}`;
    if (record.previous !== before.hash) return 'it doesn\'t follow from the record before it: one of the two was changed';
    const commitments = this.#commitments ??= new Commitments(new Salts(seed));
    const whole = this.#content(json, record, commitments);
    if (typeof whole === 'string') return whole;
    this.unsigned = record.event.kind === 'checkpoint' ? 0 : this.unsigned + 1;
    return { head: { sequence: record.sequence + numbersOf(record) - 1, hash: recordHash(json) }, record, whole };
  }

  #content(json: Buffer, record: ParsedRecord, commitments: Commitments): readonly JournalRecord[] | string {
    const { event } = record;
    for (const leaf of leavesOf(record, json.toString())) commitments.add(leaf);
    // Else a checkpoint with its kind changed would pass as an unsigned record of some kind.
    if (!isKind(event.kind)) return 'it is of a kind that doesn\'t exist, or that only a newer version knows';
    const added = this.#references.add(record);
    if (added !== undefined) return added ? [] : 'the text isn\'t the one its hash says';
    if (event.kind === 'checkpoint') {
      // Other records are bound byte for byte by the checkpoint after them; a checkpoint may be the last.
      if (!isUtf8(json) || canonicalRecord(record) !== json.toString()) return 'the checkpoint was changed';
      const { previous, sequence, time } = record;
      const wrong = checkSeal({ ...event, previous, sequence, time }, this.#keys);
      if (wrong !== undefined) return wrong;
      const { leaves, root } = commitments.made;
      if (leaves !== event.leaves || root !== event.root) return 'the checkpoint was signed over other records than there are, or the segment\'s header was changed';
      commitments.signed();
      this.checkpoints += 1;
    }
    return this.#references.apart(record) ?? 'what it refers to isn\'t in its segment';
  }
}

function canonicalRecord(record: ParsedRecord): string | undefined {
  try {
    return canonical(record);
  } catch {
    return undefined;
  }
}
