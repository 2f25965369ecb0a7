/** Whatever statements do to masked values under the usual terms, nothing of them is received: not as they are, and in no simple encoding. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Grammar } from './grammar.ts';
import { DEFAULT_POLICY, type Pair, startPair } from './pair.ts';
import { Random } from './random.ts';
import { SECRETS } from './schema.ts';

const STATEMENTS = Number(process.env['COUNTERSIGN_FUZZ_STATEMENTS'] ?? 2000) / 4;
const SEED = Number(process.env['COUNTERSIGN_FUZZ_SEED'] ?? 20_260_101) + 1_000_000;

/** Pieces of six characters of the masked texts that stand nowhere else, as they are, reversed, and in hex and base64 of each alignment. */
function canaries(): ReadonlySet<string> {
  const found = new Set<string>();
  for (let id = 1; id <= 12; id++) {
    for (const value of [SECRETS.left.email(id), SECRETS.left.ssn(id), SECRETS.left.number(id)]) {
      for (let at = 0; at + 6 <= value.length; at++) {
        const piece = value.slice(at, at + 6);
        if (/example|^[\d.]+$/.test(piece) && !piece.startsWith('4111')) continue;
        found.add(piece).add(piece.split('').toReversed().join('')).add(Buffer.from(piece).toString('hex'));
      }
      for (const skip of [0, 1, 2]) found.add(Buffer.from(value.slice(skip, skip + 9)).toString('base64'));
    }
  }
  return found;
}

describe.each(['postgres', 'mariadb', 'mysql'] as const)('%s', (server) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair(server, DEFAULT_POLICY);
  }, 120_000);
  afterAll(() => pair?.stop());

  it(`nothing of a masked value comes with the answers to ${STATEMENTS} statements`, async () => {
    const all = [...canaries()];
    for (let index = 0; index < STATEMENTS; index++) {
      const seed = SEED + index;
      const text = new Grammar(new Random(seed), server === 'postgres' ? 'postgres' : 'mysql').statement();
      const answer = (await pair.left.answer(text)).toString('latin1');
      const canary = all.find((each) => answer.includes(each));
      if (canary !== undefined) expect.fail(`seed ${seed}: ${canary} in the answer to ${text}\n${JSON.stringify(answer)}`);
    }
  }, 3_600_000);
});
