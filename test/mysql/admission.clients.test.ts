/** Real drivers at the door: every verifier, with TLS and without, as their users would connect. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import mariadb from 'mariadb';
import { createConnection, type ConnectionOptions } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cachingSha2Verifier, nativeVerifier } from '../../src/config/verifier.ts';
import { makeVerifier } from '../../src/identity/scram-verifier.ts';
import { sha1Twice, sha256Twice } from '../../src/mysql/auth/digests.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { mariadbClient, mysqlClient, testedFlavours } from '../support/mysql-binaries.ts';
import { startDoor, type TestDoor } from '../support/mysql-door.ts';
import { runDriver } from '../drivers/run.ts';
import { missing } from '../drivers/suite.ts';
import { attempt } from '../drivers/toolchains.ts';
import { java } from '../drivers/mysql/toolchains.ts';

const run = promisify(execFile);
const PASSWORD = 'agent pässword';
const SHA2 = cachingSha2Verifier(sha256Twice(PASSWORD));
const NATIVE = nativeVerifier(sha1Twice(PASSWORD));
const SCRAM = makeVerifier(PASSWORD);
const agent = (name: string, verifier: string, databases = '[shop]') => `{ name: ${name}, verifier: ${verifier}, owner: dana@example.com, databases: ${databases} }`;
const AGENTS = [
  agent('sha2', `"${SHA2}"`), agent('native', `"${NATIVE}"`), agent('scram', `"${SCRAM}"`), agent('both', `["${SHA2}", "${NATIVE}"]`),
  agent('many', `"${SHA2}"`, '[shop, stock]'), agent('nowhere', `"${SHA2}"`, '[]'), agent('frozen', `"${SHA2}"`),
];

describe.each(testedFlavours())('before %s', (flavour) => {
  let server: TestMysql;
  let certificate: Certificate;
  let authority: string;
  let plain: TestDoor;
  let secure: TestDoor;
  beforeAll(async () => {
    certificate = await makeCertificate();
    authority = join(mkdtempSync(join(tmpdir(), 'cs-ca-')), 'ca.pem');
    writeFileSync(authority, certificate.ca);
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
    await server.query('CREATE DATABASE shop');
    const upstream = { host: server.host, port: server.port, user: 'app', password: 'upstream' };
    const given = { upstream, agents: AGENTS, databases: ['stock'], frozen: ['frozen'] };
    plain = await startDoor(given);
    secure = await startDoor({ ...given, tls: { ...certificate, required: true } });
  }, 120_000);
  afterAll(async () => {
    await plain?.stop();
    await secure?.stop();
    await server?.stop();
    rmSync(dirname(authority), { recursive: true });
  });

  const mysql2 = async (user: string, more: ConnectionOptions = {}): Promise<unknown> => {
    const connection = await createConnection({ host: '127.0.0.1', port: plain.port, user, password: PASSWORD, database: 'shop', ...more });
    const [rows] = await connection.query('SELECT CURRENT_USER() AS u, DATABASE() AS d');
    await connection.query('SELECT REPEAT(\'x\', 100000) AS long_one');
    const [[prepared]] = (await connection.execute('SELECT ? + 1 AS n', [41])) as unknown as [[{ n: number }]];
    expect(prepared.n).toBe(42);
    await connection.end();
    return rows;
  };
  const IN = [{ u: 'app@%', d: 'shop' }];
  const tls = () => ({ port: secure.port, ssl: { ca: certificate.ca } });

  describe('mysql2', () => {
    it.each(['sha2', 'native', 'scram', 'both'])('as %s, twice, with TLS and without', async (user) => {
      for (const more of [{}, {}, tls(), tls()]) expect(await mysql2(user, more)).toEqual(IN);
    });

    it('with a wrong password gets the server\'s own error', async () => {
      for (const user of ['sha2', 'native', 'scram', 'unknown']) {
        const error = await mysql2(user, { password: 'wrong' }).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ errno: 1045, sqlState: '28000', message: expect.stringMatching(new RegExp(`^Access denied for user '${user}'@'127.0.0.1' \\(using password: YES\\)`)) as string });
        await expect(mysql2(user, { password: '' })).rejects.toMatchObject({ errno: 1045 });
      }
    });

    it('names a database it may use, or has only one', async () => {
      const none = { database: undefined } as unknown as ConnectionOptions;
      expect(await mysql2('sha2', none)).toEqual(IN);
      expect(await mysql2('many', { database: 'stock' })).toEqual(IN);
      await expect(mysql2('many', none)).rejects.toMatchObject({ errno: 1044, sqlState: '42000', message: expect.stringContaining('must name a database when it connects. It may use: shop, stock.') as string });
      for (const database of ['stock', 'nothing', 'mysql']) await expect(mysql2('sha2', { database })).rejects.toMatchObject({ errno: 1044, message: expect.stringContaining(`may not use database '${database}'. It may use: shop.`) as string });
      await expect(mysql2('nowhere')).rejects.toMatchObject({ errno: 1044 });
    });

    it('is refused without TLS where that is required, before a password is looked at, and when frozen', async () => {
      await expect(mysql2('sha2', { port: secure.port })).rejects.toMatchObject({ errno: 1045, message: expect.stringContaining('TLS is required here') as string });
      await expect(mysql2('frozen')).rejects.toMatchObject({ errno: 1227 });
      expect(plain.refused).toContainEqual(expect.objectContaining({ agent: 'frozen', database: 'shop', code: 'agent_frozen' }));
    });

    it('in a character set that can\'t be read is told', async () => {
      await expect(mysql2('sha2', { charset: 'GBK_CHINESE_CI' })).rejects.toMatchObject({ errno: 1227, message: expect.stringContaining('character set gbk is refused') as string });
      for (const charset of ['UTF8_GENERAL_CI', 'LATIN1_SWEDISH_CI', 'UTF8MB4_UNICODE_CI']) expect(await mysql2('sha2', { charset })).toEqual(IN);
    });

    it('its attributes are known, and its number is ours', async () => {
      const connection = await createConnection({ host: '127.0.0.1', port: plain.port, user: 'sha2', password: PASSWORD, database: 'shop', connectAttributes: { program_name: 'reports', 'countersign.hold': 'defer', __proto__x: 'y' } });
      const one = plain.admitted.at(-1);
      expect(one?.key.processId).toBe(connection.threadId);
      expect(one?.attributes).toMatchObject({ program_name: 'reports', application_name: 'reports', 'countersign.hold': 'defer' });
      expect(one?.startup.get('countersign.hold')).toBe('defer');
      const [[row]] = (await connection.query('SELECT CONNECTION_ID() AS id')) as unknown as [[{ id: number }]];
      expect(one?.upstreamId).toBe(row.id);
      await connection.end();
    });
  });

  describe('mariadb connector', () => {
    it.each(['sha2', 'native', 'both', 'scram'])('as %s, with TLS and without', async (user) => {
      for (const more of [{}, { port: secure.port, ssl: { ca: certificate.ca } }]) {
        const connection = await mariadb.createConnection({ host: '127.0.0.1', port: plain.port, user, password: PASSWORD, database: 'shop', allowPublicKeyRetrieval: true, ...more });
        expect(await connection.query('SELECT CURRENT_USER() AS u')).toMatchObject([{ u: 'app@%' }]);
        expect(await connection.execute('SELECT ? AS n', ['ü'])).toMatchObject([{ n: 'ü' }]);
        await connection.end();
      }
    });
  });

  const cli = async (program: string, args: readonly string[]): Promise<string> => {
    const { stdout } = await run(program, [...args, '--protocol=tcp', '--host=127.0.0.1', '-N', '-e', 'SELECT CURRENT_USER(), DATABASE(); SELECT 1; SHOW STATUS LIKE "Ssl_cipher%"', 'shop'], { env: { ...process.env, MYSQL_PWD: PASSWORD } });
    return stdout;
  };

  describe.skipIf(mariadbClient('mariadb') === undefined)('mariadb CLI', () => {
    const program = mariadbClient('mariadb') ?? '';
    it.each(['sha2', 'native', 'both'])('as %s, with TLS and without', async (user) => {
      expect(await cli(program, [`--user=${user}`, `--port=${plain.port}`, '--skip-ssl'])).toMatch(/^app@%\tshop\n1\n/);
      expect(await cli(program, [`--user=${user}`, `--port=${secure.port}`, '--ssl'])).toMatch(/^app@%\tshop\n1\n/);
    });
  });

  describe.skipIf(mysqlClient('mysql') === undefined)('mysql CLI', () => {
    const program = mysqlClient('mysql') ?? '';
    it.each(['sha2', 'both', 'scram'])('as %s, with TLS and without', async (user) => {
      expect(await cli(program, [`--user=${user}`, `--port=${plain.port}`, '--ssl-mode=DISABLED', '--get-server-public-key'])).toMatch(/^app@%\tshop\n1\n/);
      expect(await cli(program, [`--user=${user}`, `--port=${secure.port}`, '--ssl-mode=REQUIRED'])).toMatch(/^app@%\tshop\n1\n/);
    });
  });

  describe.each([['MySQL', 'mysql'], ['MariaDB', 'mariadb']] as const)('%s Connector/J', (_name, connector) => {
    const command = attempt(() => java(connector));
    if (typeof command === 'string') {
      missing(command);
      return;
    }

    it('by every verifier, twice, with TLS and without', { timeout: 60_000 }, async () => {
      const get = (users: string, port: number, ca?: string): Promise<Record<string, unknown>> => runDriver(command, 'login', { port, user: users, password: PASSWORD, database: 'shop', ...(ca === undefined ? {} : { ca }) });
      const all = Object.fromEntries(['sha2', 'native', 'both', 'scram'].map((user) => [user, { user: 'app@%' }]));
      expect(await get('sha2,native,both,scram,scram', secure.port, authority)).toEqual(all);
      // The salted verifier has now been matched once, so that its owner isn't asked for the password itself.
      expect(await get('sha2,native,both,scram', plain.port)).toEqual(all);
    });
  });
});
