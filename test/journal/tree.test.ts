import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { GrowingTree, inclusionPath, leafHash, rootBy } from '../../src/journal/tree.ts';

const leaves = (count: number): string[] => Array.from({ length: count }, (_, i) => leafHash(`leaf ${i}`));

/** As RFC 9162, 2.1.1, defines it, word by word. */
function definition(texts: readonly string[]): Buffer {
  const sha256 = (...parts: (Buffer | string)[]): Buffer => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  if (texts.length === 0) return sha256();
  if (texts.length === 1) return sha256(Buffer.of(0), texts[0] ?? '');
  let k = 1;
  while (k * 2 < texts.length) k *= 2;
  return sha256(Buffer.of(1), definition(texts.slice(0, k)), definition(texts.slice(k)));
}

test('the root of any number of leaves is the one of the definition', () => {
  const tree = new GrowingTree();
  for (let size = 0; size < 70; size++) {
    expect(tree.root()).toBe(definition(Array.from({ length: size }, (_, i) => `leaf ${i}`)).toString('hex'));
    tree.add(leafHash(`leaf ${size}`));
  }
});

test('every leaf has its path, and no other leads to the root', () => {
  for (let size = 1; size < 35; size++) {
    const all = leaves(size);
    const tree = new GrowingTree();
    for (const leaf of all) tree.add(leaf);
    const root = tree.root();
    for (const [index, leaf] of all.entries()) {
      const path = inclusionPath(all, index);
      expect(rootBy(path, leaf, index, size)).toBe(root);
      expect(rootBy(path, leafHash('other'), index, size)).not.toBe(root);
      for (let other = 0; other < size + 2; other++) if (other !== index) expect(rootBy(path, leaf, other, size)).not.toBe(root);
      if (size > 1) expect(rootBy(path.slice(1), leaf, index, size)).not.toBe(root);
      expect(rootBy([...path, root], leaf, index, size)).not.toBe(root);
      path.forEach((_, i) => expect(rootBy(path.with(i, '0'.repeat(64)), leaf, index, size)).not.toBe(root));
    }
  }
});

test('a copy goes its own way', () => {
  const tree = new GrowingTree();
  for (const leaf of leaves(5)) tree.add(leaf);
  const copy = tree.copy();
  const before = tree.root();
  for (const leaf of leaves(3)) copy.add(leaf);
  expect([tree.root(), tree.size, copy.size]).toEqual([before, 5, 8]);
});
