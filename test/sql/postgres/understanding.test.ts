import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogData, CatalogSource } from '../../../src/sql/catalog.ts';
import type { Facts } from '../../../src/sql/facts.ts';
import { createUnderstanding } from '../../../src/sql/postgres/understanding.ts';
import type { PostgresUnderstanding } from '../../../src/sql/postgres/understanding.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startSubject } from './subject.ts';
import type { Subject } from './subject.ts';

let subject: Subject;
let understanding: PostgresUnderstanding;

beforeAll(async () => {
  subject = await startSubject();
  // However busy the machine: deadlines are the matter of their own test.
  understanding = await createUnderstanding({ catalogSource: subject.catalogSource, parseMs: 60_000 });
});
afterAll(async () => {
  await understanding.close();
  await subject[Symbol.asyncDispose]();
});

const effectsOf = (facts: Facts): string[] => facts.effects.map(({ effect }) => effect);
const chain = (terms: number): string => `SELECT ${Array.from({ length: terms }, () => 'id').join('+')} FROM orders`;

describe('a text', () => {
  it('is understood at once when it is small, and remembered', () => {
    const facts = understanding.facts('SELECT name FROM customers WHERE email = \'a\'');
    expect(facts).not.toBeInstanceOf(Promise);
    expect(understanding.facts('SELECT name FROM customers WHERE email = \'a\'')).toBe(facts);
  });

  it('is understood in the worker when it is big', async () => {
    const facts = understanding.facts(chain(2000));
    expect(facts).toBeInstanceOf(Promise);
    expect(await facts).toMatchObject({ effects: [{ effect: 'read', objects: ['public.orders'] }], tables: [{ name: 'public.orders', columns: ['id'] }] });
  });

  it('is understood in the worker when it nests deeply', async () => {
    const facts = understanding.facts(`SELECT ${'('.repeat(300)}1${')'.repeat(300)}`);
    expect(facts).toBeInstanceOf(Promise);
    expect(effectsOf(await facts)).toEqual(['read']);
  });

  it.each([
    ['a NOT of a NOT', `SELECT ${'NOT '.repeat(50_000)} true`],
    ['CASE in CASE', `SELECT ${'CASE WHEN true THEN '.repeat(20_000)}`],
    ['400 KB of slash and star', '/*'.repeat(200_000)],
    ['two megabytes', `SELECT '${'x'.repeat(2 * 1024 * 1024)}'`],
    ['NUL', 'SELECT 1\0; DROP TABLE orders'],
    ['nonsense', 'these are not the statements you are looking for'],
  ])('that is %s is unknown, with a sentence', async (_, text) => {
    const facts = await understanding.facts(text);
    expect(effectsOf(facts)).toEqual(['unknown']);
    expect(facts.doubt).toMatch(/^[A-Z].*\.$/);
  });

  it('may be a chain that would break a parser on the event loop', async () => {
    expect(effectsOf(await understanding.facts(chain(20_000)))).toEqual(['read']);
    expect(effectsOf(await understanding.facts('SELECT 41'))).toEqual(['read']);
  });

  it('keeps its place in UTF-16, after characters of every width', async () => {
    const text = 'SELECT \'é€😀\'; DELETE FROM orders WHERE status = \'ü\';';
    const facts = await understanding.facts(text);
    expect(facts.statements.map(({ start, end }) => text.slice(start, end))).toEqual(['SELECT \'é€😀\'', 'DELETE FROM orders WHERE status = \'ü\'']);
  });

  it('says what was prepared, whatever stands before', async () => {
    const prepared = async (text: string): Promise<unknown> => (await understanding.facts(text)).statements[0]?.names;
    expect(await prepared('PREPARE p (int) AS SELECT $1')).toEqual([{ use: 'prepare', name: 'p', text: 'SELECT $1' }]);
    expect(await prepared('PREPARE p /* as SELECT 1; -- */ AS DELETE FROM orders')).toEqual([{ use: 'prepare', name: 'p', text: 'DELETE FROM orders' }]);
    expect(await prepared('PREPARE "as SELECT 1" AS DELETE FROM orders')).toEqual([{ use: 'prepare', name: 'as SELECT 1', text: 'DELETE FROM orders' }]);
    expect(await prepared('PREPARE p AS SELECT 1 AS x')).toEqual([{ use: 'prepare', name: 'p', text: 'SELECT 1 AS x' }]);
    const hostile = `PREPARE p /* ${'as '.repeat(40)} */ AS DELETE FROM orders`;
    expect(await prepared(hostile)).toEqual([{ use: 'prepare', name: 'p', text: hostile }]);
  });
});

describe('the deadline', () => {
  it('ends the thread and the doubt says so; the next statement has a new one', async () => {
    const clock = new FakeClock();
    const impatient = await createUnderstanding({ catalogSource: subject.catalogSource, parseMs: 50, clock });
    await impatient.facts(chain(1500));
    const slow = impatient.facts(chain(3000));
    await setImmediate();
    clock.advance(50);
    expect(await slow).toMatchObject({ doubt: 'The statement could not be understood within 50 ms.', effects: [{ effect: 'unknown' }] });
    expect(effectsOf(await impatient.facts(chain(3001)))).toEqual(['read']);
    await impatient.close();
  });

  it('is not for ever: too many that wait are doubtful at once', async () => {
    const facts = await Promise.all(Array.from({ length: 80 }, async (_, index) => understanding.facts(chain(1500 + index))));
    expect(facts.filter(({ doubt }) => doubt?.includes('Too many') === true).length).toBeGreaterThan(0);
    expect(facts.filter(({ doubt }) => doubt === undefined).length).toBeGreaterThan(60);
  });
});

describe('a refresh', () => {
  it('is shared by all who ask while it runs', async () => {
    let loads = 0;
    const counted: CatalogSource = {
      load: () => {
        loads++;
        return subject.catalogSource.load();
      },
    };
    const shared = await createUnderstanding({ catalogSource: counted });
    await Promise.all([shared.refresh(), shared.refresh(), shared.refresh()]);
    expect(loads).toBe(2);
    await shared.refresh();
    expect(loads).toBe(3);
  });

  it('grows the version only when something changed, and forgets what was known', async () => {
    const text = 'SELECT secret FROM made_later';
    expect(await understanding.facts(text)).toMatchObject({ unresolved: true, tables: [{ name: 'made_later', known: false }] });
    const { version } = understanding;
    await understanding.refresh();
    expect(understanding.version).toBe(version);
    await subject.client.query('CREATE TABLE made_later (secret text)');
    await understanding.refresh();
    expect(understanding.version).toBe(version + 1);
    expect(await understanding.facts(text)).toMatchObject({ unresolved: false, tables: [{ name: 'public.made_later', known: true, columns: ['secret'] }] });
    expect(await understanding.facts(`${text} ${'-- '.repeat(3000)}`)).toMatchObject({ unresolved: false });
  });

  it('keeps what it has when the server can\'t be asked', async () => {
    let down = false;
    const source: CatalogSource = { load: (): Promise<CatalogData> => (down ? Promise.reject(new Error('down')) : subject.catalogSource.load()) };
    const kept = await createUnderstanding({ catalogSource: source });
    down = true;
    await expect(kept.refresh()).rejects.toThrow('down');
    expect(await kept.facts('SELECT id FROM orders')).toMatchObject({ unresolved: false });
    down = false;
    await kept.refresh();
  });
});

describe('a user\'s object', () => {
  it('takes the vetting from a built-in of the same name', async () => {
    expect(effectsOf(await understanding.facts('SELECT lower(name) FROM customers'))).toEqual(['read']);
    await subject.client.query('CREATE FUNCTION public.lower(customers) RETURNS text LANGUAGE sql AS \'SELECT 1::text\'');
    await understanding.refresh();
    expect(effectsOf(await understanding.facts('SELECT lower(name) FROM customers'))).toEqual(['read', 'routine']);
    expect(effectsOf(await understanding.facts('SELECT pg_catalog.lower(name) FROM customers'))).toEqual(['read']);
  });

  it('even in pg_catalog', async () => {
    await subject.client.query('CREATE FUNCTION pg_catalog.initcap(int) RETURNS int LANGUAGE sql AS \'SELECT 1\'');
    await understanding.refresh();
    expect(effectsOf(await understanding.facts('SELECT pg_catalog.initcap(\'a\')'))).toEqual(['read', 'routine']);
  });

  it('hides in no cast from a column\'s type', async () => {
    await subject.client.query(`
      CREATE TYPE shade AS ENUM ('a');
      CREATE FUNCTION leak(shade) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
      CREATE CAST (shade AS text) WITH FUNCTION leak(shade) AS IMPLICIT;
      CREATE TABLE shaded (s shade, t shade[])`);
    await understanding.refresh();
    expect(effectsOf(await understanding.facts('SELECT \'a\' || s FROM shaded'))).toEqual(['read', 'routine']);
  });

  it('may be a temporary view or type that shadows another', async () => {
    await subject.client.query(`
      CREATE TEMP VIEW products AS SELECT email AS sku FROM customers;
      CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (is_email(VALUE))`);
    await understanding.refresh();
    expect((await understanding.facts('SELECT sku FROM products')).tables.map(({ name }) => name)).toContain('public.customers');
    expect((await understanding.facts('SELECT sku FROM pg_temp.products')).tables.map(({ name }) => name)).toContain('public.customers');
    expect(effectsOf(await understanding.facts('SELECT 1::text'))).toEqual(['read', 'routine']);
    await subject.client.query('DISCARD TEMP');
    await understanding.refresh();
    expect(effectsOf(await understanding.facts('SELECT 1::text'))).toEqual(['read']);
  });

  it('is found again in a view after a statement broke off inside it', async () => {
    const fresh = await createUnderstanding({ catalogSource: subject.catalogSource });
    const exhaust = (depth: number): void => {
      try {
        exhaust(depth + 1);
      } catch {
        // Wherever the stack ends while the view is looked at first, the facts must come out whole afterwards.
        void fresh.factsAnew('SELECT name FROM customer_names');
      }
    };
    exhaust(0);
    expect((await fresh.facts('SELECT name FROM customer_names')).tables.map(({ name }) => name)).toContain('public.customers');
  });
});
