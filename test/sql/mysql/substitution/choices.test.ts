/** Real servers: which rows a write chooses, and in which order, is the same whatever the masked values are. */

import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sight } from '../../../../src/masking/sight.ts';
import { loadCatalog } from '../../../../src/sql/mysql/catalog-load.ts';
import { testedFlavours } from '../../../support/mysql-binaries.ts';
import { startMysql } from '../../../support/mysql.ts';
import type { TestMysql } from '../../../support/mysql.ts';
import { queryOn } from '../subject.ts';
import { substituteWith } from './subject.ts';
import type { Substitute } from './subject.ts';

const masks = new Sight({
  key: 'choices',
  relations: ['ranked', 'parted', 'hashed'].map((name) => ({
    schema: 'shop', name, oid: 0,
    columns: [{ name: 'secret', number: 3, type: 'int', mask: 'redact', sql: ['IF(`id` = `id`, CAST(0 AS SIGNED), NULL)'], hideNulls: false, filtered: 'equality', derived: 'mask', copied: 'hold' }],
  })),
});

const MADE = [
  'CREATE DATABASE shop', 'USE shop', 'CREATE TABLE ranked (id int PRIMARY KEY, kind char(1) NOT NULL, secret int NOT NULL, place int, KEY by_kind (kind, secret), KEY by_secret (secret))',
  'CREATE TABLE other (id int PRIMARY KEY, note int)', 'INSERT INTO other VALUES (1, 1), (2, 2), (3, 3)', 'CREATE VIEW seen AS SELECT id, kind, place FROM ranked',
  'CREATE TABLE parted (id int NOT NULL, n int, secret int NOT NULL) PARTITION BY RANGE (secret) (PARTITION p0 VALUES LESS THAN (5), PARTITION p1 VALUES LESS THAN (100))',
  'CREATE TABLE hashed (id int NOT NULL, n int, secret int NOT NULL, PRIMARY KEY (id, secret)) PARTITION BY KEY () PARTITIONS 2', 'INSERT INTO parted VALUES (1, 1, 1), (2, 2, 9)', 'INSERT INTO hashed VALUES (1, 1, 1), (2, 2, 9)',
];
const FILLED = (secret: string): string => `REPLACE INTO ranked WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) SELECT i, IF(i % 2, 'a', 'b'), ${secret}, NULL FROM n`;

describe.each(testedFlavours())('a real %s', { timeout: 60_000 }, (flavour) => {
  let server: TestMysql;
  let connection: Connection;
  let substitute: Substitute;

  beforeAll(async () => {
    server = await startMysql({ flavour });
    connection = await createConnection({ uri: server.url });
    for (const statement of MADE) await connection.query(statement);
    substitute = await substituteWith(await loadCatalog(queryOn(connection)));
  }, 60_000);
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  /** What is there, or answered, afterwards. */
  const after = async (sql: string, secret: string): Promise<string> => {
    await connection.query(FILLED(secret));
    await connection.query('SET @n := 0');
    const [answer] = await connection.query(sql);
    const [rows] = await connection.query('SELECT id, place FROM ranked ORDER BY id');
    return JSON.stringify([Array.isArray(answer) ? answer : [], rows]);
  };

  it.each([
    ["UPDATE ranked SET place = 1 WHERE kind = 'a' LIMIT 1", true], ["UPDATE ranked r SET r.place = 1 WHERE r.kind = 'a' ORDER BY r.kind LIMIT 2", true], ["UPDATE ranked FORCE INDEX (by_kind) SET place = (@n := @n + 1) WHERE kind = 'a'", true],
    ["UPDATE ranked AS r JOIN other o ON o.id <> r.id AND o.id = 1 SET r.place = (@n := @n + 1) WHERE r.kind = 'a' AND o.id = 1", true], ["UPDATE ranked USE INDEX (by_kind) SET place = 1 WHERE kind = 'a' LIMIT 1", true],
    ["DELETE FROM ranked WHERE kind = 'a' ORDER BY id LIMIT 1", false], ["DELETE FROM ranked WHERE kind = 'a' ORDER BY ranked.id DESC LIMIT 1", false], ["UPDATE ranked SET place = 1 WHERE kind = 'b' ORDER BY id LIMIT 1", false], ["UPDATE ranked SET place = 2 WHERE kind = 'a'", false], ["DELETE FROM ranked WHERE kind = 'a' AND (id = 7) LIMIT 1", false],
    ...(flavour === 'mariadb' ? [["DELETE FROM ranked WHERE kind = 'a' ORDER BY id RETURNING id", false] as const, ['DELETE FROM ranked WHERE 3 = ranked.id RETURNING id, kind', false] as const] : []),
  ] as const)('%s', async (sql, changed) => {
    const { text = '', obstacle } = substitute(sql, masks);
    expect(obstacle).toBeUndefined();
    expect(text !== sql).toBe(changed);
    expect(await after(text, 'i')).toBe(await after(text, '100 - i'));
    // Without masks it tells.
    if (changed && !sql.includes('JOIN')) expect(await after(sql, 'i')).not.toBe(await after(sql, '100 - i'));
  });

  it.each([
    ["DELETE FROM ranked WHERE kind = 'a' LIMIT 1", /Index by_kind of ranked might choose or order the rows by a masked column; sort by all columns of its primary key/], ["DELETE FROM ranked WHERE kind = 'a' ORDER BY kind LIMIT 1", /Index by_kind/],
    ["DELETE FROM seen WHERE kind = 'a' LIMIT 1", /might give its rows in the order of masked values/],
    ...(flavour === 'mariadb' ? [["DELETE FROM ranked WHERE kind = 'a' RETURNING id", /Index by_kind/] as const, ['DELETE FROM ranked WHERE id = 1 RETURNING secret + 1', /RETURNING computes with real values/] as const, ['DELETE FROM ranked WHERE id = 1 RETURNING (SELECT secret)', /RETURNING computes with real values/] as const, ["INSERT INTO ranked VALUES (1, 'a', 1, 1) ON DUPLICATE KEY UPDATE place = 2 RETURNING concat(secret)", /RETURNING computes with real values/] as const] : []),
    ['UPDATE ranked SET place = (@v := secret) WHERE id = 1', /in a variable/], ['UPDATE ranked SET place = 1 WHERE (@v := secret) > 0', /in a variable/], ["INSERT INTO ranked VALUES (1, 'a', 1, 1) ON DUPLICATE KEY UPDATE place = (@v := secret)", /in a variable/],
    ['SELECT id FROM parted PARTITION (p0)', /It selects partitions of parted, which are made by the masked column secret; leave PARTITION out/], ['SELECT count(*) FROM parted PARTITION (p0) AS p', /partitions/], ['SELECT 1 FROM other WHERE EXISTS (SELECT 1 FROM hashed PARTITION (p1))', /partitions of hashed/],
    ['DELETE FROM parted PARTITION (p0) WHERE n = 0', /partitions/], ['UPDATE parted PARTITION (p1) SET n = 5', /partitions/],
  ] as const)('nobody can release what would tell: %s', (sql, sentence) => {
    expect(substitute(sql, masks)).toMatchObject({ obstacle: expect.stringMatching(sentence) as string });
    expect(substitute(sql, masks).text).toBeUndefined();
  });

  it('what chooses no row by an index is let alone', () => {
    for (const sql of ['DELETE FROM other LIMIT 1', "UPDATE ranked SET place = 1 WHERE kind = 'a'", "DELETE FROM ranked WHERE kind = 'a'", 'UPDATE other SET note = (@n := note)']) expect(substitute(sql, masks).text).toBe(sql);
    expect(substitute('SELECT id FROM parted', masks).text).toContain('FROM `shop`.`parted`)');
  });
});
