import { existsSync, readFileSync } from 'node:fs';

import { Client } from 'pg';
import { describe, expect, test } from 'vitest';

import { makeCertificate } from './certificates.ts';
import { npmBinaries, systemBinaries } from './postgres-binaries.ts';
import { startPostgres } from './postgres.ts';

const VERSIONS = (['system', 'embedded'] as const).map((version) => ({ version, there: (version === 'system' ? systemBinaries() : npmBinaries()) !== undefined }));

describe.for(VERSIONS)('a server ($version)', ({ version, there }) => {
  test('answers, logs, restarts and leaves nothing', { skip: !there }, async () => {
    const server = await startPostgres({ version, settings: { log_statement: 'all' } });
    expect(await server.query('SELECT 41 + 1 AS answer')).toEqual([{ answer: 42 }]);
    expect(readFileSync(server.logFile, 'utf8')).toContain('statement: SELECT 41 + 1 AS answer');

    const before = server.pid;
    await server.query('CREATE TABLE kept AS SELECT 1 AS one');
    await server.kill();
    expect(server.pid).toBe(0);
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(await server.query('TABLE kept')).toEqual([{ one: 1 }]);

    await server.stop();
    expect(existsSync(server.dir)).toBe(false);
  });

  test('asks each user for the password in its own way, with and without TLS', { skip: !there }, async () => {
    const tls = await makeCertificate();
    const users = (['scram-sha-256', 'md5', 'password'] as const).map((auth) => ({ name: `by ${auth}`, password: "it's", auth }));
    const server = await startPostgres({ version, users, tls });
    for (const ssl of [false, { ca: tls.ca }]) {
      for (const { name } of users) {
        const login = { host: 'localhost', port: server.port, user: name, database: 'postgres', ssl };
        const client = new Client({ ...login, password: "it's" });
        await client.connect();
        expect((await client.query('SELECT current_user AS name, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows).toEqual([{ name, ssl: ssl !== false }]);
        await client.end();
        await expect(new Client({ ...login, password: 'wrong' }).connect()).rejects.toThrow('password authentication failed');
      }
    }
    await server.stop();
  });
});
