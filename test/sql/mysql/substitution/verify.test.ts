/** The second look objects to what a broken splicer would write: its edits are changed in every way that comes to mind. */

import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../../src/masking/substitution.ts';
import type { Edit } from '../../../../src/masking/substitution.ts';
import { Lexer } from '../../../../src/sql/mysql/lexer.ts';
import type { Dialect } from '../../../../src/sql/mysql/lexer.ts';
import { Names } from '../../../../src/sql/mysql/names.ts';
import { Readings } from '../../../../src/sql/mysql/reading.ts';
import { IN_WORKER, loadParsers, SecondReading } from '../../../../src/sql/mysql/second-reading.ts';
import { Substituter } from '../../../../src/sql/mysql/substitution/substituter.ts';
import { Verifier } from '../../../../src/sql/mysql/substitution/verify.ts';
import type { Token } from '../../../../src/sql/mysql/tokens.ts';
import { lines } from './corpus/lines.ts';
import { catalog, sight } from './shop.ts';
import { substituteWith } from './subject.ts';

const data = catalog('mysql');
const dialect: Dialect = { flavour: 'mysql', version: data.serverVersion };
const readings = new Readings();
const reading = readings.reading({ sqlMode: '', database: 'shop' });
const masks = sight();
const knowledge = new Substituter(data, readings, new SecondReading(await loadParsers('mysql'), IN_WORKER)).knowledge(masks);

function lex(text: string): Token[] {
  const lexer = new Lexer(text, dialect, reading);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
  return tokens;
}

/** Undefined when there is nothing to object. */
function objection(text: string, edits: readonly Edit[], untouched = false): string | undefined {
  try {
    const result = applyEdits(text, edits);
    new Verifier(new Names(data)).check({ text, before: lex(text), after: lex(result), reading, edits, shift: 0, knowledge, lex, untouched, explains: /^(?:EXPLAIN|DESCRIBE)/.test(text) });
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Each a thing that a broken splicer might do to a subquery. */
const MUTATIONS: readonly (readonly [string, RegExp, string])[] = [
  ['a column instead of its mask', /IF\(`(email|ssn|secret|Secret)` IS NULL.*?\) AS `\1`/, '`$1`'],
  ['a column beside its mask', /^(.*?)SELECT `id`, /, '$1SELECT `id`, `email` AS `x`, '],
  ['no mask but NULL', /IF\(`(email|secret|Secret)` IS NULL.*?\) AS/, 'NULL AS'],
  ['a column missing', /`id`, /, ''],
  ['columns in another order', /`id`, `name`, /, '`name`, `id`, '],
  ['another table', /FROM `shop`\.`(\w+)`/, 'FROM `archive`.`$1`'],
  ['no database', /FROM `shop`\.`/, 'FROM `'],
  ['an index whose order tells of masked values', / IGNORE INDEX \(`by_email`\)/, ''],
  ['an index that isn\'t ignored', /IGNORE INDEX \(`by_email`\)/, 'IGNORE INDEX (`by_name`)'],
  ['an index that is used', /IGNORE INDEX/, 'USE INDEX'],
  ['another alias', /AS `(\w+)`$/, 'AS `other`'],
  ['another condition', /`\)( AS `\w+`)$/, '` WHERE `email` LIKE \'a%\')$1'],
  ['one condition more', /`\)( AS `\w+`)$/, '` WHERE `email` = \'a\')$1'],
  ['a condition of nothing', /`\)( AS `\w+`)$/, '` WHERE 1)$1'],
  ['a union', /`\)( AS `\w+`)$/, '` UNION SELECT * FROM `shop`.`customers`)$1'],
  ['a join', /FROM `shop`/, 'FROM `shop`.`customers` JOIN `shop`'],
  ['a limit', /`\)( AS `\w+`)$/, '` LIMIT 1)$1'],
  ['distinct rows', /SELECT /, 'SELECT DISTINCT '],
  ['something behind it', /$/, ', shop.customers'],
  ['another constant', /= '[^']*'/, "= 'other'"],
];

describe('the second look', async () => {
  const substitute = await substituteWith(data);
  const spliced = [...lines('reads', 'mysql'), ...lines('attacks', 'mysql')].flatMap(({ sql }) => {
    const { text, edits } = substitute(sql, masks);
    return text === undefined || edits.length === 0 || sql.includes(';') ? [] : [{ sql, edits }];
  });

  it('has nothing against what the splicer writes', () => {
    expect(spliced.length).toBeGreaterThan(150);
    expect(spliced.flatMap(({ sql, edits }) => (objection(sql, edits) === undefined ? [] : [sql]))).toEqual([]);
  });

  it.each(MUTATIONS)('objects to %s', (_, pattern, put) => {
    let count = 0;
    const accepted: string[] = [];
    for (const { sql, edits } of spliced) {
      for (const [index, edit] of edits.entries()) {
        const text = edit.text.replace(pattern, put);
        if (text === edit.text || !edit.text.includes('SELECT ')) continue;
        count++;
        if (objection(sql, edits.with(index, { ...edit, text })) === undefined) accepted.push(`${sql}: ${text}`);
      }
    }
    expect(count).toBeGreaterThan(0);
    expect(accepted).toEqual([]);
  });

  it('objects when an edit is left out, moved or made longer', () => {
    const accepted: string[] = [];
    for (const { sql, edits } of spliced) {
      for (const [index, edit] of edits.entries()) {
        // A name that isn't kept is no danger, nor is a qualifier that stays, or a lock.
        if (edit.text.startsWith(' AS ') || (!edit.text.includes('SELECT ') && edit.text !== 'TRUE')) continue;
        const others = edits.toSpliced(index, 1);
        if (objection(sql, others) === undefined) accepted.push(`left out: ${sql}`);
        const next = lex(sql).find(({ start }) => start >= edit.end);
        // A lock that is taken into the subquery can't be told from one that is there.
        if (next !== undefined && next.text !== 'FOR' && next.text !== 'LOCK' && objection(sql, [...edits.slice(0, index), { ...edit, end: next.end }, ...edits.slice(index + 1).filter(({ start }) => start >= next.end)]) === undefined) accepted.push(`longer: ${sql}`);
      }
      if (objection(sql, []) === undefined) accepted.push(`all left out: ${sql}`);
      if (objection(sql, [], true) === undefined && !/^(?:SHOW|SET|EXPLAIN)/.test(sql)) accepted.push(`untouched: ${sql}`);
    }
    expect(accepted).toEqual([]);
  });

  it('objects to edits of any other kind', () => {
    const sql = 'SELECT id FROM orders WHERE id = 1 AND total > 2';
    const at = (word: string, text: string): Edit => ({ start: sql.indexOf(word), end: sql.indexOf(word) + word.length, text });
    for (const edit of [at('id = 1', 'TRUE'), at('orders', 'archive.customers'), at('id', 'total'), at('AND total > 2', ''), at('orders', '(SELECT `id` FROM `shop`.`orders`) AS `orders`'), at('WHERE', 'AS x WHERE'), { start: sql.length, end: sql.length, text: ' FOR UPDATE' }, { start: 9, end: 9, text: ' AS `other`' }]) expect(objection(sql, [edit]), edit.text).toBeDefined();
  });

  it.each([
    'SELECT * FROM customers', 'SELECT 1 FROM orders, shop.customers', 'SELECT * FROM (orders JOIN customers)', 'UPDATE orders SET note = (SELECT email FROM customers)', 'UPDATE orders o JOIN customers c SET o.note = c.email', 'DELETE o FROM orders o JOIN customers c',
    'INSERT INTO copies SELECT id, email FROM customers', 'INSERT INTO copies TABLE customers', 'HANDLER customers OPEN', 'DELETE FROM orders WHERE id IN (SELECT id FROM customers)', 'SELECT * FROM rich', 'UPDATE orders, customers SET total = 1', 'WITH x AS (TABLE customers) SELECT 1',
  ])('finds what was overlooked in %s', (sql) => {
    expect(objection(sql, [])).toBeDefined();
  });

  it.each(['UPDATE customers SET name = 1', 'DELETE FROM customers', 'DELETE c FROM customers AS c', 'INSERT INTO customers (id) VALUES (1)', 'REPLACE shop.customers VALUES (1)', 'UPDATE orders o JOIN customers c SET c.name = o.note', 'SELECT id AS customers FROM orders', 'SELECT * FROM archive.customers', 'DELETE FROM customers USING customers, orders'])('lets be what reads nothing in %s', (sql) => {
    expect(objection(sql, [])).toBeUndefined();
  });
});
