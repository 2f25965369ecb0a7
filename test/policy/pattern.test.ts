import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnPattern, tablePattern, wordPattern } from '../../src/policy/pattern.ts';

describe('tables', () => {
  test.each<[pattern: string, name: string, surely: boolean, maybe: boolean]>([
    ['orders', 'public.orders', true, true],
    ['orders', 'orders', false, true],
    ['public.orders', 'public.orders', true, true],
    ['public.orders', 'other.orders', false, false],
    ['public.*', 'public.orders', true, true],
    ['*', 'public.orders', true, true],
    ['tmp_*', 'public.tmp_', true, true],
    ['tmp_*', 'public.xtmp_1', false, false],
    ['a*a', 'public.a', false, false],
    ['a*a', 'public.aa', true, true],
    ['*b*', 'public.abc', true, true],
    ['orders', 'public.Orders', false, true],
    ['orders', 'public."orders"', false, true],
    ['b.c', 'a.b.c', false, true],
    ['c', 'a.b.c', false, true],
    ['c', 'a."b.c"', false, true],
    ['(a|b)', 'public.a', false, false],
    ['a+', 'public.aa', false, false],
  ])('%s of %s', (pattern, name, surely, maybe) => {
    expect([tablePattern(pattern).surely(name), tablePattern(pattern).maybe(name)]).toEqual([surely, maybe]);
  });
});

test('a column is that of its table', () => {
  const { table, column } = columnPattern('public.customers.e*');
  expect([table.surely('public.customers'), table.surely('public.orders'), column.surely('email'), column.surely('id')]).toEqual([true, false, true, false]);
});

test('what surely matches maybe matches, and globs mean what the regular expression means', () => {
  const pattern = fc.stringMatching(/^[ab*]{1,8}$/);
  const name = fc.stringMatching(/^[abA.]{0,12}$/);
  fc.assert(
    fc.property(pattern, name, (text, word) => {
      const glob = wordPattern(text);
      expect(glob.surely(word)).toBe(new RegExp(`^${text.replaceAll('*', '[^]*')}$`).test(word));
      expect(glob.maybe(word)).toBe(new RegExp(`^${text.replaceAll('*', '[^]*')}$`, 'i').test(word));
      if (tablePattern(text).surely(word)) expect(tablePattern(text).maybe(word)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
