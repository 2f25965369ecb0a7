/** What the recognisers miss and a parser sees must make the statement doubtful, and nothing that it says may make it less so. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CatalogData } from '../../../src/sql/catalog.ts';
import { Judge } from '../../../src/sql/mysql/batch.ts';
import { judgeStatement } from '../../../src/sql/mysql/kinds.ts';
import { Lexer } from '../../../src/sql/mysql/lexer.ts';
import { Names } from '../../../src/sql/mysql/names.ts';
import { loadNode } from '../../../src/sql/mysql/node-opinion.ts';
import type { Opinion } from '../../../src/sql/mysql/opinion.ts';
import { Readings } from '../../../src/sql/mysql/reading.ts';
import { loadRust } from '../../../src/sql/mysql/rust-opinion.ts';
import { IN_WORKER, ON_LOOP, SecondReading } from '../../../src/sql/mysql/second-reading.ts';
import type { Parsers } from '../../../src/sql/mysql/second-reading.ts';
import type { Token } from '../../../src/sql/mysql/tokens.ts';
import { createUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import { Walk } from '../../../src/sql/mysql/walk.ts';
import { corpus, modeOf } from './corpus/words.ts';
import { fuzz } from './fuzz.ts';
import { readHarvest } from './harvest/format.ts';

const HARVEST = join(import.meta.dirname, 'harvest');

const catalog = (flavour: 'mariadb' | 'mysql'): CatalogData => ({
  serverVersion: flavour === 'mysql' ? 90_704 : 101_119, mysql: { flavour, lowerCaseTableNames: 0, sqlMode: '' },
  relations: [], functions: [], builtins: [], operators: [], types: [], extensions: [],
});

const readings = new Readings();
const reading = readings.reading({ sqlMode: '', database: 'shop' });

/** On a busy machine the deadline is soon over; it isn't what these tests are about. */
const PATIENT_MS = 10_000;

const fails = (): never => {
  throw new Error('can\'t');
};

/** A statement as the recognisers have it. */
function read(text: string): Walk {
  const dialect = { flavour: 'mysql', version: 90_704 } as const;
  const lexer = new Lexer(text, dialect, reading);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
  const walk = new Walk(tokens, {
    dialect, names: new Names(catalog('mysql')), reading: (state) => readings.reading(state),
    view: () => undefined, inner: () => { throw new Error('not asked for'); },
  }, reading);
  judgeStatement(walk, 0);
  return walk;
}

describe.each(['node', 'rust'] as const)('%s alone', (who) => {
  let second: SecondReading;

  beforeAll(async () => {
    const parse = who === 'node' ? await loadNode('mysql', PATIENT_MS) : await loadRust();
    second = new SecondReading({ node: fails, rust: fails, [who]: parse }, ON_LOOP);
  });

  const disagreement = (text: string, blind: (walk: Walk) => void): string | undefined => {
    const walk = read(text);
    blind(walk);
    second.begin();
    return second.disagreement([{ walk, found: walk.found }]);
  };
  const tables = (...names: readonly string[]) => (walk: Walk): void => names.forEach((name) => expect(walk.found.touches.delete(name), name).toBe(true));
  const written = (name: string) => (walk: Walk): void => {
    const touch = walk.found.touches.get(name);
    expect(touch?.written).toBe(true);
    if (touch !== undefined) touch.written = false;
  };
  const call = (name: string) => (walk: Walk): void => expect(walk.calls.delete(name)).toBe(true);
  const kind = (other: string) => (walk: Walk): void => {
    walk.kind = other;
  };

  it.each<readonly [string, (walk: Walk) => void, string]>([
    ['SELECT a FROM orders, secret', tables('shop.secret'), 'table shop.secret'],
    ['SELECT a FROM orders o JOIN archive.orders s ON s.id = o.id', tables('archive.orders'), 'table archive.orders'],
    ['SELECT (SELECT max(x) FROM secret) FROM orders', tables('shop.secret'), 'table shop.secret'],
    ['SELECT a FROM (SELECT b FROM secret) d', tables('shop.secret'), 'table shop.secret'],
    ['SELECT a FROM orders WHERE EXISTS (SELECT 1 FROM secret)', tables('shop.secret'), 'table shop.secret'],
    ['SELECT 1 UNION SELECT a FROM secret', tables('shop.secret'), 'table shop.secret'],
    ['WITH c AS (SELECT a FROM secret) SELECT * FROM c', tables('shop.secret'), 'table shop.secret'],
    ['SELECT a FROM /*!50000 secret */', tables('shop.secret'), 'table shop.secret'],
    ['SELECT 5--1 FROM secret', tables('shop.secret'), 'table shop.secret'],
    ['SELECT a FROM `Größe — "x" ``y`', tables('shop.Größe — "x" `y'), 'table shop.Größe — "x" `y'],
    ['SELECT a FROM `dual`', tables('shop.dual'), 'table shop.dual'],
    ['SELECT a FROM `select`', tables('shop.select'), 'table shop.select'],
    ['INSERT INTO orders (a) SELECT b FROM secret', tables('shop.secret'), 'table shop.secret'],
    ['INSERT LOW_PRIORITY IGNORE INTO orders VALUES (?, \'it\\\'s\')', tables('shop.orders'), 'table shop.orders'],
    ['UPDATE IGNORE orders SET a = 1 WHERE b IN (SELECT c FROM secret)', tables('shop.secret'), 'table shop.secret'],
    ['DELETE QUICK FROM orders WHERE a = (SELECT b FROM secret)', tables('shop.secret'), 'table shop.secret'],
    ['EXPLAIN SELECT a FROM secret', tables('shop.secret'), 'table shop.secret'],
    ['INSERT INTO orders VALUES (1)', written('shop.orders'), 'shop.orders is written'],
    ['REPLACE INTO orders VALUES (1)', written('shop.orders'), 'shop.orders is written'],
    ['UPDATE orders SET a = 1', written('shop.orders'), 'shop.orders is written'],
    ['UPDATE orders o JOIN products p SET o.a = p.a', written('shop.orders'), 'shop.orders is written'],
    ['WITH c AS (SELECT 1) UPDATE orders SET a = 1', written('shop.orders'), 'shop.orders is written'],
    ['DELETE FROM orders WHERE a = 1', written('shop.orders'), 'shop.orders is written'],
    ['DELETE o FROM orders o JOIN products p ON p.a = o.a', written('shop.orders'), 'shop.orders is written'],
    ['SELECT nofn(a) FROM orders', call('nofn'), 'a call of nofn'],
    ['SELECT archive.nofn(a) FROM orders', call('archive.nofn'), 'a call of nofn'],
    ['SELECT sleep(10)', call('sleep'), 'a call of sleep'],
    ['SELECT a FROM orders ORDER BY load_file(b)', call('load_file'), 'a call of load_file'],
    ['UPDATE orders SET a = nofn(1) WHERE b = 1', call('nofn'), 'a call of nofn'],
    ['INSERT INTO orders VALUES (1) ON DUPLICATE KEY UPDATE a = nofn(1)', call('nofn'), 'a call of nofn'],
    ['DELETE FROM orders', kind('select'), 'sees delete where the other sees select'],
    ['UPDATE orders SET a = 1', kind('select'), 'sees update where the other sees select'],
    ['INSERT INTO orders VALUES (1)', kind('select'), 'sees insert where the other sees select'],
    ['REPLACE INTO orders VALUES (1)', kind('insert'), 'sees replace where the other sees insert'],
    ['SELECT a FROM orders', kind('update'), 'sees select where the other sees update'],
  ])('%s: what is missed is seen', (text, blind, difference) => {
    expect(disagreement(text, () => undefined)).toBeUndefined();
    expect(disagreement(text, blind)).toContain(difference);
  });
});

it('sees a file that is written', async () => {
  const walk = read('SELECT a FROM orders INTO OUTFILE \'/tmp/x\'');
  const second = new SecondReading({ node: await loadNode('mysql', PATIENT_MS), rust: fails }, ON_LOOP);
  second.begin();
  expect(second.disagreement([{ walk, found: walk.found }])).toBeUndefined();
  walk.found.effects.delete('server_io');
  second.begin();
  expect(second.disagreement([{ walk, found: walk.found }])).toContain('writes a file');
});

describe('what comes of it', () => {
  const opinion = (part: Partial<Opinion>): Opinion => ({ kinds: ['select'], tables: [], names: [], written: [], ctes: new Set(), calls: [], file: false, ...part });
  const judge = (parsers: Partial<Parsers>): Judge => new Judge(catalog('mysql'), readings, new SecondReading({ node: fails, rust: fails, ...parsers }, ON_LOOP));

  it('is doubt, which the server may end if it takes no such text', () => {
    const second = judge({ node: () => opinion({ tables: [{ schema: undefined, name: 'secret' }] }) });
    const facts = second.facts('SELECT 1', reading);
    expect(facts).toMatchObject({ doubt: 'Two readings of the statement disagree: only one sees table shop.secret.', ungrammatical: true, statements: [] });
    expect(facts.effects.map(({ effect }) => effect)).toEqual(['unknown']);
    expect(second.facts('SELECT 1; SELECT 1', reading).ungrammatical).toBeUndefined();
  });

  it('is doubt when a parser sees two statements, or none', () => {
    expect(judge({ node: () => opinion({ kinds: ['select', 'delete'] }) }).facts('SELECT 1', reading).doubt).toContain('2 statements');
    expect(judge({ rust: () => opinion({ kinds: [] }) }).facts('SELECT 1', reading).doubt).toContain('0 statements');
  });

  it('is heard within PREPARE, and on every statement of a text', () => {
    const second = judge({ node: () => opinion({ tables: [{ schema: undefined, name: 'secret' }] }) });
    expect(second.facts('EXECUTE IMMEDIATE \'SELECT 1\'', reading).effects.map(({ effect }) => effect)).toContain('unknown');
    expect(second.facts('COMMIT; SELECT 1', reading).doubt).toContain('secret');
  });

  it.each<readonly [string, () => Opinion]>([
    ['null', () => { throw null as unknown as Error; }],
    ['a deep stack', () => { throw new RangeError('Maximum call stack size exceeded'); }],
    ['a trap', () => { throw new Error('unreachable'); }],
    ['nothing', () => undefined as unknown as Opinion],
  ])('leaves the facts alone when a parser throws or gives %s', (_, parse) => {
    const facts = new Judge(catalog('mysql'), readings).facts('SELECT a FROM secret', reading);
    expect(judge({ node: parse, rust: parse }).facts('SELECT a FROM secret', reading)).toEqual(facts);
  });

  it('is nothing where a parser takes what no server does', () => {
    for (const name of ['order', 'string x']) expect(judge({ node: () => opinion({ tables: [{ schema: undefined, name }], names: [name] }) }).facts('SELECT 1', reading).doubt).toBeUndefined();
  });

  it('is kept with the facts, and heard of big texts too', async () => {
    const understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve(catalog('mysql')) }, database: 'shop' });
    // TEXT is a type's name, and not reserved: a function may be called so.
    const facts = await understanding.facts('SELECT text(1)');
    expect(facts.doubt).toContain('a call of text');
    expect(understanding.facts('SELECT text(1)')).toBe(facts);
    expect((await understanding.facts(`SELECT text(1), '${'x'.repeat(20_000)}'`)).doubt).toBe(facts.doubt);
    await understanding.close();
  });
});

describe.each(['mariadb', 'mysql'] as const)('%s', (flavour) => {
  let parsers: Parsers;

  beforeAll(async () => {
    parsers = { node: await loadNode(flavour, PATIENT_MS), rust: await loadRust() };
  });

  const harvested = (): { text: string; mode: string }[] =>
    readdirSync(join(HARVEST, flavour)).flatMap((file) => readHarvest(readFileSync(join(HARVEST, flavour, file), 'utf8')).map(({ text }) => ({ text, mode: '' })));
  const told = (): { text: string; mode: string }[] => corpus(flavour).map((line) => ({ text: line.sql, mode: modeOf(line) }));

  it.each([
    ['what tools sent', harvested, 0.02],
    ['the corpus', told, 0.06],
    ['disguised statements, most of which are none', () => [...fuzz(flavour, 7, 600)], 1],
  ] as const)('agrees about %s, and changes nothing', (_, texts, mostUnheard) => {
    const second = new SecondReading(parsers, ON_LOOP);
    const [twice, once] = [new Judge(catalog(flavour), readings, second), new Judge(catalog(flavour), readings)];
    for (const { text, mode } of texts()) {
      const state = readings.reading({ sqlMode: mode, database: 'shop' });
      expect(twice.facts(text, state), text).toEqual(once.facts(text, state));
    }
    const { node, rust, none, big } = second.heard;
    const all = node + rust + none + big;
    expect(all).toBeGreaterThan(200);
    expect((none + big) / all).toBeLessThanOrEqual(mostUnheard);
  });
});

describe('hostile texts', () => {
  const nested = (times: number, open: string, close: string, inmost = 'a'): string => `SELECT ${open.repeat(times)}${inmost}${close.repeat(times)} FROM t`;
  const HOSTILE = {
    'nested CASTs': nested(12, 'CAST(', ' AS char)'),
    'nested CASTs in calls': nested(6, 'f(CAST(', ' AS char))'),
    'nested parentheses': nested(1500, '(', ')'),
    'subqueries that fail': nested(12, '(SELECT ', ')', 'a b c d'),
    'a long chain of AND': `SELECT 1 FROM t WHERE a = 1${' AND a = 1'.repeat(5000)}`,
    'a thousand unions': `SELECT 1${' UNION SELECT 1'.repeat(1000)}`,
    'a thousand statements': 'SELECT a FROM t;'.repeat(1000),
    'a thousand prepared statements': 'PREPARE p FROM \'SELECT CAST(a b c AS char)\';'.repeat(1000),
    'a long string': `SELECT '${'x'.repeat(100_000)}', '${'('.repeat(5000)}'`,
    'many rows': `INSERT INTO t VALUES (1)${',(1)'.repeat(20_000)}`,
  };

  it.each(Object.entries(HOSTILE))('%s: no parser is given more than it can take', (_, text) => {
    const given = { node: [] as string[], rust: [] as string[] };
    const spy = (whose: string[]) => (each: string): never => {
      whose.push(each);
      return fails();
    };
    for (const most of [ON_LOOP, IN_WORKER]) {
      given.node.length = given.rust.length = 0;
      const facts = new Judge(catalog('mysql'), readings, new SecondReading({ node: spy(given.node), rust: spy(given.rust) }, most)).facts(text, reading);
      expect(facts.doubt).toBeUndefined();
      expect(given.rust.join('').length).toBeLessThanOrEqual(most);
      expect(given.node.length).toBeLessThanOrEqual(1);
      for (const each of given.node) {
        expect(each.length).toBeLessThanOrEqual(1024);
        expect(each).not.toMatch(/CAST\([^)]*CAST\(|\([^)]*\([^)]*\([^)]*\([^)]*\(/);
      }
    }
  });

  it('a parse that would take minutes is stopped, and the parser goes on', async () => {
    const [node, rust] = await Promise.all([loadNode('mysql', 300), loadRust()]);
    expect(() => node(HOSTILE['nested CASTs'].replaceAll('CAST(', 'CAST(CAST(').replaceAll(' AS char)', ' AS char) AS char)'))).toThrow('timed out');
    expect(node('SELECT a FROM t').tables).toHaveLength(1);
    expect(() => rust(HOSTILE['nested parentheses'])).toThrow('recursion limit');
    expect(rust('SELECT a FROM t').tables).toHaveLength(1);
  });
});
