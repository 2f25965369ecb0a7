/**
 * What doesn't use masked columns is answered as for an agent that sees everything, byte by byte, and nobody is asked: not even over the very tables that
 * have masked columns.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Grammar } from './grammar.ts';
import { DEFAULT_POLICY, gaveUp, type Pair, startPair } from './pair.ts';
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

  it(`${STATEMENTS} statements that use no masked column are answered as where nothing is masked`, async () => {
    for (let index = 0; index < STATEMENTS; index++) {
      const seed = SEED + index;
      const text = new Grammar(new Random(seed), server === 'postgres' ? 'postgres' : 'mysql', { relations: clean(), plain: true }).statement();
      const [through, whole] = await Promise.all([pair.left.answer(text), pair.unmasked.answer(text)]);
      if (!through.equals(whole) && !gaveUp(through) && !gaveUp(whole)) expect.fail(`seed ${seed}: ${text}\nthrough: ${JSON.stringify(through.toString('latin1'))}\nwhole:   ${JSON.stringify(whole.toString('latin1'))}`);
    }
  }, 3_600_000);
});
