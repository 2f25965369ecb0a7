/** The server itself says whether the facts are right: which commands it begins, how many, which tables and functions it looks for. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import type { MysqlUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import { testedFlavours } from '../../support/mysql-binaries.ts';
import { countedOtherwise, missing } from './agreement.ts';
import { corpus, modeOf } from './corpus/words.ts';
import { fuzz } from './fuzz.ts';
import { startSubject } from './subject.ts';
import type { Subject } from './subject.ts';
import { Witness } from './witness.ts';

const COUNT = Number(process.env['COUNTERSIGN_FUZZ_COUNT'] ?? 2000);
const SEED = Number(process.env['COUNTERSIGN_FUZZ_SEED'] ?? 20_261_125);

/** Would wait, or end the witness's own session. */
const UNSAFE = /sleep|benchmark|get_lock|pos_wait|^kill|while 1|local infile/i;

describe.each(testedFlavours())('a real %s', { timeout: 300_000 }, (flavour) => {
  let subject: Subject;
  let witness: Witness;
  let understanding: MysqlUnderstanding;

  beforeAll(async () => {
    subject = await startSubject(flavour);
    witness = await Witness.at(subject.server);
    understanding = await createUnderstanding({ catalogSource: subject.catalogSource, database: 'shop' });
  });
  afterAll(async () => {
    await witness[Symbol.asyncDispose]();
    await subject[Symbol.asyncDispose]();
  });

  it('does no more with the corpus than the facts say', async () => {
    const wrong: string[] = [];
    for (const line of corpus(flavour).filter(({ sql }) => !UNSAFE.test(sql))) {
      const facts = await understanding.facts(line.sql, understanding.reading({ sqlMode: modeOf(line), database: 'shop' }));
      const testimony = await witness.hear(line.sql, modeOf(line));
      const left = testimony === undefined ? ['ends the session'] : missing(facts, testimony);
      if (left.length > 0) wrong.push(`${left.join(', ')}: ${line.sql}`);
    }
    expect(wrong).toEqual([]);
  });

  it(`does no more with ${COUNT} disguised statements than the facts say`, async () => {
    const wrong: string[] = [];
    const tally = { ended: 0, ran: 0, syntax: 0, doubted: 0, doubtedThoughRun: 0, countedOtherwise: 0 };
    const doubtful: string[] = [];
    for (const { text, mode } of fuzz(flavour, SEED, COUNT)) {
      const facts = await understanding.factsAnew(text, understanding.reading({ sqlMode: mode, database: 'shop' }));
      const testimony = await witness.hear(text, mode);
      if (testimony === undefined) {
        tally.ended++;
        continue;
      }
      const left = missing(facts, testimony);
      if (left.length > 0) wrong.push(`${left.join(', ')}: [${mode}] ${JSON.stringify(text)}`);
      if (testimony.error?.number === 1064) tally.syntax++;
      else tally.ran++;
      if (facts.doubt !== undefined) tally.doubted++;
      if (facts.doubt !== undefined && testimony.error === undefined) doubtful.push(`[${mode}] ${JSON.stringify(text)}: ${facts.doubt}`);
      if (countedOtherwise(facts, testimony)) tally.countedOtherwise++;
    }
    tally.doubtedThoughRun = doubtful.length;
    console.log(`${flavour}: ${JSON.stringify(tally)}`);
    if (process.env['COUNTERSIGN_FUZZ_VERBOSE'] !== undefined) console.log(doubtful.join('\n'));
    expect(wrong).toEqual([]);
    expect(tally.countedOtherwise).toBe(0);
    expect(tally.ended).toBeLessThan(COUNT * 0.01);
    // Held though the server takes all of them: what the lexer leaves open on purpose, such as `1.e`.
    expect(doubtful.length).toBeLessThan(COUNT * 0.01);
    expect(tally.ran).toBeGreaterThan(COUNT * 0.3);
  });
});
