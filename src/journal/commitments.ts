/**
 * What a checkpoint signs beside the chain: the root of a tree with a leaf for each statement, outcome and other record since the one before. Leaves are
 * salted, so that a proof of one, which names the hashes of others, tells nothing of them, not even to somebody who guesses what they say.
 */

import { hash } from 'node:crypto';
import { eventJson } from './record.ts';
import type { ParsedRecord } from './scan.ts';
import { GrowingTree, leafHash } from './tree.ts';

/** Bytes of a salt, and how many are made at once. */
const SALT_BYTES = 16;
const BLOCK = 64;

/** The event of a statement by itself, as it would be if no other were in its record. @param entry canonical JSON */
export const ranAlone = (entry: string): string => `{"kind":"statements","ran":[${entry}]}`;
/** The same, of an outcome. */
export const endedAlone = (entry: string): string => `{"ended":[${entry}],"kind":"outcomes"}`;

export interface Leaf {
  /** Canonical JSON. */
  readonly event: string;
  readonly sequence: number;
  readonly time: string;
}

/** What of a record has a leaf of its own. @param json the record's */
export function leavesOf(record: ParsedRecord, json: string): readonly Leaf[] {
  const { event, sequence, time } = record;
  if (event.kind === 'statements') return event.ran.map((entry, index) => ({ event: ranAlone(JSON.stringify(entry)), sequence: sequence + index, time }));
  if (event.kind === 'outcomes') return event.ended.map((entry) => ({ event: endedAlone(JSON.stringify(entry)), sequence, time }));
  return event.kind === 'checkpoint' ? [] : [{ event: eventJson(json, record) ?? '', sequence, time }];
}

export function leafCount({ event }: ParsedRecord): number {
  if (event.kind === 'statements') return event.ran.length;
  if (event.kind === 'outcomes') return event.ended.length;
  return event.kind === 'checkpoint' ? 0 : 1;
}

/** What is hashed, after its salt. */
export function leafJson({ event, sequence, time }: Leaf): string {
  return `{"event":${event},"sequence":${sequence},"time":"${time}"}`;
}

/** 16 bytes, hex, for each leaf of a segment, counted from 0: SHAKE256 of the segment's seed, so that one salt tells nothing of the others. */
export class Salts {
  readonly #seed: Buffer;
  #block = -1;
  #hex = '';

  constructor(seed: Buffer) {
    this.#seed = seed;
  }

  at(index: number): string {
    const block = Math.floor(index / BLOCK);
    if (block !== this.#block) {
      const input = Buffer.alloc(this.#seed.length + 4);
      this.#seed.copy(input);
      input.writeUInt32BE(block, this.#seed.length);
      this.#hex = hash('shake256', input, { outputEncoding: 'hex', outputLength: BLOCK * SALT_BYTES });
      this.#block = block;
    }
    const start = (index % BLOCK) * 2 * SALT_BYTES;
    return this.#hex.slice(start, start + 2 * SALT_BYTES);
  }
}

export interface Commitment {
  readonly leaves: number;
  /** Hex. */
  readonly root: string;
}

/** Of one segment, as far as it is written. */
export class Commitments {
  readonly #salts: Salts;
  /** Leaves of the segment. */
  #count = 0;
  /** Those since the last checkpoint. */
  #tree = new GrowingTree();

  constructor(salts: Salts) {
    this.#salts = salts;
  }

  add(leaf: Leaf): void {
    this.#tree.add(leafHash(this.#salts.at(this.#count) + leafJson(leaf)));
    this.#count += 1;
  }

  /** So many that a checkpoint has signed. */
  skip(leaves: number): void {
    this.#count += leaves;
  }

  get made(): Commitment {
    return { leaves: this.#tree.size, root: this.#tree.root() };
  }

  /** A checkpoint has signed them. */
  signed(): void {
    this.#tree = new GrowingTree();
  }

  copy(): Commitments {
    const copy = new Commitments(this.#salts);
    copy.#count = this.#count;
    copy.#tree = this.#tree.copy();
    return copy;
  }
}
