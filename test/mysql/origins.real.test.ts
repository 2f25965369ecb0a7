/** What an agent that sees only masks gets of real servers when a statement reaches them that reads what is masked: the net is all there is. */

import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../src/config/verifier.ts';
import type { Veil } from '../../src/masking/veil.ts';
import { sha1Twice } from '../../src/mysql/auth/digests.ts';
import { Capability, MariaDbCapability } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import type { PrepareOk } from '../../src/mysql/packets/prepare-ok.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';
import { startDoor, type TestDoor } from '../support/mysql-door.ts';
import { type Answer, MysqlWireClient } from '../support/mysql-wire.ts';
import { sightOf, veilOf } from '../support/veils.ts';
import { commands } from './scripted.ts';

const AGENTS = [`{ name: reporter, verifier: "${nativeVerifier(sha1Twice('agent'))}", owner: dana@example.com, databases: [shop] }`];
const SECRET = 'ada@secret.example';
const COLUMNS: Readonly<Record<string, readonly [type: string, value: string]>> = {
  tiny: ['TINYINT', '77'], small: ['SMALLINT', '7777'], mid: ['MEDIUMINT', '777777'], num: ['INT', '77777777'], big: ['BIGINT UNSIGNED', '7777777777777'], flo: ['FLOAT', '7.75'], dou: ['DOUBLE', '7.777'],
  deci: ['DECIMAL(20,5)', '77777.77777'], dat: ['DATE', '\'2077-07-07\''], tim: ['TIME(3)', '\'77:07:07.777\''], dt: ['DATETIME(6)', '\'2077-07-07 07:07:07.777\''], ts: ['TIMESTAMP NULL', '\'2027-07-07 07:07:07\''],
  yea: ['YEAR', '2077'], cha: ['CHAR(20)', '\'secret77\''], bin: ['VARBINARY(20)', '\'secret77\''], blo: ['BLOB', '\'secret77\''], txt: ['TEXT', '\'secret77\''], enu: ['ENUM(\'a\',\'secret77\')', '\'secret77\''],
  se: ['SET(\'a\',\'secret77\')', '\'secret77\''], bi: ['BIT(16)', '0x7777'], js: ['JSON', '\'"secret77"\''],
};

describe.each(testedFlavours())('before %s', (flavour) => {
  let server: TestMysql;
  let door: TestDoor;
  let veil: (text: string) => Veil | undefined;
  const sight = sightOf({
    'shop.customers': { email: 'varchar(80)', age: 'int' }, 'shop.spans': Object.fromEntries(Object.entries(COLUMNS).map(([name, [type]]) => [name, type.toLowerCase()])),
    'shop.klanten€é': { geheim: 'varchar(80)' }, 'shop.Mixed': { Email: 'varchar(80)' }, 'shop.large': { body: 'longtext' },
  });
  const open = (more: object = {}): Promise<Connection> => createConnection({ host: '127.0.0.1', port: door.port, user: 'reporter', password: 'agent', database: 'shop', multipleStatements: true, ...more });
  const wire = (flags?: number, extended = 0): Promise<MysqlWireClient> => MysqlWireClient.login({ port: door.port, user: 'reporter', password: 'agent', database: 'shop', extended, ...(flags === undefined ? {} : { flags }) });

  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], settings: { max_allowed_packet: 64 * 1024 * 1024 } });
    await server.query(`CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;
      CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40), email VARCHAR(80), age INT, UNIQUE KEY by_email (email));
      INSERT INTO customers VALUES (1, 'Ada', '${SECRET}', 36), (2, 'Bob', NULL, NULL);
      CREATE TABLE spans (id INT PRIMARY KEY, ${Object.entries(COLUMNS).map(([name, [type]]) => `\`${name}\` ${type}`).join(', ')}, tail VARCHAR(10) DEFAULT 'tail');
      INSERT INTO spans VALUES (1, ${Object.values(COLUMNS).map(([, value]) => value).join(', ')}, DEFAULT); INSERT INTO spans (id) VALUES (2);
      CREATE TABLE \`klanten€é\` (geheim VARCHAR(80)); INSERT INTO \`klanten€é\` VALUES ('${SECRET}');
      CREATE TABLE Mixed (Email VARCHAR(80)); INSERT INTO Mixed VALUES ('${SECRET}');
      CREATE TABLE large (id INT, body LONGTEXT, tail VARCHAR(10)); INSERT INTO large VALUES (1, REPEAT('x', 17000000), 'a'), (2, REPEAT('y', 200), 'b'), (3, REPEAT('z', 60000), 'c');
      CREATE VIEW seen AS SELECT id, email FROM customers; CREATE TABLE copied (email VARCHAR(80), other INT);
      CREATE PROCEDURE both_() BEGIN SELECT id, email FROM customers; SELECT email FROM customers WHERE id = 1; END`);
    door = await startDoor({ upstream: { host: server.host, port: server.port, user: 'app', password: 'upstream' }, agents: AGENTS, veil: (text) => veil(text) });
  }, 120_000);
  afterAll(async () => {
    await door?.stop();
    await server?.stop();
  });

  const READS = [
    'SELECT * FROM customers ORDER BY id', 'SELECT email AS id FROM customers', 'SELECT c.email, d.id FROM customers c JOIN customers d', 'SELECT email FROM (SELECT * FROM customers) x', 'SELECT x.email FROM (SELECT DISTINCT email FROM customers LIMIT 5) x', 'SELECT * FROM seen s',
    'WITH w AS (SELECT email FROM customers) SELECT * FROM w', 'SELECT id FROM customers WHERE id = 1; SELECT email FROM customers; SELECT id FROM customers', 'CALL both_()', 'SELECT * FROM seen', 'SELECT email FROM customers GROUP BY email ORDER BY email', 'SELECT Geheim FROM `klanten€é`', 'SELECT EMAIL FROM Mixed',
    'SELECT email FROM customers FOR UPDATE', 'TABLE customers', 'SELECT id, email FROM customers ORDER BY email',
    'HANDLER customers OPEN; HANDLER customers READ FIRST; HANDLER customers CLOSE', 'SELECT email FROM customers ORDER BY age LIMIT 1',
    'SET NAMES latin1; SELECT geheim FROM `klanten\x80\xe9`', 'SET character_set_results = latin1; SELECT geheim FROM `klanten€é`', 'SET character_set_results = ascii; SELECT geheim FROM `klanten€é`', 'SET character_set_results = NULL; SELECT geheim FROM `klanten€é`', 'SET character_set_results = cp1250; SELECT geheim FROM `klanten€é`; SELECT * FROM customers',
    ...(flavour === 'mariadb' ? ['INSERT INTO customers (id, email) VALUES (1, \'x\') ON DUPLICATE KEY UPDATE age = 5 RETURNING email, id', 'DELETE FROM copied RETURNING *'] : []),
  ];

  it.each([['with DEPRECATE_EOF', undefined], ['without', Capability.MultiStatements | Capability.MultiResults]] as const)('no row shows a masked value, %s', async (_, flags) => {
    veil = () => veilOf(sight);
    const client = await wire(flags);
    for (const text of READS) {
      client.send(text.startsWith('SET NAMES latin1') ? packetOf(text) : commands.query(text));
      const { rows, error } = await client.answer();
      expect(JSON.stringify([rows, error]), text).not.toMatch(/secret|"36"/);
      if (error === undefined) expect(rows.length, text).toBeGreaterThan(text.startsWith('DELETE') ? -1 : 0);
      await client.query('SET NAMES utf8mb4');
    }
    expect((await client.query('SELECT id, name, email, age FROM customers ORDER BY id')).rows).toEqual([['1', 'Ada', '***', null], ['2', 'Bob', null, null]]);
    client.destroy();
  });

  it.each(['ucs2', 'utf16', 'utf32', 'gbk', 'sjis', 'swe7'])('results in %s, whose names can\'t be told, are not delivered', async (charset) => {
    veil = () => veilOf(sight);
    for (const text of [`SET character_set_results = ${charset}; SELECT email FROM customers`, `SET SESSION session_track_system_variables = ''; SET character_set_results = ${charset}; SELECT email FROM customers`]) {
      const client = await wire();
      client.send(commands.query(text));
      const said = JSON.stringify(await client.answer().catch(String));
      expect(said.includes('secret'), text).toBe(false);
      client.destroy();
    }
  });

  it('binary rows of every type are masked in their own form, and what stands beside them is as it was', async () => {
    const connection = await open();
    veil = () => undefined;
    const [[plain]] = await connection.execute('SELECT * FROM spans WHERE id = 1') as unknown as [Record<string, unknown>[]];
    await connection.end();
    veil = () => veilOf(sight);
    const masked = await open();
    for (const name of Object.keys(COLUMNS)) {
      const [rows] = await masked.execute(`SELECT id, \`${name}\`, tail FROM spans ORDER BY id`) as unknown as [Record<string, unknown>[]];
      const shown = rows[0]?.[name];
      expect([null, '***'].includes(Buffer.isBuffer(shown) ? shown.toString() : shown as string | null), `${name}: ${String(shown)}`).toBe(true);
      expect(rows).toMatchObject([{ id: 1, tail: 'tail' }, { id: 2, tail: 'tail', [name]: null }]);
    }
    const [all] = await masked.execute('SELECT * FROM spans ORDER BY id') as unknown as [Record<string, unknown>[]];
    expect(all[0]).toMatchObject({ id: 1, tail: 'tail', cha: '***', txt: '***', num: null });
    expect(plain).toMatchObject({ id: 1, tail: 'tail', cha: 'secret77' });
    // Each column beside a masked one keeps its bytes.
    veil = () => veilOf(sightOf({ 'shop.spans': { tiny: 'tinyint', cha: 'char(20)' } }));
    const [beside] = await masked.execute('SELECT * FROM spans WHERE id = 1') as unknown as [Record<string, unknown>[]];
    expect(beside[0]).toEqual({ ...plain, tiny: null, cha: '***' });
    await masked.end();
  });

  it.each([['with DEPRECATE_EOF', undefined], ['without', Capability.MultiStatements | Capability.MultiResults]] as const)('rows that a cursor gives are masked, %s', async (_, flags) => {
    veil = () => veilOf(sight);
    const client = await wire(flags);
    client.send(commands.prepare('SELECT id, email, age FROM customers ORDER BY id'));
    const { statementId } = await client.prepared() as PrepareOk;
    client.send(commands.execute(statementId, [], { cursor: true }));
    const opened = await answerOf(client, flags === undefined);
    client.send(commands.statement(Command.StmtFetch, statementId, Buffer.from([1, 0, 0, 0])));
    const one = await fetched(client);
    client.send(commands.statement(Command.StmtFetch, statementId, Buffer.from([9, 0, 0, 0])));
    const rest = await fetched(client);
    expect(opened).not.toContain('secret');
    expect(`${one}${rest}`).not.toContain('secret');
    expect(`${one}${rest}`).toContain('***');
    client.destroy();
  });

  it.runIf(flavour === 'mariadb')('extended metadata and the wish for cached metadata change nothing', async () => {
    veil = () => veilOf(sight);
    const client = await wire(undefined, MariaDbCapability.ExtendedTypeInfo | MariaDbCapability.CacheMetadata | MariaDbCapability.StmtBulkOperations).catch(() => undefined);
    if (client === undefined) return;
    client.send(commands.prepare('SELECT id, email FROM customers ORDER BY id'));
    const { statementId } = await client.prepared() as PrepareOk;
    for (let time = 0; time < 3; time++) {
      client.send(commands.execute(statementId));
      const { rows } = await client.answer(true);
      expect(JSON.stringify(rows)).not.toContain('secret');
      expect(JSON.stringify(rows)).toContain('***');
    }
    client.destroy();
  });

  it('rows of more than 16 MiB are masked, and those behind them are numbered aright', async () => {
    veil = () => veilOf(sight);
    const client = await wire();
    expect((await client.query('SELECT id, body, tail FROM large ORDER BY id')).rows).toEqual([['1', '***', 'a'], ['2', '***', 'b'], ['3', '***', 'c']]);
    veil = () => veilOf(sightOf({ 'shop.large': { tail: 'varchar(10)' } }));
    const { rows } = await client.query('SELECT id, body, tail FROM large ORDER BY id');
    expect(rows.map(([id, body, tail]) => [id, body?.length, tail])).toEqual([['1', 17_000_000, '***'], ['2', 200, '***'], ['3', 60_000, '***']]);
    client.destroy();
  });

  it('errors, and what is kept of them, say nothing of what is masked', async () => {
    veil = (text) => veilOf(sight, { touches: text.includes('customers'), ...(text.startsWith('SELECT') ? { form: text } : {}) });
    const client = await wire();
    for (const text of [
      `INSERT INTO customers (id, email) SELECT 7, email FROM customers WHERE id = 1`, `UPDATE customers SET id = 1 WHERE id = 2`, 'INSERT INTO copied (other) SELECT email FROM customers WHERE id = 1', 'UPDATE customers SET age = CONCAT(email)',
      'SELECT EXP(1000 + age) FROM customers', 'SELECT CAST(email AS UNSIGNED) FROM customers', 'SELECT STR_TO_DATE(email, \'%Y\') FROM customers', 'SELECT JSON_EXTRACT(email, \'$\') FROM customers', 'SELECT name REGEXP CONCAT(\'(\', email) FROM customers',
      'SELECT ST_GeomFromText(email) FROM customers', 'SELECT EXTRACTVALUE(1, CONCAT(0x7e, email)) FROM customers', 'SELECT UPDATEXML(1, CONCAT(0x7e, email), 1) FROM customers',
    ]) {
      client.send(commands.query(text), commands.query('SHOW WARNINGS'), commands.query('SHOW ERRORS'), commands.prepare('SHOW WARNINGS'));
      const { rows, error } = await client.answer();
      const warnings = await client.answer();
      const errors = await client.answer();
      const { statementId } = await client.prepared() as PrepareOk;
      client.send(commands.execute(statementId));
      const binary = await client.answer(true);
      const derived = rows.length > 0 && error === undefined ? [] : rows;
      expect(JSON.stringify([derived, error, warnings, errors, binary]), text).not.toContain('secret');
    }
    const duplicate = await client.query('INSERT INTO customers (id, email) SELECT 7, email FROM customers WHERE id = 1');
    expect(duplicate.error).toMatchObject({ errno: 1062, sqlstate: '23000' });
    expect(duplicate.error?.message).toMatch(/^Duplicate entry for key '(?:customers\.)?by_email'$/);
    expect((await client.query('SELECT nothing FROM customers')).error?.message).toMatch(/Unknown column 'nothing'/);
    expect(Number((await client.query('UPDATE customers SET name = \'A\' WHERE id = 1')).affected[0])).toBe(1);
    client.destroy();
  });

  it('what runs in a text\'s place masks in every kind of statement, and its results look as they did', async () => {
    const form = 'SELECT * FROM (SELECT id, IF(id = id, \'***\', NULL) AS email FROM shop.customers) customers WHERE id = ';
    veil = (text) => (text.includes('customers') ? veilOf(sight, { form: text.includes('?') ? `${form}?` : `${form}1` }) : veilOf(sight, { touches: false }));
    const connection = await open();
    expect((await connection.query('SELECT id, email FROM customers WHERE id = 1'))[0]).toEqual([{ id: 1, email: '***' }]);
    expect((await connection.execute('SELECT id, email FROM customers WHERE id = ?', [1]))[0]).toEqual([{ id: 1, email: '***' }]);
    expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    await connection.query('SET NAMES latin1');
    veil = (text) => veilOf(sight, text.includes('customers') ? { form: 'SELECT \'é\' AS e, HEX(\'é\') AS h' } : { touches: false });
    expect((await connection.query('SELECT email FROM customers'))[0]).toMatchObject([{ h: 'E9' }]);
    veil = (text) => veilOf(sight, text.includes('customers') ? { form: 'SELECT \'ж\' AS e' } : { touches: false });
    await expect(connection.query('SELECT email FROM customers')).rejects.toMatchObject({ message: expect.stringContaining('character set') as string });
    expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    await connection.end();
  });
});

const packetOf = (text: string): Buffer => {
  const body = Buffer.from(text, 'latin1');
  return Buffer.concat([Buffer.of(body.length + 1, 0, 0, 0, Command.Query), body]);
};

/** The answer that opens a cursor, as text. */
async function answerOf(client: MysqlWireClient, deprecateEof: boolean): Promise<string> {
  const answer: Answer = await client.answer(true);
  return JSON.stringify([answer, deprecateEof]);
}

async function fetched(client: MysqlWireClient): Promise<string> {
  return JSON.stringify((await client.fetched()).map((payload) => payload.toString('latin1')));
}
