import { expect, test } from 'vitest';
import { sensitiveProblems } from '../../src/masking/problems.ts';
import { catalog, relation, sensitive } from './support.ts';

const shop = { name: 'shop', protocol: 'postgres' as const, catalog: catalog([relation('customers', 1, ['id integer!', 'email text', 'code character varying(4)', 'mood public.mood'])]) };

test('patterns that match nothing, with what was perhaps meant', () => {
  expect(sensitiveProblems({ sensitive: [sensitive(['customers.emial', 'customers.email'])] }, [shop])).toEqual([
    { kind: 'nothing', line: 0, sentence: 'no database has a column customers.emial, so nothing is masked by it; did you mean "customers.email"?' }]);
  expect(sensitiveProblems({ sensitive: [sensitive(['customers.emial'])] }, [shop], false)).toEqual([]);
});

test('masks that don\'t fit, with those that do', () => {
  const sentences = (...lines: Parameters<typeof sensitive>[]): string[] => sensitiveProblems({ sensitive: lines.map((line) => sensitive(...line)) }, [shop]).map(({ sentence }) => sentence);
  expect(sentences([['customers.id'], { mask: 'email' }], [['customers.code'], { mask: 'last4' }], [['customers.mood'], { mask: 'redact' }], [['customers.id'], { mask: 'constant', value: 'x' }])).toEqual([
    'shop: public.customers.id: the mask email doesn\'t fit integer; it is masked as NULL. Masks that fit integer: redact, null, constant',
    'shop: public.customers.code: what the mask last4 makes needs 8 characters or more, which character varying(4) hasn\'t; it is masked as NULL. Masks that fit character varying(4): redact, null, constant',
    'shop: public.customers.mood: the mask redact doesn\'t fit public.mood; it is masked as NULL. Masks that fit public.mood: null',
    'shop: public.customers.id: "x" isn\'t plainly a value of integer; it is masked as NULL. Masks that fit integer: redact, null, constant',
  ]);
  expect(sentences([['customers.email'], { mask: 'hash' }], [['customers.id'], { mask: 'constant', value: '7' }])).toEqual([]);
});

test('MySQL: hide_nulls needs a column that keeps the mask with its row', () => {
  const mysql = { name: 'shop', protocol: 'mysql' as const, catalog: catalog([relation('t', 0, ['email varchar(80)'], {}), relation('u', 0, ['id int!', 'email varchar(80)'])]) };
  expect(sensitiveProblems({ sensitive: [sensitive(['*.email'], { hideNulls: true })] }, [mysql]).map(({ sentence }) => sentence)).toEqual([expect.stringContaining('public.t.email: hide_nulls needs a column') as string]);
});
