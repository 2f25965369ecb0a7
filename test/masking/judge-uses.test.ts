import { describe, expect, test } from 'vitest';
import { judgeUses } from '../../src/masking/judge-uses.ts';
import { isMaskOutput } from '../../src/masking/mask-output.ts';
import { Sights } from '../../src/masking/sights.ts';
import type { Sight } from '../../src/masking/sight.ts';
import type { ColumnUse, Use } from '../../src/masking/substitution.ts';
import type { SensitiveColumns } from '../../src/policy/model.ts';
import { HASH_KEY, maskedAs, terms } from './values.ts';
import { catalog, relation, sensitive } from './support.ts';

function sightOf(rest: Partial<SensitiveColumns>): Sight {
  const sight = new Sights({ protocol: 'postgres', hashKey: HASH_KEY }).sight(catalog([relation('customers', 1, ['id integer', 'email text', 'phone text'])]), 1, { version: '1', sensitive: [sensitive(['customers.email', 'customers.phone'], rest)] }, { groups: [] });
  if (sight === undefined) throw new Error('nothing is masked');
  return sight;
}

const used = (use: Use, rest: Partial<ColumnUse> = {}): ColumnUse => ({ relation: 'public.customers', column: 'email', use, ...rest });
const action = (use: Use, rest: Partial<SensitiveColumns> = {}): string => judgeUses({ uses: [used(use)], text: 'x' }, sightOf(rest)).action;

test.each<[Use, Partial<SensitiveColumns>, string]>([
  ['projected', {}, 'mask'], ['null_test', {}, 'mask'], ['written', {}, 'mask'], ['own', {}, 'hold'],
  ['derived', {}, 'mask'], ['derived', { derived: 'hold' }, 'hold'], ['derived', { derived: 'deny' }, 'deny'],
  ['copied', {}, 'hold'], ['copied', { copied: 'deny' }, 'deny'],
  ['lookup', {}, 'mask'], ['lookup', { filtered: 'mask' }, 'mask'], ['lookup', { filtered: 'hold' }, 'hold'], ['lookup', { filtered: 'deny' }, 'deny'],
  ['filtered', {}, 'hold'], ['filtered', { filtered: 'mask' }, 'mask'], ['filtered', { filtered: 'hold' }, 'hold'], ['filtered', { filtered: 'deny' }, 'deny'],
])('%s under %o: %s', (use, rest, expected) => {
  expect(action(use, rest)).toBe(expected);
});

describe('says what to do', () => {
  test('names all columns used in the same way, once', () => {
    const because = 'is compared in WHERE';
    expect(judgeUses({ uses: [used('filtered', { because }), used('filtered', { because, column: 'phone' }), used('projected')], text: 'x' }, sightOf({}))).toEqual({
      action: 'hold', reason: 'customers.email and customers.phone are compared in WHERE: only = with a constant or a parameter, as a condition of its own, or IS [NOT] NULL works on a masked column; leave the rest out, or somebody has to release it.',
    });
  });
  test('a denial counts more than a hold, an obstacle more than all', () => {
    const uses = [used('own'), used('copied')];
    expect(judgeUses({ uses, text: 'x' }, sightOf({ copied: 'deny' }))).toEqual({ action: 'deny', reason: 'customers.email is written somewhere else: the policy doesn\'t allow to copy a masked column; leave it out.' });
    expect(judgeUses({ uses, obstacle: 'It has TABLESAMPLE.' }, sightOf({}))).toEqual({ action: 'deny', reason: 'It has TABLESAMPLE.' });
    expect(judgeUses({ uses: [] }, sightOf({})).action).toBe('deny');
  });
  test('a column that the sight doesn\'t know is held', () => {
    expect(judgeUses({ uses: [used('projected', { column: 'nope' })], text: 'x' }, sightOf({})).action).toBe('hold');
  });
});

describe('the write-back guard', () => {
  test('holds masks, lets values through, in constants and parameters', () => {
    const judge = (value: string | number, parameter?: string): string => judgeUses({ uses: [used('written', { value })], text: 'x' }, sightOf({ mask: 'email' }), () => parameter).action;
    expect([judge('***@example.com'), judge('jane@example.com'), judge(1, '***@example.com'), judge(1, 'new@example.com'), judge(1)]).toEqual(['hold', 'mask', 'hold', 'mask', 'mask']);
  });
  test.each([
    ['redact', 'text', '***', 'x'], ['redact', 'character(5)', '***', 'xx'], ['redact', 'integer', '0', '5'], ['redact', 'numeric(10,2)', '0', '1'], ['redact', 'boolean', 'false', 'true'],
    ['redact', 'date', '2000-01-01', '2000-01-02'], ['redact', 'timestamp with time zone', '2000-01-01T00:00:00.000Z', '2000-01-01T10:00:00Z'], ['last4', 'text', '****1234', '4111111111111234'],
    ['partial', 'text', 'J***n', 'Jason'], ['email', 'text', '***@x.com', 'a@x.com'], ['hash', 'text', 'a'.repeat(64), 'a'.repeat(63)], ['hash', 'character varying(20)', 'b'.repeat(20), 'b'.repeat(21)],
  ] as const)('%s of %s: %s', (mask, type, output, value) => {
    const masked = maskedAs('postgres', { name: 'x', number: 1, type }, terms(mask, false));
    expect([isMaskOutput(masked, output), isMaskOutput(masked, value)]).toEqual([true, false]);
  });
});
