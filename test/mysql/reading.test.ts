/** How a session has the server read its texts, set in every way that doesn't say how: what is behind it is judged as the server reads it, or not at all. */

import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';
import { startTestProxy, type TestProxy } from '../support/proxy.ts';

/** One harmless string, or with ANSI_QUOTES a name and a DELETE. */
const DISGUISED = 'SELECT 1 AS "x\\"; DELETE FROM t; -- "';

describe.each(testedFlavours())('before %s', (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;
  let connection: Connection;

  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
    await server.query('CREATE DATABASE shop; CREATE TABLE shop.t (id INT); INSERT INTO shop.t VALUES (1), (2), (3); CREATE TABLE shop.b (id INT, d BLOB)');
    proxy = await startTestProxy({ upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' } });
  }, 120_000);
  beforeEach(async () => {
    connection = await createConnection({ uri: proxy.url(), multipleStatements: true });
    connection.on('error', () => undefined);
    return () => connection.destroy();
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });

  const left = async (): Promise<number | undefined> => (await server.query<{ n: number }>('SELECT COUNT(*) AS n FROM shop.t'))[0]?.n;

  /** Runs the text; if it waits, it is denied. */
  const outcome = async (text: string): Promise<'ran' | 'held' | number> => {
    const running = connection.query(text).then(() => 'ran' as const, (error: { errno?: number }) => error.errno ?? 0);
    const request = await Promise.race([proxy.pending(text), running]);
    if (typeof request !== 'object') return request;
    await proxy.decide(request.id, 'deny');
    await running;
    return 'held';
  };

  it('the disguise is one: it runs as long as it is a string', async () => {
    expect(await outcome(DISGUISED)).toBe('ran');
    expect(await left()).toBe(3);
  });

  const isolation = flavour === 'mysql' ? 'transaction_isolation' : 'tx_isolation';
  it.each([
    ['by a variable', ['SET @m = \'ANSI_QUOTES\'', 'SET sql_mode = @m']],
    ['by a number', ['SET sql_mode = 4']],
    ['by a function', ['SET sql_mode = LOWER(\'ANSI_QUOTES\')']],
    ['unreported', [`SET session_track_system_variables = CONCAT(@@global.session_track_system_variables, ',${isolation}')`, 'SET sql_mode = \'ANSI_QUOTES\'']],
    ['unreported, in one statement', [`SET session_track_system_variables = CONCAT(@@global.session_track_system_variables, ',${isolation}'), sql_mode = 'ANSI_QUOTES'`]],
    ['unreported, twice', [...Array<string>(2).fill(`SET session_track_system_variables = CONCAT(@@global.session_track_system_variables, ',${isolation}')`), 'SET sql_mode = \'ANSI_QUOTES\'']],
    ['by what was prepared', ['SET @m = \'ANSI_QUOTES\'', 'PREPARE p FROM \'SET sql_mode = @m\'', 'EXECUTE p']],
  ])('ANSI_QUOTES %s is known by the next text', async (_how, statements) => {
    for (const statement of statements) expect([statement, await outcome(statement)]).toEqual([statement, 'ran']);
    expect(await outcome(DISGUISED)).toBe('held');
    expect(await left()).toBe(3);
    expect(await outcome('SET sql_mode = \'\'')).toBe('ran');
    expect(await outcome(DISGUISED)).toBe('ran');
  });

  it('ANSI_QUOTES by a parameter is known by the next text', async () => {
    await connection.execute('SET sql_mode = ?', ['ANSI_QUOTES']);
    expect(await outcome(DISGUISED)).toBe('held');
    expect(await left()).toBe(3);
  });

  it.each([
    'SET sql_mode = \'ANSI_QUOTES\', @a = (SELECT 1 UNION SELECT 2)', 'SET sql_mode = \'ANSI_QUOTES\', @a = EXP(1000)', 'SET sql_mode = \'ANSI_QUOTES\', max_join_size = \'no\'',
    'SET sql_mode = \'ANSI_QUOTES\', @a = (SELECT 1 UNION SELECT 2), @b = 1', 'SET sql_mode = \'ANSI_QUOTES\'; SET @a = (SELECT 1 UNION SELECT 2)',
    `SET session_track_system_variables = CONCAT(@@global.session_track_system_variables, ',${isolation}'), sql_mode = 'ANSI_QUOTES', @a = (SELECT 1 UNION SELECT 2)`,
  ])('what is left of ANSI_QUOTES by a statement that fails is known: %s', async (statement) => {
    expect(await outcome(statement)).toEqual(expect.any(Number));
    const [rows] = await connection.query('SELECT @@sql_mode AS mode');
    const stays = (rows as { mode: string }[])[0]?.mode.includes('ANSI_QUOTES');
    expect(await outcome(DISGUISED)).toBe(stays ? 'held' : 'ran');
    expect(await left()).toBe(3);
  });

  it('what stands behind it in the same text is held', async () => {
    await connection.query('SET @m = \'ANSI_QUOTES\'');
    expect(await outcome(`SET sql_mode = @m; ${DISGUISED}`)).toBe('held');
    expect(await outcome('SET @n = 1; SET sql_mode = @m')).toBe('ran');
    expect(await left()).toBe(3);
  });

  it('a character set whose bytes may be quotes ends the session, whatever set it', async () => {
    await connection.query('SET @c = \'gbk\'');
    expect(await outcome('SET character_set_client = @c')).not.toBe('held');
    await expect(connection.query('SELECT 1')).rejects.toThrow();
    const other = await createConnection(proxy.url());
    await expect(other.query('SET NAMES gbk')).rejects.toMatchObject({ message: expect.stringContaining('character_set_client') as string });
    expect((await other.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    await other.end();
  });

  it.runIf(flavour === 'mariadb')('a language that isn\'t read here makes all doubtful', async () => {
    await connection.query('SET @m = \'ORACLE\'');
    expect(await outcome('SET sql_mode = @m')).toBe('ran');
    expect(await outcome('SELECT 1')).toBe('held');
    expect(await outcome('SET STATEMENT session_track_system_variables = CONCAT(@@global.session_track_system_variables) FOR SET sql_mode = \'\'')).not.toBe('ran');
  });

  it('what drivers and dumps begin and end with is let through, and does what it says', async () => {
    for (const statement of [
      `set sql_mode=CONCAT(@@sql_mode,',STRICT_TRANS_TABLES'),session_track_system_variables = CONCAT(@@global.session_track_system_variables,',${isolation}'),NAMES utf8mb4`,
      '/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */', '/*!40101 SET NAMES utf8mb4 */', '/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE=\'NO_AUTO_VALUE_ON_ZERO\' */',
      '/*!40101 SET @saved_cs_client     = @@character_set_client */', '/*!40101 SET character_set_client = utf8 */', '/*!40101 SET character_set_client = @saved_cs_client */',
      '/*!40101 SET SQL_MODE=@OLD_SQL_MODE */', '/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */', 'SET NAMES DEFAULT', 'SET sql_mode = DEFAULT',
    ]) expect([statement, await outcome(statement)]).toEqual([statement, 'ran']);
    const [rows] = await connection.query('SELECT @@session_track_system_variables AS tracked');
    const { tracked } = (rows as { tracked: string }[])[0] ?? { tracked: '' };
    expect(tracked.split(',')).toEqual(expect.arrayContaining([isolation, 'sql_mode', 'character_set_client']));
    expect(tracked.split(',').filter((name) => name === 'sql_mode')).toHaveLength(1);
  });

  describe('bytes that aren\'t UTF-8', () => {
    /** As drivers send them: the driver is made to send each character as a byte. */
    const raw = (text: string): Promise<unknown> => {
      Object.assign(connection.config, { charsetNumber: 8 });
      return connection.query(text);
    };
    const ALL = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
    const escaped = ALL.replaceAll('\\', '\\\\').replaceAll('\'', '\\\'');
    const stored = async (): Promise<string[]> => (await server.query<{ d: string }>('SELECT HEX(d) AS d FROM shop.b ORDER BY id')).map(({ d }) => d);
    const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex').toUpperCase();

    it('arrive as they were sent when they are values, and are on record so', async () => {
      await server.query('DELETE FROM shop.b');
      await raw(`INSERT INTO b VALUES (1, _binary'${escaped}')`);
      await raw(`INSERT INTO b VALUES (2, _binary"\\"\x89PNG\xc3")`);
      expect(await stored()).toEqual([hex(ALL), hex('"\x89PNG\xc3')]);
      const texts = (await proxy.journal()).map(({ event }) => (event.kind === 'statement' ? event.text : ''));
      expect(texts).toContain('INSERT INTO b VALUES (2, _binary"\\"\uef89PNG\uefc3")');
    });

    it('are bound to an approval byte by byte', async () => {
      await server.query('DELETE FROM shop.b; INSERT INTO shop.b VALUES (1, \'\')');
      const first = raw('UPDATE b SET d = _binary\'\x89\'').then(() => 'ran', (error: Error) => error.message);
      const one = await proxy.pending('UPDATE b SET d = _binary\'\uef89\'');
      await proxy.decide(one.id, 'approve');
      expect(await first).toBe('ran');
      const second = raw('UPDATE b SET d = _binary\'\x8a\'').then(() => 'ran', (error: Error) => error.message);
      const other = await proxy.pending('UPDATE b SET d = _binary\'\uef8a\'');
      await proxy.decide(other.id, 'deny');
      expect(await second).not.toBe('ran');
      expect(await stored()).toEqual(['89']);
    });

    it('are held where they aren\'t values', async () => {
      for (const text of ['SELECT 1 /* \x89 */', 'SELECT 1 AS \x89', 'SELECT 1 AS `\xc3`']) {
        const running = raw(text).then(() => 'ran', () => 'refused');
        const shown = text.replace(/[\x80-\xff]/, (byte) => String.fromCharCode(0xef00 + byte.charCodeAt(0)));
        const request = await Promise.race([proxy.pending(shown), running]);
        if (typeof request === 'string') throw new Error(`${text} ${request}`);
        await proxy.decide(request.id, 'deny');
        expect(await running).toBe('refused');
      }
    });
  });
});
