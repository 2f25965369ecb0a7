import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Facts, SessionNameUse, TableUse, Understanding } from '../../../src/sql/facts.ts';
import { createUnderstanding } from '../../../src/sql/postgres/understanding.ts';
import { CORPUS } from './corpus/all.ts';
import type { Case } from './corpus/case.ts';
import { startSubject } from './subject.ts';
import type { Subject } from './subject.ts';

let subject: Subject;
let understanding: Understanding;

beforeAll(async () => {
  subject = await startSubject();
  understanding = await createUnderstanding({ catalogSource: subject.catalogSource });
});

afterAll(() => subject[Symbol.asyncDispose]());

it('has at least 400 statements', () => {
  expect(CORPUS.length).toBeGreaterThan(400);
});

describe('every statement has the facts the corpus says', () => {
  it.each(CORPUS.map((statement) => [statement.sql, statement] as const))('%s', async (sql, expected) => {
    const facts = await understanding.facts(sql);
    expect(described(facts, expected)).toEqual(expected);
  });
});

/** The facts in the corpus's own words, so that a difference reads well. */
function described(facts: Facts, like: Case): Case {
  const { statements } = facts;
  const flags = new Set<string>(['pg18', 'none'].filter((flag) => like.flags.has(flag)));
  if (facts.unbounded) flags.add('unbounded');
  if (facts.refused !== undefined) flags.add('refused');
  if (facts.unresolved) flags.add('unresolved');
  if (facts.doubt !== undefined) flags.add('rejected');
  return {
    sql: like.sql,
    effects: facts.effects.map(({ effect }) => effect).toSorted(),
    tables: like.tables === undefined ? undefined : like.flags.has('none') ? facts.tables.map(tableWord) : facts.tables.map(tableWord).toSorted(),
    settings: statements.flatMap(({ settings }) => settings.map(({ name, value, scope }) => `${scope === 'session' ? 'set' : 'local'}:${name}${value === undefined ? '' : `=${value.replaceAll(' ', '~')}`}`)).toSorted(),
    names: statements.flatMap(({ names }) => names.map(nameWord)).toSorted(),
    flags,
    kind: like.kind === undefined ? undefined : statements[0]?.kind,
    transaction: like.transaction === undefined ? undefined : statements[0]?.transaction,
  };
}

function tableWord({ name, read, written, columns }: TableUse): string {
  return `${read ? 'r' : ''}${written ? 'w' : ''}${read || written ? '' : 'n'}:${name.replaceAll(' ', '~')}(${columns.join(',')})`;
}

function nameWord(name: SessionNameUse): string {
  if (name.use === 'discard') return `discard=${name.what}`;
  if (name.use === 'declare') return `declare=${name.name}${name.hold ? '!hold' : ''}`;
  return name.name === undefined ? name.use : `${name.use}=${name.name}`;
}
