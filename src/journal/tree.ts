/** A Merkle tree as RFC 9162, 2.1, has it: SHA-256, leaves and nodes told apart by their first byte. Hashes are strings of 32 latin1 characters: nothing is faster. */

import { hash } from 'node:crypto';

/** @param text hashed as UTF-8 */
export const leafHash = (text: string): string => hash('sha256', `\0${text}`, 'binary');

const HASH_BYTES = 32;
const scratch = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

function nodeHash(left: string, right: string): string {
  scratch.write(left, 1, 'latin1');
  scratch.write(right, 1 + HASH_BYTES, 'latin1');
  return hash('sha256', scratch, 'binary');
}

export const hex = (hash: string): string => Buffer.from(hash, 'latin1').toString('hex');

/** Grows by a leaf at a time; keeps the roots of the full subtrees only. */
export class GrowingTree {
  #peaks: { readonly size: number; readonly hash: string }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(leaf: string): void {
    let peak = { size: 1, hash: leaf };
    for (let last = this.#peaks.at(-1); last?.size === peak.size; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { size: 2 * peak.size, hash: nodeHash(last.hash, peak.hash) };
    }
    this.#peaks.push(peak);
    this.#size += 1;
  }

  /** Hex. */
  root(): string {
    const [last, ...before] = this.#peaks.toReversed();
    if (last === undefined) return hash('sha256', '', 'hex');
    return hex(before.reduce((right, { hash: left }) => nodeHash(left, right), last.hash));
  }

  copy(): GrowingTree {
    const copy = new GrowingTree();
    copy.#peaks = [...this.#peaks];
    copy.#size = this.#size;
    return copy;
  }
}

/** The hashes beside the way from a leaf to the root, lowest first, hex. RFC 9162, 2.1.3.1. */
export function inclusionPath(leaves: readonly string[], index: number): string[] {
  if (leaves.length <= 1) return [];
  const left = largestPowerOf2Below(leaves.length);
  return index < left
    ? [...inclusionPath(leaves.slice(0, left), index), rootOf(leaves.slice(left))]
    : [...inclusionPath(leaves.slice(left), index - left), rootOf(leaves.slice(0, left))];
}

/** The root, hex, that the leaf has by such a path; undefined when a path of that length leads from no such place to a root. RFC 9162, 2.1.3.2. */
export function rootBy(path: readonly string[], leaf: string, index: number, size: number): string | undefined {
  if (!(index < size)) return undefined;
  if (size === 1) return path.length === 0 ? hex(leaf) : undefined;
  const beside = path.at(-1);
  if (beside === undefined) return undefined;
  const left = largestPowerOf2Below(size);
  const own = index < left ? rootBy(path.slice(0, -1), leaf, index, left) : rootBy(path.slice(0, -1), leaf, index - left, size - left);
  if (own === undefined) return undefined;
  const [a, b] = index < left ? [own, beside] : [beside, own];
  return hex(nodeHash(raw(a), raw(b)));
}

const raw = (hash: string): string => Buffer.from(hash, 'hex').toString('latin1');

function rootOf(leaves: readonly string[]): string {
  const tree = new GrowingTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}

function largestPowerOf2Below(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}
