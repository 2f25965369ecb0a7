/**
 * What an agent receives doesn't depend on masked values: two databases that differ in nothing else answer the same statements with the
 * same bytes, errors and row counts included. This sees boolean, error and ordering oracles that no search for leaked values does.
 *
 * COUNTERSIGN_FUZZ_STATEMENTS and COUNTERSIGN_FUZZ_SEED make it longer, or another.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unordered } from './answers.ts';
import { Grammar } from './grammar.ts';
import { gaveUp, type Pair, type Server, startPair } from './pair.ts';
import { Random } from './random.ts';

const STATEMENTS = Number(process.env['COUNTERSIGN_FUZZ_STATEMENTS'] ?? 2000);
const SEED = Number(process.env['COUNTERSIGN_FUZZ_SEED'] ?? 20_260_101);

/** Ids of requests and times are different wherever one looks. */
const normal = (bytes: Buffer): string => bytes.toString('latin1').replaceAll(/req_[a-z2-9]{16}/g, 'req').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');

/** Statements that change rows are taken back, and what they did is looked at before. */
function texts(statement: string): readonly string[] {
  const cursor = /^declare (\S+) cursor/.exec(statement)?.[1];
  if (cursor !== undefined) return ['begin', statement, `fetch 3 from ${cursor}`, 'rollback'];
  if (/^(?:insert|update|delete|with (?:gone|changed))/.test(statement)) return ['begin', statement, 'select count(*), min(name), max(region) from customers', 'rollback'];
  return [statement];
}

function outcome(server: Server, bytes: Buffer): 'refused' | 'error' | 'answered' {
  const text = bytes.toString('latin1');
  const refused = /refused by policy|held for approval|refused:/.test(text);
  if (refused) return 'refused';
  return (server === 'postgres' ? text.includes('SERROR\0') : bytes[4] === 0xff) ? 'error' : 'answered';
}

describe.each(['postgres', 'mariadb', 'mysql'] as const)('%s', (server) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair(server);
  }, 120_000);
  afterAll(() => pair?.stop());

  it(`${STATEMENTS} statements are answered the same over two databases that differ in masked values`, async () => {
    const seen = { refused: 0, error: 0, answered: 0 };
    for (let index = 0; index < STATEMENTS; index++) {
      const seed = SEED + index;
      const statement = new Grammar(new Random(seed), server === 'postgres' ? 'postgres' : 'mysql').statement();
      for (const text of texts(statement)) {
        const [left, right] = await Promise.all([pair.left.answer(text), pair.right.answer(text)]);
        if (normal(left) !== normal(right) && !gaveUp(left) && !gaveUp(right) && !(server === 'mariadb' && unordered(left) === unordered(right))) expect.fail(`seed ${seed}: ${text}\nleft:  ${JSON.stringify(normal(left))}\nright: ${JSON.stringify(normal(right))}\nof ${statement}`);
        if (text === statement) seen[outcome(server, left)]++;
      }
    }
    console.log(`${server}: ${JSON.stringify(seen)} of ${STATEMENTS}`);
    // A test in which nothing is answered would say nothing.
    expect(seen.answered).toBeGreaterThan(STATEMENTS / 2);
  }, 3_600_000);
});
