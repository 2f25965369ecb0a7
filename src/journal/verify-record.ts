import { isUtf8 } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import { canonical } from './canonical.ts';
import { checkSeal } from './checkpoint.ts';
import { Commitments, leavesOf, Salts } from './commitments.ts';
import type { JournalRecord } from './events.ts';
import { isKind } from './kinds.ts';
import { recordHash, recordJson } from './record.ts';
import type { Head } from './record.ts';
import { numbersOf, parseRecord } from './scan.ts';
import type { ParsedRecord } from './scan.ts';
import { References } from './references.ts';

type Checkpoint = Extract<JournalRecord['event'], { kind: 'checkpoint' }>;

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
    const wrong = event.kind === 'checkpoint' ? this.#checkpoint(json, record, event, commitments) : undefined;
    if (wrong !== undefined) return wrong;
    return this.#references.apart(record) ?? 'what it refers to isn\'t in its segment';
  }

  #checkpoint(json: Buffer, { previous, sequence, time }: ParsedRecord, { kind, key, leaves, root, signature }: Checkpoint, commitments: Commitments): string | undefined {
    // Other records are bound byte for byte by the checkpoint after them; a checkpoint may be the last, and its signature is over these fields only.
    if (!isUtf8(json) || recordJson(canonical({ kind, key, leaves, root, signature }), previous, sequence, time) !== json.toString()) return 'the checkpoint was changed';
    const wrong = checkSeal({ key, leaves, root, signature, previous, sequence, time }, this.#keys);
    if (wrong !== undefined) return wrong;
    const { made } = commitments;
    if (made.leaves !== leaves || made.root !== root) return 'the checkpoint was signed over other records than there are, or the segment\'s header was changed';
    commitments.signed();
    this.checkpoints += 1;
    return undefined;
  }
}
