import { afterAll, beforeAll, expect, test } from 'vitest';

import { startHaproxy } from './haproxy.ts';
import { findProgram } from './machine.ts';
import { startPgbouncer } from './pgbouncer.ts';
import { startPostgres } from './postgres.ts';
import type { TestPostgres } from './postgres.ts';
import { WireClient } from './wire.ts';

const login = { host: '127.0.0.1', user: 'bench', password: 'pw', database: 'postgres' };
let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres({ users: [{ name: login.user, password: login.password }] });
});
afterAll(() => server.stop());

/** They are only compared with, so a machine without them still tests the rest. */
const without = (program: string) => (findProgram(program) === undefined ? `${program} is not installed` : undefined);

test('PgBouncer pools sessions', async ({ skip }) => {
  const missing = without('pgbouncer');
  if (missing !== undefined) skip(missing);
  const proxy = await startPgbouncer({ upstream: server, user: login.user, password: login.password, poolMode: 'session' });
  const client = await WireClient.login({ ...login, port: proxy.port });
  expect(await client.query('SELECT current_user')).toContain('B DataRow "bench"');
  await client.close();
  await proxy.stop();
});

test('HAProxy forwards', async ({ skip }) => {
  const missing = without('haproxy');
  if (missing !== undefined) skip(missing);
  const proxy = await startHaproxy({ upstream: server });
  const client = await WireClient.login({ ...login, port: proxy.port });
  expect(await client.query('SELECT current_user')).toContain('B DataRow "bench"');
  await client.close();
  await proxy.stop();
});
