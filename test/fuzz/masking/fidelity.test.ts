/**
 * What doesn't use masked columns is answered as without a proxy, byte by byte, and nobody is asked: not even over the very tables that
 * have masked columns.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Grammar } from './grammar.ts';
import { DEFAULT_POLICY, type Pair, startPair } from './pair.ts';
import { Random } from './random.ts';
import { clean } from './schema.ts';

const STATEMENTS = Number(process.env['COUNTERSIGN_FUZZ_STATEMENTS'] ?? 2000) / 2;
const SEED = Number(process.env['COUNTERSIGN_FUZZ_SEED'] ?? 20_260_101);

describe.each(['postgres', 'mariadb', 'mysql'] as const)('%s', (server) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair(server, DEFAULT_POLICY);
  }, 120_000);
  afterAll(() => pair?.stop());

  it(`${STATEMENTS} statements that use no masked column are answered as by the database itself`, async () => {
    for (let index = 0; index < STATEMENTS; index++) {
      const seed = SEED + index;
      const text = new Grammar(new Random(seed), server === 'postgres' ? 'postgres' : 'mysql', { relations: clean(), plain: true }).statement();
      const [through, direct] = await Promise.all([pair.left.answer(text), pair.direct.answer(text)]);
      if (!through.equals(direct)) expect.fail(`seed ${seed}: ${text}\nthrough: ${JSON.stringify(through.toString('latin1'))}\ndirect:  ${JSON.stringify(direct.toString('latin1'))}`);
    }
  }, 3_600_000);
});
