import { beforeAll, describe, expect, it } from 'vitest';
import { applyEdits } from '../../../../src/masking/substitution.ts';
import { Sight } from '../../../../src/masking/sight.ts';
import type { MaskedColumn } from '../../../../src/masking/sight.ts';
import { Catalog } from '../../../../src/sql/catalog.ts';
import { Parser } from '../../../../src/sql/postgres/parser.ts';
import { lineage } from '../../../../src/sql/postgres/substitution/lineage.ts';
import { Substituter } from '../../../../src/sql/postgres/substitution/substituter.ts';
import { verify } from '../../../../src/sql/postgres/substitution/verify.ts';
import { CASES, READ } from './cases.ts';
import { SHOP_CATALOG } from './catalog.ts';

const catalog = new Catalog(SHOP_CATALOG);
const masked = (names: readonly string[]): MaskedColumn[] => names.map((name, index) => ({
  name, number: index + 3, type: name === 'balance' ? 'numeric' : name === 'email' ? 'character varying(80)' : 'text', mask: 'redact', sql: ['M(', ')'], hideNulls: false, filtered: 'equality', derived: 'mask', copied: 'hold',
}));
const sight = new Sight({ key: 'a', relations: [{ schema: 'public', name: 'customers', oid: 20_000, columns: masked(['email', 'ssn', 'balance']) }] });

let parser: Parser;
let substituter: Substituter;
beforeAll(async () => {
  parser = await Parser.start();
  substituter = new Substituter(parser, catalog);
});

describe('a text', () => {
  it.each(CASES)('$sql', ({ sql, text, uses }) => {
    const found = substituter.substitute(sql, ['public'], sight);
    expect(found.text, found.obstacle).toBe(text?.replaceAll(/\{([^}]*)\}/g, (_, more: string) => READ + more));
    if (text !== undefined) expect(found.uses.map(({ column, use, value }) => `${column}:${use}${value === undefined ? '' : `=${value}`}`).join(' ')).toBe(uses);
    if (text === undefined) expect(found.obstacle).toMatch(/\.$/);
    else expect(applyEdits(sql, found.edits)).toBe(text.replaceAll(/\{([^}]*)\}/g, (_, more: string) => READ + more));
  });

  it('is refused where a name may mean several relations, when the path isn\'t known', () => {
    expect(substituter.substitute('SELECT id FROM customers', undefined, sight).obstacle).toContain('name its schema');
    expect(substituter.substitute('SELECT id FROM customers', ['other', 'public'], sight).text).toBe('SELECT id FROM customers');
    expect(substituter.substitute('SELECT id FROM customers', ['nowhere'], sight).text).toBeUndefined();
  });

  it('is refused where an earlier statement of it may change what a name means', () => {
    expect(substituter.substitute('SET search_path = public; SELECT ssn FROM customers', ['other'], sight).text).toBeUndefined();
    expect(substituter.substitute(`SELECT set_config('search_path', 'public', false); SELECT ssn FROM customers`, ['other'], sight).text).toBeUndefined();
    expect(substituter.substitute('ROLLBACK; SELECT ssn FROM customers', ['other'], sight).text).toBeUndefined();
    expect(substituter.substitute('ALTER TABLE customers RENAME TO x; SELECT ssn FROM x', ['public'], sight).text).toBeUndefined();
    expect(substituter.substitute('ALTER SCHEMA public RENAME TO x; SELECT ssn FROM x.customers', ['public'], sight).text).toBeUndefined();
    expect(substituter.substitute('BEGIN; SELECT ssn FROM customers', ['public'], sight).text).toContain('M("ssn")');
  });

  it('is never too deep', () => {
    expect(substituter.substitute(`SELECT ${'('.repeat(500)}ssn${')'.repeat(500)} FROM customers`, ['public'], sight).text).toContain('M("ssn")');
    const nested = `${'SELECT * FROM (WITH RECURSIVE r AS (SELECT * FROM r UNION ALL '.repeat(20)}SELECT 1${') SELECT * FROM r) x'.repeat(20)}`;
    expect(substituter.substitute(nested, ['public'], sight).obstacle).toContain('too involved');
  });
});

describe('the second look', () => {
  const objection = (sql: string, text: string): string | undefined => verify({ parser, catalog, sight, path: ['public'] }, parser.parse(sql).stmts ?? [], text);

  it('finds nothing wrong with what the substituter makes', () => {
    for (const { sql } of CASES) {
      const { text } = substituter.substitute(sql, ['public'], sight);
      if (text !== undefined) expect(objection(sql, text), sql).toBeUndefined();
    }
  });

  const sql = 'SELECT c.ssn, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email = $1';
  const mutations: readonly (readonly [string, (text: string) => string])[] = [
    ['nothing substituted', () => sql], ['another mask', (text) => text.replace('M("ssn")', '"ssn"')], ['no mask', (text) => text.replace('M("ssn") AS "ssn"', '"ssn"')],
    ['another column', (text) => text.replace('M("ssn")', 'M("email")')], ['another order', (text) => text.replace('"id", "name"', '"name", "id"')], ['one more column', (text) => text.replace(' FROM "public"', ', "ssn" AS x FROM "public"')],
    ['one less', (text) => text.replace('"name", ', '')], ['another alias', (text) => text.replace(') c JOIN', ') d JOIN')], ['another schema', (text) => text.replace('"public"."customers"', '"other"."customers"')],
    ['one more relation', (text) => text.replace('"public"."orders" o', '"public"."orders" o CROSS JOIN public.customers x')], ['another relation', (text) => text.replace('"public"."orders"', '"public"."customers"')],
    ['a condition lost', (text) => text.replace(/ WHERE "email"[^)]*\) \$1::pg_catalog\.text/, '')], ['another constant', (text) => text.replace('$1', '$2')], ['another condition', (text) => text.replace('WHERE "email"', 'WHERE "ssn" > $1 AND "email"')],
    ['a condition on another column', (text) => text.replace('WHERE "email"', 'WHERE "ssn"')], ['one more condition', (text) => `${text} AND true`], ['one more statement', (text) => `${text}; SELECT ssn FROM customers`], ['a subquery in the output', (text) => text.replace('c.ssn', '(SELECT ssn FROM public.customers LIMIT 1)')],
  ];
  it.each(mutations)('sees %s', (_, mutate) => {
    const { text = '' } = substituter.substitute(sql, ['public'], sight);
    expect(text).not.toBe('');
    expect(mutate(text)).not.toBe(text);
    expect(objection(sql, mutate(text))).toBeTypeOf('string');
  });
});

describe('lineage', () => {
  it('says what columns of views show, and by what their rows are chosen', () => {
    const found = lineage(catalog, parser);
    expect(found.get('public.contacts')?.columns.get('email')).toEqual(['public.customers.email']);
    expect(found.get('public.contacts')?.rows).toEqual(['public.customers.name']);
    expect(found.get('public.lengths')?.columns.get('length')).toEqual(['public.customers.ssn']);
    expect(new Set(found.get('public.lengths')?.rows)).toEqual(new Set(['public.customers.name', 'public.customers.email']));
    expect(found.get('public.coded')?.columns.get('x')).toBe('unknown');
  });
});
