import { describe, expect, test } from 'vitest';
import type { Renamed, SightsOptions } from '../../src/masking/sights.ts';
import { Sights } from '../../src/masking/sights.ts';
import type { Sight } from '../../src/masking/sight.ts';
import type { SensitiveColumns } from '../../src/policy/model.ts';
import type { CatalogData, RelationData } from '../../src/sql/catalog.ts';
import { catalog, relation, sensitive } from './support.ts';

const CUSTOMERS = relation('customers', 10, ['id integer!', 'email text', 'age integer', 'mood public.mood']);
const make = (rest: Partial<SightsOptions> = {}): Sights => new Sights({ protocol: 'postgres', hashKey: Buffer.alloc(32, 1), ...rest });
const policy = (...lines: readonly SensitiveColumns[]): { version: string; sensitive: readonly SensitiveColumns[] } => ({ version: JSON.stringify(lines), sensitive: lines });
const nobody = { groups: [] };

function sees(sight: Sight | undefined): Record<string, string> {
  return Object.fromEntries((sight?.data.relations ?? []).flatMap(({ schema, name, columns }) => columns.map((column) => [`${schema}.${name}.${column.name}`, column.mask])));
}

function look(relations: readonly RelationData[], lines: readonly SensitiveColumns[], rest: Partial<SightsOptions> = {}, data: Partial<CatalogData> = {}): Record<string, string> {
  return sees(make(rest).sight(catalog(relations, data), 1, policy(...lines), nobody));
}

describe('which columns', () => {
  test('those that a line could mean, but for the groups that see them', () => {
    const sights = make();
    const data = catalog([CUSTOMERS, relation('orders', 11, ['id integer', 'Email text'])]);
    const lines = policy(sensitive(['*.email'], { unmask: ['dba'] }), sensitive(['customers.age'], { mask: 'null' }));
    expect(sees(sights.sight(data, 1, lines, { groups: ['analytics'] }))).toEqual({ 'public.customers.email': 'redact', 'public.customers.age': 'null', 'public.orders.Email': 'redact' });
    expect(sees(sights.sight(data, 1, lines, { groups: ['analytics', 'dba'] }))).toEqual({ 'public.customers.age': 'null' });
    expect(sights.sight(data, 1, policy(sensitive(['nothing.here'])), nobody)).toBeUndefined();
  });

  test('the same content is the same object; another mask, key or catalog isn\'t', () => {
    const sights = make();
    const data = catalog([CUSTOMERS]);
    const lines = policy(sensitive(['customers.email'], { mask: 'hash' }));
    const first = sights.sight(data, 1, lines, nobody);
    expect(sights.sight(catalog([CUSTOMERS]), 2, { ...lines, version: 'other' }, { groups: ['x'] })).toBe(first);
    expect(sights.sight(data, 1, policy(sensitive(['customers.email'], { mask: 'email' })), nobody)?.key).not.toBe(first?.key);
    expect(make({ hashKey: Buffer.alloc(32, 2) }).sight(data, 1, lines, nobody)?.key).not.toBe(first?.key);
    expect(sights.sight(data, 1, lines, nobody, [sensitive(['customers.age'])])?.key).not.toBe(first?.key);
  });

  test.each([
    [['email', 'hash'], 'hash'], [['redact', 'email'], 'redact'], [['null', 'redact'], 'null'], [['last4', 'partial'], 'redact'], [['email', 'last4'], 'redact'], [['hash', 'last4'], 'hash'],
  ] as const)('several lines: %s is %s', (masks, expected) => {
    expect(look([CUSTOMERS], masks.map((mask) => sensitive(['customers.email'], { mask })))).toEqual({ 'public.customers.email': expected });
  });

  test('several lines allow only what all allow', () => {
    const sight = make().sight(catalog([CUSTOMERS]), 1, policy(
      sensitive(['customers.email'], { filtered: 'mask', derived: 'hold', hideNulls: true }), sensitive(['*.email'], { copied: 'deny' })), nobody);
    expect(sight?.data.relations[0]?.columns[0]).toMatchObject({ filtered: 'hold', derived: 'hold', copied: 'deny', hideNulls: true });
  });

  test('a mask that doesn\'t fit is NULL', () => {
    expect(look([CUSTOMERS], [sensitive(['customers.age'], { mask: 'last4' }), sensitive(['customers.mood'])])).toEqual({ 'public.customers.age': 'null', 'public.customers.mood': 'null' });
  });
});

describe('all through which they could be seen', () => {
  test('parents and children, and the children\'s children', () => {
    const parts = [relation('p', 1, ['email text'], { kind: 'p', children: ['public.a', 'public.b'] }), relation('a', 2, ['email text', 'x text'], { children: ['public.c'] }), relation('b', 3, ['email text']), relation('c', 4, ['email text'])];
    const all = { 'public.p.email': 'hash', 'public.a.email': 'hash', 'public.b.email': 'hash', 'public.c.email': 'hash' };
    for (const name of ['p', 'a', 'b', 'c']) expect(look(parts, [sensitive([`${name}.email`], { mask: 'hash' })])).toEqual(all);
  });

  test('generated columns', () => {
    const table = relation('t', 1, ['email text', 'other text', 'domain text', 'n integer']);
    const generated = { ...table, columns: table.columns.map((column) => (column.name === 'domain' ? { ...column, generated: 'split_part("email", \'@\', 2)' } : column.name === 'n' ? { ...column, generated: 'length(other_email)' } : column)) };
    expect(look([generated], [sensitive(['t.email'], { mask: 'email' })])).toEqual({ 'public.t.email': 'email', 'public.t.domain': 'redact' });
  });

  const view = (name: string, oid: number, columns: readonly string[], definition: string, kind = 'v'): RelationData => relation(name, oid, columns, { kind, definition });

  test('views by their lineage, through one another; what is unknown only where something masked is read', () => {
    const views = [
      view('v', 20, ['who text', 'id integer', 'odd text'], 'SELECT customers.email AS who, customers.id, f() AS odd FROM public.customers'),
      view('w', 21, ['w text'], 'SELECT v.who AS w FROM public.v'),
      view('clean', 22, ['a text'], 'SELECT something AS a FROM public.elsewhere'),
      view('m', 23, ['n bigint'], 'SELECT count(*) AS n FROM public.customers WHERE email ~~ \'a%\'', 'm'),
    ];
    const lineage: SightsOptions['lineage'] = ({ name }) => ({
      v: { columns: new Map<string, readonly string[] | 'unknown'>([['who', ['public.customers.email']], ['id', ['public.customers.id']], ['odd', 'unknown']]), filters: [] },
      w: { columns: new Map([['w', ['public.v.who']]]), filters: [] },
      m: { columns: new Map([['n', []]]), filters: ['public.customers.email'] },
    })[name];
    const sight = make({ lineage }).sight(catalog([CUSTOMERS, ...views]), 1, policy(sensitive(['customers.email'])), nobody);
    expect(sees(sight)).toEqual({ 'public.customers.email': 'redact', 'public.v.who': 'redact', 'public.v.odd': 'redact', 'public.w.w': 'redact' });
    expect(sight?.relation('public', 'm')?.columns).toEqual([]);
    expect(sight?.relation('public', 'v')?.columns[0]).toMatchObject({ filtered: 'hold' });
  });

  test('views nobody understands are masked whole, where they may read what is masked', () => {
    const views = [view('v', 20, ['a text'], 'SELECT 1 FROM public."customers"'), view('other', 21, ['a text'], 'SELECT customers_old FROM x'), view('f', 22, ['a text'], 'SELECT a FROM public.all_of_it()')];
    const functions = [{ schema: 'public', name: 'all_of_it', language: 'sql', volatility: 'stable' as const, securityDefiner: true }];
    expect(look([CUSTOMERS, ...views], [sensitive(['customers.email'])], {}, { functions })).toEqual({ 'public.customers.email': 'redact', 'public.v.a': 'redact', 'public.f.a': 'redact' });
  });

  test('the server\'s own records of values and statements', () => {
    const system = (schema: string, name: string, columns: readonly string[]): RelationData => relation(name, 100 + name.length, columns, { schema, system: true, kind: 'v' });
    const relations = [CUSTOMERS, system('pg_catalog', 'pg_stats', ['tablename name', 'most_common_vals anyarray']), system('pg_catalog', 'pg_stat_activity', ['pid integer', 'query text']), relation('pg_stat_statements', 50, ['calls bigint', 'query text'], { kind: 'v', definition: 'SELECT calls, query FROM public.pg_stat_statements(true)' })];
    expect(look(relations, [sensitive(['customers.email'])])).toEqual({ 'public.customers.email': 'redact', 'pg_catalog.pg_stats.most_common_vals': 'null', 'pg_catalog.pg_stat_activity.query': 'null', 'public.pg_stat_statements.query': 'null' });
    expect(look(relations, [sensitive(['nobody.email'])])).toEqual({});
    // And whoever's views show them.
    expect(look([...relations, view('mine', 60, ['x text'], 'SELECT most_common_vals AS x FROM pg_catalog.pg_stats')], [sensitive(['customers.email'])])).toMatchObject({ 'public.mine.x': 'redact' });
    const mine = { columns: new Map([['x', ['information_schema.PROCESSLIST.INFO']]]), filters: [] };
    const mysql = [{ ...CUSTOMERS, oid: 0 }, { ...system('information_schema', 'PROCESSLIST', []), oid: 0 }, view('mine', 0, ['x longtext'], 'select `PROCESSLIST`.`INFO` AS `x` from `information_schema`.`PROCESSLIST`')];
    // Without a column that is never NULL it is NULL.
    expect(look(mysql, [sensitive(['customers.email'])], { protocol: 'mysql', lineage: () => mine })).toMatchObject({ 'public.mine.x': 'null' });
    expect(look([{ ...CUSTOMERS, oid: 0 }, { ...system('information_schema', 'PROCESSLIST', []), oid: 0 }], [sensitive(['customers.email'])], { protocol: 'mysql' })).toMatchObject({ 'information_schema.PROCESSLIST.info': 'null' });
  });
});

describe('renames beside us', () => {
  const renamed = { ...CUSTOMERS, name: 'clients', columns: CUSTOMERS.columns.map((column) => (column.name === 'email' ? { ...column, name: 'contact' } : column)) };

  test('a column stays masked, and that is told once', () => {
    const told: Renamed[] = [];
    const sights = make({ onRename: (one) => void told.push(one) });
    const lines = policy(sensitive(['customers.email'], { mask: 'email' }));
    sights.sight(catalog([CUSTOMERS]), 1, lines, nobody);
    expect(sees(sights.sight(catalog([renamed]), 2, lines, nobody))).toEqual({ 'public.clients.contact': 'email' });
    expect(sees(sights.sight(catalog([renamed]), 3, lines, { groups: ['a'] }))).toEqual({ 'public.clients.contact': 'email' });
    expect(told).toEqual([{ before: 'public.customers.email', now: 'public.clients.contact' }]);
    expect(sees(sights.sight(catalog([renamed]), 3, policy(sensitive(['clients.contact'])), nobody))).toEqual({ 'public.clients.contact': 'redact' });
  });

  test('also one that nobody looked at in between, when the catalog was learnt', () => {
    const sights = make();
    sights.learn(catalog([CUSTOMERS]));
    sights.learn(catalog([renamed]));
    expect(sees(sights.sight(catalog([{ ...renamed, name: 'third' }]), 3, policy(sensitive(['customers.email'])), nobody))).toEqual({ 'public.third.contact': 'redact' });
    expect(sees(sights.sight(catalog([{ ...renamed, oid: 99 }]), 4, policy(sensitive(['customers.email'])), nobody))).toEqual({});
  });
});
