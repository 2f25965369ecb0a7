import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import type { MysqlUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import { FLAVOURS, testedFlavours } from '../../support/mysql-binaries.ts';
import { corpus, modeOf, tell } from './corpus/words.ts';
import { startSubject } from './subject.ts';
import type { Subject } from './subject.ts';

it('has at least 400 statements for both servers', () => {
  for (const flavour of FLAVOURS) expect(corpus(flavour).length).toBeGreaterThan(400);
});

describe.each(testedFlavours())('every statement has the facts the corpus says of %s', (flavour) => {
  let subject: Subject;
  let understanding: MysqlUnderstanding;

  beforeAll(async () => {
    subject = await startSubject(flavour);
    understanding = await createUnderstanding({ catalogSource: subject.catalogSource, database: 'shop' });
  });
  afterAll(() => subject[Symbol.asyncDispose]());

  it.each(corpus(flavour).map((line) => [line.sql, line] as const))('%s', async (sql, line) => {
    const facts = await understanding.facts(sql, understanding.reading({ sqlMode: modeOf(line), database: 'shop' }));
    expect(tell(facts)).toEqual({ effects: line.effects, notes: line.notes });
  });
});
