import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { CatalogData } from '../../../src/sql/catalog.ts';
import { explainFacts } from '../../../src/sql/explain.ts';
import type { Facts } from '../../../src/sql/facts.ts';
import { createUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import type { MysqlUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const table = (schema: string, name: string, columns: readonly string[], definition?: string): CatalogData['relations'][number] => ({
  schema, name, oid: 0, kind: definition === undefined ? 'r' : 'v', columns: columns.map((column, index) => ({ name: column, number: index + 1, type: 'int' })), children: [], system: false,
  ...(definition === undefined ? {} : { definition }),
});

const CATALOG: CatalogData = {
  serverVersion: 101119,
  mysql: { flavour: 'mariadb', lowerCaseTableNames: 0, sqlMode: 'STRICT_TRANS_TABLES' },
  relations: [table('shop', 'orders', ['id', 'total']), table('shop', 'Orders', ['id']), table('archive', 'orders', ['id'])],
  functions: [], builtins: [], operators: [], types: [], extensions: [],
};

const open: MysqlUnderstanding[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function understand(data: CatalogData = CATALOG): Promise<MysqlUnderstanding> {
  const understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve(data) }, database: 'shop', parseMs: 60_000 });
  open.push(understanding);
  return understanding;
}

const effectsOf = ({ effects }: Facts): string[] => effects.map(({ effect }) => effect);
const tablesOf = ({ tables }: Facts): string[] => tables.map(({ name }) => name);

describe('a text', () => {
  it('is understood at once when it is small, and remembered', async () => {
    const understanding = await understand();
    const facts = understanding.facts('SELECT id FROM orders WHERE total = \'a\'');
    expect(facts).not.toBeInstanceOf(Promise);
    expect(understanding.facts('SELECT id FROM orders WHERE total = \'a\'')).toBe(facts);
  });

  it('shares its facts with those that differ in integers only', async () => {
    const understanding = await understand();
    const facts = understanding.facts('SELECT id FROM orders WHERE id = 1');
    expect(understanding.facts('SELECT id FROM orders WHERE id = 7')).toBe(facts);
    expect(understanding.facts('KILL 5')).not.toEqual(understanding.facts('KILL 6'));
  });

  it('is understood in the worker when it is big', async () => {
    const understanding = await understand();
    const facts = understanding.facts(`SELECT ${'id + '.repeat(20_000)} 1 FROM orders; DELETE FROM orders`);
    expect(facts).toBeInstanceOf(Promise);
    expect(await facts).toMatchObject({ unbounded: true, tables: [{ name: 'shop.orders', read: true, written: true }] });
  });

  it('is read in the worker as the session reads it', async () => {
    const understanding = await understand();
    const text = `SELECT "id" /*${' '.repeat(20_000)}*/ FROM "orders"`;
    expect(tablesOf(await understanding.facts(text, understanding.reading({ sqlMode: 'ANSI_QUOTES', database: 'archive' })))).toEqual(['archive.orders']);
    expect(tablesOf(await understanding.facts(text, understanding.reading({ sqlMode: '', database: 'archive' })))).toEqual([]);
  });

  it.each([
    ['two megabytes', `SELECT '${'x'.repeat(2 * 1024 * 1024)}'`],
    ['NUL', 'SELECT 1\0; DROP TABLE orders'],
    ['half a character', 'SELECT \'\ud800\''],
    ['nonsense', 'these are not the statements you are looking for'],
    ['nothing but nesting', 'SET STATEMENT a = 1 FOR '.repeat(15_000)],
  ])('that is %s is unknown, with a sentence', async (_, text) => {
    const facts = await (await understand()).facts(text);
    expect(effectsOf(facts)).toEqual(['unknown']);
    expect(facts.doubt).toMatch(/^[A-Z].*\.$/s);
  });

  it('in a session whose state nobody knows is unknown', async () => {
    const understanding = await understand();
    const known = new Map([['sql_mode', ''], ['character_set_client', 'utf8mb4'], ['database', 'shop']]);
    expect(effectsOf(await understanding.facts('SELECT 1', understanding.reading(known)))).toEqual(['read']);
    for (const lost of ['sql_mode', 'character_set_client']) {
      const facts = await understanding.facts('SELECT 1', understanding.reading(new Map([...known].filter(([name]) => name !== lost))));
      expect(effectsOf(facts)).toEqual(['unknown']);
      expect(facts.doubt).toMatch(/sql_mode|character_set_client/);
    }
  });

  it('keeps its place in UTF-16, after characters of every width', async () => {
    const text = 'SELECT \'é€😀\'; DELETE FROM orders WHERE id = \'ü\';';
    const facts = await (await understand()).facts(text);
    expect(facts.statements.map(({ start, end }) => text.slice(start, end))).toEqual(['SELECT \'é€😀\'', 'DELETE FROM orders WHERE id = \'ü\'']);
    expect(explainFacts(facts, text)).toContain('delete: DELETE FROM orders');
  });

  it('without anything to run has no statement', async () => {
    const understanding = await understand();
    for (const text of ['', ';', ' -- x', '/*!99999 DROP TABLE orders */']) expect(understanding.facts(text)).toMatchObject({ statements: [], effects: [] });
  });
});

/** Each of these makes a quadratic recogniser take minutes. */
const LONG: readonly (readonly [string, string])[] = [
  ['openings of comments', '/*'.repeat(500_000)], ['parentheses', `SELECT ${'('.repeat(500_000)}`], ['tables', `SELECT 1 FROM ${'orders,'.repeat(140_000)}orders`],
  ['columns of many tables', `SELECT ${'id,'.repeat(150_000)}id FROM ${'orders,'.repeat(70_000)}orders`], ['locks of many tables', `SELECT ${'a FOR UPDATE '.repeat(40_000)} FROM ${'orders,'.repeat(60_000)}orders`],
  ['statements', 'SELECT 1;'.repeat(110_000)], ['WITH', `WITH ${'a('.repeat(400_000)}`], ['WITH queries', `WITH ${'a AS (SELECT 1),'.repeat(50_000)} b AS (SELECT 1) SELECT 1`], ['settings', `SET a=1${',b=2'.repeat(200_000)}`], ['bodies', `BEGIN NOT ATOMIC ${'BEGIN '.repeat(150_000)}`],
  ['targets', `UPDATE ${'orders,'.repeat(50_000)}orders SET ${'total=1,'.repeat(60_000)}total=1`], ['deleted', `DELETE ${'orders,'.repeat(50_000)}orders FROM ${'orders,'.repeat(60_000)}orders`],
];

it.each(LONG)('a megabyte of %s is understood in the time it takes to read', async (_, text) => {
  const understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve(CATALOG) }, database: 'shop', parseMs: 20_000 });
  open.push(understanding);
  expect((await understanding.facts(text)).doubt ?? '').not.toContain('within');
}, 40_000);

describe('names', () => {
  it('of tables are told apart by case unless the server doesn\'t', async () => {
    expect(tablesOf(await (await understand()).facts('SELECT id FROM Orders'))).toEqual(['shop.Orders']);
    const folding = await understand({ ...CATALOG, mysql: { flavour: 'mariadb', lowerCaseTableNames: 1, sqlMode: '' }, relations: [table('shop', 'orders', ['id'])] });
    expect(tablesOf(await folding.facts('SELECT id FROM SHOP.ORDERS'))).toEqual(['shop.orders']);
  });

  it('without a database are in the session\'s own', async () => {
    const understanding = await understand();
    expect(tablesOf(await understanding.facts('SELECT id FROM orders', understanding.reading({ sqlMode: '', database: 'archive' })))).toEqual(['archive.orders']);
    expect(await understanding.facts('SELECT id FROM orders', understanding.reading({ sqlMode: '' }))).toMatchObject({ tables: [{ name: 'orders', known: false }], unresolved: false });
  });
});

describe('a reading', () => {
  it('is one object for one state', async () => {
    const understanding = await understand();
    expect(understanding.reading({ sqlMode: 'ANSI,STRICT_ALL_TABLES', database: 'shop' })).toBe(understanding.reading({ sqlMode: 'strict_all_tables,ansi', database: 'shop', charset: 'utf8' }));
  });

  it.each([
    [{ sqlMode: 'ORACLE' }], [{ sqlMode: 'SOME_MODE_OF_TOMORROW' }], [{ sqlMode: '', charset: 'gbk' }], [{ sqlMode: '', charset: 'sjis' }], [{ sqlMode: '', charset: 'swe7' }], [{ sqlMode: '', charset: 'utf16' }],
  ])('of which nothing can be judged (%o) makes every text unknown', async (state) => {
    const understanding = await understand();
    expect(effectsOf(await understanding.facts('SELECT 1', understanding.reading(state)))).toEqual(['unknown']);
  });

  it('in another character set lets letters beyond ASCII stand in strings only', async () => {
    const understanding = await understand();
    const latin1 = understanding.reading({ sqlMode: '', database: 'shop', charset: 'latin1' });
    expect(effectsOf(await understanding.facts('SELECT \'é\' FROM orders', latin1))).toEqual(['read']);
    // U+00A0 is C2 A0 in UTF-8; in latin1 A0 is a blank.
    for (const text of ['SELECT 1 a\u00a0INTO OUTFILE \'/tmp/x\'', 'SELECT `é` FROM orders', 'SELECT @é']) expect(effectsOf(await understanding.facts(text, latin1))).toEqual(['unknown']);
  });
});

describe('views', () => {
  it('may read each other in a circle, and have no definition for who may not see it', async () => {
    const views = await understand({ ...CATALOG, relations: [table('shop', 'a', ['id'], 'select `shop`.`b`.`id` from `shop`.`b`'), table('shop', 'b', ['id'], 'select `shop`.`a`.`id` from `shop`.`a`'), table('shop', 'hidden', ['id'], '')] });
    expect(tablesOf(await views.facts('SELECT id FROM a'))).toEqual(['shop.a', 'shop.b']);
    expect(effectsOf(await views.facts('SELECT id FROM hidden'))).toEqual(['read', 'unknown']);
  });
});

describe('the catalog', () => {
  it('is read again when asked; facts of another one are forgotten', async () => {
    let data: CatalogData = { ...CATALOG, relations: [] };
    const understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve(data) }, database: 'shop' });
    open.push(understanding);
    expect((await understanding.facts('SELECT id FROM orders')).unresolved).toBe(true);
    await understanding.refresh();
    expect(understanding.version).toBe(1);
    data = CATALOG;
    await Promise.all([understanding.refresh(), understanding.refresh()]);
    expect(understanding.version).toBe(2);
    expect((await understanding.facts('SELECT id FROM orders')).unresolved).toBe(false);
  });

  it('makes a stored function that could be meant count', async () => {
    const functions = ['sum', 'offset', 'value'].map((name) => ({ schema: 'shop', name, language: 'sql', volatility: 'volatile' as const, securityDefiner: true }));
    const understanding = await understand({ ...CATALOG, functions });
    for (const text of ['SELECT sum(id) FROM orders', 'SELECT sum (id) FROM orders', 'SELECT offset(1)', 'SELECT value (1)']) expect(effectsOf(await understanding.facts(text))).toEqual(['read', 'routine']);
    expect(effectsOf(await understanding.facts('SELECT sum(id), value (1) FROM orders', understanding.reading({ sqlMode: '', database: 'archive' })))).toEqual(['read']);
  });
});

it('is doubtful when the worker takes too long; the next statement has a new one', async () => {
  const clock = new FakeClock();
  const understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve(CATALOG) }, database: 'shop', parseMs: 50, clock });
  open.push(understanding);
  const big = (columns: number): string => `SELECT ${'id,'.repeat(columns)}id FROM orders`;
  await understanding.facts(big(10_000));
  const slow = understanding.facts(big(200_000));
  await setImmediate();
  clock.advance(50);
  expect(await slow).toMatchObject({ doubt: 'The statement could not be understood within 50 ms.', effects: [{ effect: 'unknown' }] });
  expect(effectsOf(await understanding.facts(big(10_001)))).toEqual(['read']);
});
