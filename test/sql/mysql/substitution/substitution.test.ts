/** What becomes of texts, by data: no server needed. */

import { describe, expect, it } from 'vitest';
import { Sight } from '../../../../src/masking/sight.ts';
import { applyEdits } from '../../../../src/masking/substitution.ts';
import { lines } from './corpus/lines.ts';
import { catalog, sight } from './shop.ts';
import { said, substituteWith } from './subject.ts';
import type { Substitute } from './subject.ts';

const masks = sight();

/** All columns of customers, each masked one as its mask. */
const CC = "`id`, `name`, IF(`email` IS NULL, NULL, CONCAT('***', LEFT(`email`, 0))) AS `email`, IF(`ssn` IS NULL, NULL, CONCAT('***-**-****', LEFT(`ssn`, 0))) AS `ssn`, IF(`balance` IS NULL, NULL, CAST(0 AS DECIMAL(10,2))) AS `balance`, IF(`born` IS NULL, NULL, CAST('1970-01-01' AS DATE)) AS `born`";
const FROM = 'FROM (SELECT CC FROM `shop`.`customers` IGNORE INDEX (`by_email`))';

const BOTH: readonly (readonly [string, string])[] = [
  ['SELECT * FROM customers', `SELECT * ${FROM} AS \`customers\``],
  ['SELECT * FROM customers c WHERE c.id = 1', `SELECT * ${FROM} AS \`c\` WHERE c.id = 1`],
  ['SELECT 1 FROM(customers)WHERE 1', `SELECT 1 FROM ${FROM.slice(5)} AS \`customers\` WHERE 1`],
  ['SELECT shop.customers.*, shop.customers.id + 1 FROM customers', `SELECT \`customers\`.*, \`customers\`.id + 1 AS \`shop.customers.id + 1\` ${FROM} AS \`customers\``],
  ['SELECT (SELECT email FROM customers), 1', `SELECT (SELECT email ${FROM} AS \`customers\`) AS \`(SELECT email FROM customers)\`, 1`],
  ['SELECT (SELECT email FROM customers) e', `SELECT (SELECT email ${FROM} AS \`customers\`) e`],
  ['SELECT id FROM customers WHERE email = ? AND id = ?', 'SELECT id FROM (SELECT CC FROM `shop`.`customers` WHERE `email` = CONCAT(?)) AS `customers` WHERE TRUE AND id = ?'],
  ['SELECT id FROM customers WHERE id > ? AND email = ?', 'SELECT id FROM (SELECT CC FROM `shop`.`customers` WHERE `id` > ? AND `email` = CONCAT(?)) AS `customers` WHERE TRUE AND TRUE'],
  ['SELECT id FROM customers WHERE upper(name) = ? AND email = ?', `SELECT id ${FROM} AS \`customers\` WHERE upper(name) = ? AND email = ?`],
  ['SELECT id + ? FROM customers WHERE ssn IN (?, ?) AND born = ? AND balance = ?', "SELECT id + ? FROM (SELECT CC FROM `shop`.`customers` IGNORE INDEX (`by_email`) WHERE `ssn` IN (CONCAT(?), CONCAT(?)) AND `born` = CAST(? AS DATE) AND `balance` = CAST(? AS DECIMAL(65,30))) AS `customers` WHERE TRUE AND TRUE AND TRUE"],
  ['SELECT 1 FROM orders o JOIN customers c ON c.id = ? WHERE c.email = ?', `SELECT 1 FROM orders o JOIN ${FROM.slice(5)} AS \`c\` ON c.id = ? WHERE c.email = ?`],
  ['SELECT 1 FROM customers a, customers b WHERE b.email = ? AND a.email = ?', "SELECT 1 FROM (SELECT CC FROM `shop`.`customers` IGNORE INDEX (`by_email`)) AS `a`, (SELECT CC FROM `shop`.`customers` WHERE `email` = CONCAT(?)) AS `b` WHERE TRUE AND a.email = ?"],
  ['SELECT id FROM parted PARTITION (p0) AS p USE INDEX (PRIMARY) FOR UPDATE', "SELECT id FROM (SELECT `id`, IF(`secret` IS NULL, NULL, CONCAT('***', LEFT(`secret`, 0))) AS `secret` FROM `shop`.`parted` PARTITION (p0) USE INDEX (PRIMARY) FOR UPDATE) AS `p` FOR UPDATE"],
  ['SELECT * FROM hiding', "SELECT * FROM (SELECT `id`, IF(`secret` IS NULL, NULL, CONCAT('***', LEFT(`secret`, 0))) AS `secret` FROM `shop`.`hiding`) AS `hiding`"],
  ['SELECT unseen FROM hiding', "SELECT unseen FROM (SELECT `id`, `unseen`, IF(`secret` IS NULL, NULL, CONCAT('***', LEFT(`secret`, 0))) AS `secret` FROM `shop`.`hiding`) AS `hiding`"],
  // The agent's own hints stay, and can't bring back an index whose order tells of masked values.
  ['SELECT id FROM customers c USE INDEX (by_email)', 'SELECT id FROM (SELECT CC FROM `shop`.`customers` USE INDEX (by_email) IGNORE INDEX (`by_email`)) AS `c`'],
  ["SELECT id FROM customers WHERE email = 'x'", "SELECT id FROM (SELECT CC FROM `shop`.`customers` WHERE `email` = 'x') AS `customers` WHERE TRUE"],
  ['EXPLAIN SELECT secret FROM parted WHERE secret = \'x\'', "EXPLAIN SELECT secret FROM (SELECT `id`, IF(NULL IS NULL, NULL, CONCAT('***', LEFT(NULL, 0))) AS `secret` FROM `shop`.`parted`) AS `parted` WHERE secret = 'x'"],
];

const MORE: readonly (readonly [string, string])[] = [
  ['UPDATE customers SET name = ? WHERE email = ? AND ssn IN (?)', 'UPDATE customers SET name = ? WHERE email = CONCAT(?) AND ssn IN (CONCAT(?))'],
  ['DELETE FROM customers WHERE balance = ?', 'DELETE FROM customers WHERE balance = CAST(? AS DECIMAL(65,30))'],
];

const MYSQL: readonly (readonly [string, string])[] = [
  ['TABLE customers LIMIT 1', `SELECT * ${FROM} AS \`customers\` LIMIT 1`],
  ['SELECT c.id FROM customers c, orders o FOR SHARE OF c, o SKIP LOCKED', 'SELECT c.id FROM (SELECT CC FROM `shop`.`customers` IGNORE INDEX (`by_email`) FOR SHARE SKIP LOCKED) AS `c`, orders o FOR SHARE OF o SKIP LOCKED'],
];

const MARIADB: readonly (readonly [string, string])[] = [
  ["SELECT id FROM customers FOR SYSTEM_TIME AS OF TIMESTAMP'2020-01-01' c", "SELECT id FROM (SELECT CC FROM `shop`.`customers` FOR SYSTEM_TIME AS OF TIMESTAMP'2020-01-01' IGNORE INDEX (`by_email`)) AS `c`"],
  ['SELECT id FROM customers LOCK IN SHARE MODE', 'SELECT id FROM (SELECT CC FROM `shop`.`customers` IGNORE INDEX (`by_email`) LOCK IN SHARE MODE) AS `customers` LOCK IN SHARE MODE'],
];

for (const flavour of ['mariadb', 'mysql'] as const) {
  describe(flavour, async () => {
    const substitute: Substitute = await substituteWith(catalog(flavour));

    it.each([...BOTH, ...MORE, ...(flavour === 'mysql' ? MYSQL : MARIADB)])('%s', (sql, expected) => {
      const { text, edits, obstacle } = substitute(sql, masks);
      expect(obstacle).toBeUndefined();
      expect(text?.replaceAll(CC, 'CC').replaceAll(/ +/g, ' ').trim()).toBe(expected.replaceAll(/ +/g, ' '));
      expect(applyEdits(sql, edits)).toBe(text);
    });

    it.each(['reads', 'attacks'] as const)('%s: uses are what the corpus says', (file) => {
      const wrong = lines(file, flavour).flatMap(({ uses, sql }) => {
        const now = said(substitute(sql, masks), sql);
        return now === uses ? [] : [`${now} | ${sql}`];
      });
      expect(wrong).toEqual([]);
    });

    it('leaves alone what has nothing to do with it, parsed or not', () => {
      for (const sql of ['SELECT * FROM orders', 'nonsense (', 'SELECT \'unterminated', '']) expect(substitute(sql, masks)).toEqual({ text: sql, edits: [], uses: [] });
    });

    it('never throws, whatever it is given', () => {
      for (const sql of ['SELECT * FROM customers WHERE (', 'customers', 'SELECT customers)', `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)} FROM customers`, 'SELECT * FROM customers, ', 'WITH customers', 'INSERT customers', 'UPDATE customers', 'DELETE customers']) {
        const { text, obstacle } = substitute(sql, masks);
        expect(text ?? obstacle, sql.slice(0, 60)).toMatch(/\w/);
      }
    });

    it.each(['SHOW FULL PROCESSLIST', 'SHOW PROFILES', 'EXPLAIN FOR CONNECTION 5', 'EXPLAIN FORMAT=JSON FOR CONNECTION 5', 'SHOW EXPLAIN FOR 5', 'show /**/ processlist'])('won\'t show what other statements say: %s', (sql) => {
      expect(substitute(sql, masks).text).toBeUndefined();
      expect(substitute('SHOW TABLES', masks)).toMatchObject({ text: 'SHOW TABLES', uses: [] });
    });

    it('guesses by the hundred are no lookups', () => {
      const guess = (count: number): string => `SELECT ${Array.from({ length: count }, (_, index) => `(SELECT 1 FROM customers WHERE ssn = '${index}')`).join(', ')}`;
      expect(substitute(guess(10), masks).uses).toEqual([{ relation: 'shop.customers', column: 'ssn', use: 'lookup' }]);
      expect(substitute(guess(11), masks).uses.map(({ use }) => use)).toContain('filtered');
      expect(substitute(Array.from({ length: 11 }, (_, index) => `DELETE FROM customers WHERE ssn = '${index}'`).join('; '), masks).uses.map(({ use }) => use)).toContain('own');
    });

    it('no plan holds a key', () => {
      const { data } = masks;
      const keyed = new Sight({ key: 'keyed', relations: data.relations.map((relation) => ({ ...relation, columns: relation.columns.map((column) => ({ ...column, mask: 'hash' as const, sql: ["SHA2(CONCAT('secret key', ", '), 256)'] })) })) });
      expect(substitute('SELECT email FROM customers', keyed).text).toContain('secret key');
      expect(substitute('EXPLAIN FORMAT=JSON SELECT email FROM customers', keyed).text).toContain("'masked' AS `email`");
      expect(substitute('EXPLAIN FORMAT=JSON SELECT email FROM customers', keyed).text).not.toContain('secret key');
    });

    it('folds names as the server does', async () => {
      expect(substitute('SELECT * FROM CUSTOMERS', masks).text).toBeUndefined();
      const folding = await substituteWith(catalog(flavour, 1));
      expect(folding('SELECT * FROM CUSTOMERS WHERE SHOP.CUSTOMERS.id = 1', masks).text).toContain('FROM `shop`.`customers` IGNORE INDEX (`by_email`)) AS `CUSTOMERS` WHERE `CUSTOMERS`.id = 1');
    });

    it('reads quotes as the session does', () => {
      expect(substitute('SELECT "email" FROM "customers"', masks, 'ANSI_QUOTES').uses).toMatchObject([{ column: 'email', use: 'projected' }]);
    });
  });
}
