import { existsSync } from 'node:fs';

import { createConnection } from 'mariadb';
import type { ConnectionConfig } from 'mariadb';
import mysql from 'mysql2/promise';
import { describe, expect, test } from 'vitest';

import type { MysqlFlavour } from '../../src/demo/mysql-binaries.ts';
import { makeCertificate } from './certificates.ts';
import { testedFlavours } from './mysql-binaries.ts';
import type { MysqlAuth } from './mysql-query.ts';
import { startMysql } from './mysql.ts';

const AUTHS: Readonly<Record<MysqlFlavour, readonly MysqlAuth[]>> = { mariadb: ['mysql_native_password', 'ed25519'], mysql: ['caching_sha2_password', 'sha256_password'] };

/** By the connector that knows all of these plugins. */
async function tlsVersion(login: ConnectionConfig): Promise<string | undefined> {
  const connection = await createConnection({ ...login, allowPublicKeyRetrieval: true });
  try {
    const [row] = await connection.query<{ Value: string }[]>("SHOW STATUS LIKE 'Ssl_version'");
    return row?.Value;
  } finally {
    await connection.end();
  }
}

describe.for(testedFlavours())('%s', (flavour) => {
  test('answers, logs what arrives, restarts and leaves nothing', async () => {
    const server = await startMysql({ flavour, generalLog: true, users: [{ name: 'app', password: 'app' }] });
    expect(await server.query('SELECT 41 + 1 AS answer')).toEqual([{ answer: 42 }]);
    expect(await server.query('SELECT ? AS a; SELECT 2 AS b; SET @x = 1', ['one'])).toEqual([]);
    const [row] = await server.query<{ version: string }>('SELECT version() AS version');
    expect(row?.version).toMatch(flavour === 'mariadb' ? /^10\.\d+\.\d+-MariaDB|^1[1-9]\..*MariaDB/ : /^9\./);

    const app = await mysql.createConnection({ uri: server.urlFor({ user: 'app', password: 'app' }) });
    await app.query("SELECT 'ü 🐘' AS seen");
    await app.execute('SELECT ? + 1', [41]);
    await app.end();
    const arrived = (await server.arrived()).filter(({ user }) => user === 'app');
    expect(arrived.map(({ command }) => command)).toEqual(expect.arrayContaining(['Connect', 'Query', 'Prepare', 'Execute']));
    expect(arrived.map(({ text }) => text)).toEqual(expect.arrayContaining([flavour === 'mysql' ? "SELECT 'ü 🐘' AS seen" : expect.stringMatching(/^SELECT 'ü /) as unknown, 'SELECT ? + 1']));

    const before = server.pid;
    await server.query('CREATE DATABASE kept');
    await server.kill();
    expect(server.pid).toBe(0);
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(await server.query('SHOW DATABASES LIKE ?', ['kept'])).toHaveLength(1);

    await server.stop();
    expect(existsSync(server.dir)).toBe(false);
  });

  test('asks each user for the password in its own way, with and without TLS', async () => {
    const tls = await makeCertificate();
    const auths = AUTHS[flavour];
    const users = auths.map((auth) => ({ name: `by ${auth}`, password: "it's", auth }));
    const server = await startMysql({ flavour, tls, users });
    expect((await server.query("SELECT User AS user FROM mysql.user WHERE CONCAT('by ', plugin) = User ORDER BY 1"))).toHaveLength(auths.length);
    for (const { name } of users) {
      for (const ssl of [undefined, { ca: tls.ca }]) {
        const login = { host: 'localhost', port: server.port, user: name, ...(ssl === undefined ? {} : { ssl }) };
        expect(await tlsVersion({ ...login, password: "it's" })).toEqual(ssl === undefined ? '' : expect.stringMatching(/^TLSv1/));
        await expect(tlsVersion({ ...login, password: 'wrong' })).rejects.toThrow('Access denied');
      }
    }
    await server.stop();
  });

  test('offers no TLS without a certificate', async () => {
    const server = await startMysql({ flavour });
    await expect(mysql.createConnection({ uri: server.url, ssl: {} })).rejects.toThrow('does not support secure connection');
    await server.stop();
  });
});
