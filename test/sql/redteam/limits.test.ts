/** Texts made to break the parser or to keep everybody else waiting. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRange } from './range.ts';
import type { Range } from './range.ts';

const PARTITIONED = `
  CREATE TABLE t (a int, b int);
  CREATE TABLE p (a int) PARTITION BY RANGE (a);
  DO $$ BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE TABLE p%s PARTITION OF p FOR VALUES FROM (%s) TO (%s)', i, i, i + 1); END LOOP; END $$;
`;

const filled = (before: string, unit: string, after: string) => (size: number): string => before + unit.repeat(Math.floor((size - before.length - after.length) / unit.length)) + after;

const HOSTILE: readonly (readonly [name: string, text: (size: number) => string])[] = [
  ['a sum', filled('SELECT 1', '+1', '')],
  ['signs', filled('SELECT ', '- ', '1')],
  ['negations', filled('SELECT ', 'NOT ', 'true')],
  ['casts', filled('SELECT 1', '::int', '')],
  ['subscripts', filled('SELECT a', '[1]', '')],
  ['open parentheses', filled('SELECT ', '(', '1')],
  ['open calls', filled('SELECT ', 'abs(', '1')],
  ['unions', filled('SELECT 1', ' UNION SELECT 1', '')],
  ['conditions', filled('SELECT 1 FROM t WHERE a = 1', ' OR a = 1', '')],
  ['natural joins', filled('SELECT 1 FROM t', ' NATURAL JOIN t', '')],
  ['partitions', filled('SELECT a FROM p', ',p', '')],
  ['columns of partitions', filled('SELECT a', ',a', ' FROM p,p,p,p,p,p,p,p,p,p')],
  ['stars of partitions', filled('SELECT *', ',*', ' FROM p,p,p,p,p,p,p,p,p,p')],
  ['WITH queries', filled('WITH a AS (SELECT 1)', ',a AS (SELECT 1)', ' SELECT 1')],
  ['comments', filled('SELECT 1', '/**/', '')],
  ['open comments', filled('SELECT 1', '/*', '')],
  ['quotes', filled('SELECT ', '\'', '')],
  ['operators', filled('SELECT 1 ', '@ ', '1')],
  ['statements', filled('', 'SELECT 1;', '')],
  ['prepared queries', filled('PREPARE a /*', ' AS SELECT (AS', '*/ AS SELECT 1')],
];

let range: Range;
beforeAll(async () => {
  range = await startRange('embedded', PARTITIONED);
});
afterAll(() => range[Symbol.asyncDispose]());

it.each(HOSTILE.flatMap(([name, text]) => [[name, 4000, text(4000)], [name, 300_000, text(300_000)]] as const))('%s in %i bytes harm nobody', async (_, __, text) => {
  const { facts, verdict } = await range.judge(text);
  if (facts.doubt !== undefined) expect(verdict.action).toBe('hold');
  expect(facts.tables.every(({ known }) => known)).toBe(true);
  expect((await range.understanding.factsAnew('SELECT b FROM t')).tables).toEqual([{ name: 'public.t', read: true, written: false, columns: ['b'], known: true }]);
});

it('much work in a short text is done in the thread', async () => {
  expect(range.understanding.factsAnew('SELECT a FROM p')).not.toBeInstanceOf(Promise);
  const columns = range.understanding.factsAnew(filled('SELECT a', ',a', ' FROM p,p,p,p,p,p,p,p,p,p')(4000));
  expect(columns).toBeInstanceOf(Promise);
  expect(await columns).toMatchObject({ effects: [{ effect: 'read' }] });
});

it('a text over the limit is held, whatever is in it', async () => {
  expect((await range.judge(filled('SELECT 1 --', 'x', '')(1024 * 1024 + 1))).verdict).toMatchObject({ action: 'hold', rule: 'not-understood' });
});
