/** Agents that log in at a whole proxy by tokens, with the clients of MySQL and MariaDB. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import mariadb from 'mariadb';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { mariadbClient, mysqlClient, testedFlavours } from '../support/mysql-binaries.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { HostileIssuer, newKey } from './oidc/hostile-issuer.ts';

const run = promisify(execFile);
const LISTED = { sub: 'listed@clients' };
const JOB = { job: '42', owner: 'sam@example.com' };
const seconds = () => Math.floor(Date.now() / 1000);

let issuer: HostileIssuer;
let certificate: Certificate;
beforeAll(async () => { [issuer, certificate] = await Promise.all([HostileIssuer.start(), makeCertificate()]); });
afterAll(() => issuer?.stop());

describe.each(testedFlavours())('before %s', (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;
  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
    await server.query('CREATE DATABASE shop');
    proxy = await startTestProxy({
      upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' }, tls: certificate,
      agents: [`{ name: listed, jwt: { issuer: "${issuer.url}", audience: countersign, subject: listed@clients }, owner: dana@example.com, databases: [shop] }`],
      extra: `agent_issuers:\n  - { issuer: "${issuer.url}", audience: countersign, prefix: ci-, name_claim: job, owner_claim: owner, databases: [shop] }\n`,
    });
  }, 120_000);
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });

  const mysql2 = async (user: string, password: string, more: ConnectionOptions = {}): Promise<Connection> => {
    const connection = await createConnection({ host: '127.0.0.1', port: proxy.port, user, password, database: 'shop', ssl: { ca: certificate.ca }, enableCleartextPlugin: true, ...more });
    connection.on('error', () => {});
    return connection;
  };
  const plain = { ssl: undefined } as unknown as ConnectionOptions;

  test('mysql2, as a listed agent and as one that isn\'t', async () => {
    for (const [user, claims] of [['listed', LISTED], ['ci-42', JOB]] as const) {
      const connection = await mysql2(user, await issuer.sign(claims));
      expect((await connection.query('SELECT 6 * 7 AS n'))[0]).toEqual([{ n: 42 }]);
      expect((await connection.execute('SELECT ? AS n', ['x']))[0]).toEqual([{ n: 'x' }]);
      await connection.end();
    }
    await expect.poll(async () => (await proxy.journal()).map(({ event }) => event)).toContainEqual(expect.objectContaining({ kind: 'session.start', agent: 'ci-42', owner: 'sam@example.com' }));
  });

  test('isn\'t let in by anything else, and is told why', async () => {
    const bad: readonly (readonly [string, string, string])[] = [
      ['listed', await issuer.sign({ ...LISTED, exp: seconds() - 60 }), 'the token has expired'],
      ['listed', await issuer.sign(LISTED, { key: await newKey() }), 'the token isn\'t signed by a key of'],
      ['listed', AGENT_PASSWORD, 'it is no token'],
      ['listed', '', 'it is no token'],
      ['ci-43', await issuer.sign(JOB), 'the token is the agent "ci-42"\'s'],
    ];
    for (const [user, password, reason] of bad) {
      await expect(mysql2(user, password)).rejects.toMatchObject({ errno: 1045, sqlState: '28000', message: expect.stringContaining(`Access denied for user '${user}'@'127.0.0.1' (using password: YES): ${reason}`) as string });
    }
  });

  test('is never asked for a token without TLS, and nobody else for theirs as it is', async () => {
    for (const user of ['listed', 'ci-42']) await expect(mysql2(user, await issuer.sign(LISTED), plain)).rejects.toMatchObject({ errno: 1045, message: expect.stringContaining('over TLS only') as string });
    for (const more of [{}, plain]) {
      await (await mysql2('reporter', AGENT_PASSWORD, { ...more, enableCleartextPlugin: false })).end();
      await expect(mysql2('unknown', AGENT_PASSWORD, { ...more, enableCleartextPlugin: false })).rejects.toMatchObject({ errno: 1045, message: expect.not.stringContaining('token') as string });
    }
  });

  test('can\'t change users on the connection, and may reset it', async () => {
    const connection = await mysql2('listed', await issuer.sign(LISTED));
    await connection.reset();
    expect((await connection.query('SELECT 1 AS n'))[0]).toEqual([{ n: 1 }]);
    await expect(connection.changeUser({ user: 'listed', password: await issuer.sign(LISTED) })).rejects.toMatchObject({ message: expect.stringContaining('can\'t do so again on the same connection') as string });
  });

  test('loses the session when the token expires', async () => {
    const connection = await mysql2('listed', await issuer.sign({ ...LISTED, exp: seconds() + 3 }));
    const outcome = connection.query('CREATE TABLE never (a int)').catch((error: unknown) => error);
    const { id } = await proxy.pending();
    expect(await outcome).toMatchObject({ errno: 1927, message: expect.stringContaining('the token that the session was opened by has expired') as string });
    await expect.poll(() => proxy.call(`/api/v1/requests/${id}`)).toMatchObject({ state: 'withdrawn' });
  });

  test('mariadb connector', async () => {
    const connection = await mariadb.createConnection({ host: '127.0.0.1', port: proxy.port, user: 'listed', password: await issuer.sign(LISTED), database: 'shop', ssl: { ca: certificate.ca } });
    expect(await connection.query('SELECT ? AS n', ['yes'])).toMatchObject([{ n: 'yes' }]);
    await connection.end();
  });

  const cli = async (program: string, args: readonly string[], token: string): Promise<string> => {
    const { stdout } = await run(program, [...args, '--protocol=tcp', '--host=127.0.0.1', `--port=${proxy.port}`, '--user=listed', '-N', '-e', 'SELECT 6 * 7', 'shop'], { env: { ...process.env, MYSQL_PWD: token } });
    return stdout;
  };

  test.skipIf(mariadbClient('mariadb') === undefined)('mariadb CLI', async () => {
    expect(await cli(mariadbClient('mariadb') ?? '', ['--ssl'], await issuer.sign(LISTED))).toBe('42\n');
  });

  test.skipIf(mysqlClient('mysql') === undefined)('mysql CLI', async () => {
    expect(await cli(mysqlClient('mysql') ?? '', ['--ssl-mode=REQUIRED', '--enable-cleartext-plugin'], await issuer.sign(LISTED))).toBe('42\n');
    await expect(cli(mysqlClient('mysql') ?? '', ['--ssl-mode=REQUIRED', '--enable-cleartext-plugin'], 'password')).rejects.toMatchObject({ stderr: expect.stringContaining('it is no token') as string });
  });
});
