import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalIndex } from '../../src/audit/journal-index.ts';
import { SearchQuery } from '../../src/audit/query.ts';
import { generate } from './generate.ts';
import { SEARCHES } from './searches.ts';

/** A million takes minutes: `COUNTERSIGN_AUDIT_STATEMENTS=1000000`. */
const STATEMENTS = Number(process.env['COUNTERSIGN_AUDIT_STATEMENTS'] ?? 50_000);
/** For a million; a part of it for fewer, and no less than what a busy machine adds by itself. */
const LIMIT_MS = Math.max(150, 1000 * (STATEMENTS / 1_000_000));
const TRIES = 3;

describe(`over ${STATEMENTS} statements`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'audit-speed-'));
  const memory: number[] = [];
  let index: JournalIndex;

  beforeAll(async () => {
    await generate(dir, STATEMENTS);
    index = new JournalIndex(dir);
    const watch = setInterval(() => memory.push(process.memoryUsage.rss()), 200);
    await index.grow();
    clearInterval(watch);
  }, 1_800_000);

  afterAll(async () => {
    await index.close();
    rmSync(dir, { recursive: true });
  });

  test.each(Object.entries(SEARCHES))(`%s: within ${LIMIT_MS} ms`, async (_name, query) => {
    const took: number[] = [];
    for (let i = 0; i < TRIES; i++) {
      const from = performance.now();
      await index.search(SearchQuery.parse(query));
      took.push(performance.now() - from);
    }
    expect(Math.min(...took)).toBeLessThan(LIMIT_MS);
  });

  test('memory stays flat while it is built', () => {
    const half = memory.slice(Math.floor(memory.length / 2));
    expect((half.at(-1) ?? 0) - (half[0] ?? 0)).toBeLessThan(100 * 1024 * 1024);
  });
});
