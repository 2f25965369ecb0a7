import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shapeOf } from '../../../src/sql/shape.ts';
import { createUnderstanding } from '../../../src/sql/postgres/understanding.ts';
import type { PostgresUnderstanding } from '../../../src/sql/postgres/understanding.ts';
import { CORPUS } from './corpus/all.ts';
import { startSubject } from './subject.ts';
import type { Subject } from './subject.ts';

describe('a shape', () => {
  it.each([
    ['SELECT 1', 'SELECT ?'],
    ['SELECT 12,3 FROM t1 WHERE a<456', 'SELECT ?,? FROM t1 WHERE a<?'],
    ['SELECT 1-2', 'SELECT ?-?'],
    ['SELECT 1.5, .5, 5., a.1', 'SELECT 1.5, .5, 5., a.1'],
    ['SELECT 1e5, 0x1F, 1_000, 9999999999', 'SELECT 1e5, 0x1F, 1_000, 9999999999'],
  ])('%s', (text, shape) => {
    expect(shapeOf(text) ?? text).toBe(shape);
  });

  it.each(['SELECT \'1\'', 'SELECT "a1" + 1', 'SELECT 1 -- 2', 'SELECT 1 /* 2 */', 'SELECT $1', 'SELECT 1 | 2', 'SELECT é1, 1', 'SELECT a[1]'])('isn\'t taken of %s', (text) => {
    expect(shapeOf(text)).toBeUndefined();
  });
});

describe('facts by shape', () => {
  let subject: Subject;
  let understanding: PostgresUnderstanding;

  beforeAll(async () => {
    subject = await startSubject();
    understanding = await createUnderstanding({ catalogSource: subject.catalogSource });
  });
  afterAll(() => subject[Symbol.asyncDispose]());

  const integer = fc.oneof(fc.constantFrom(0, 1, 2, 10), fc.nat({ max: 999_999_999 })).map(String);

  it('are those of the text itself, over the corpus with other numbers', async () => {
    const templates = CORPUS.map(({ sql }) => sql.split(/\b\d+\b/)).filter((parts) => parts.length > 1);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...templates), fc.array(integer, { minLength: 20, maxLength: 20 }), async (parts, numbers) => {
        const text = parts.reduce((left, right, index) => `${left}${numbers[index % 20] ?? '0'}${right}`);
        expect(await understanding.facts(text)).toEqual(await understanding.factsAnew(text));
      }),
      { numRuns: 1000 },
    );
  });

  const word = fc.constantFrom('SELECT', 'id', 'total', 'FROM', 'orders', 'WHERE', '=', '<', '(', ')', ',', '+', '-', '*', 'ORDER BY', 'LIMIT', 'UPDATE', 'SET', 'DELETE', ';', 'o1', '.', 'set_config', 'nextval', 'add_tax', 'true', 'AND', '\n');

  it('are those of the text itself, over heaps of words', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(word, integer), { minLength: 1, maxLength: 12 }), fc.constantFrom('', ' '), async (words, glue) => {
        const text = words.join(glue);
        const facts = await understanding.facts(text);
        expect(facts).toEqual(await understanding.factsAnew(text));
      }),
      { numRuns: 2000 },
    );
  });
});
