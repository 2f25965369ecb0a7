import { afterAll, beforeAll, expect, test } from 'vitest';

import { makeCertificate } from './certificates.ts';
import type { Certificate } from './certificates.ts';
import { startPostgres } from './postgres.ts';
import type { TestPostgres } from './postgres.ts';
import { cancel, frames, WireClient } from './wire.ts';
import type { WireLogin } from './wire.ts';

let server: TestPostgres;
let tls: Certificate;

beforeAll(async () => {
  tls = await makeCertificate();
  const users = (['scram-sha-256', 'md5', 'password'] as const).map((auth) => ({ name: auth, password: 'pw', auth }));
  server = await startPostgres({ tls, users });
});
afterAll(() => server.stop());

const as = (user: string, more: Partial<WireLogin> = {}) => WireClient.login({ host: '127.0.0.1', port: server.port, user, password: 'pw', database: 'postgres', ...more });

test.for(['scram-sha-256', 'md5', 'password'])('logs in by %s', async (user) => {
  const client = await as(user, { parameters: { application_name: 'wire' } });
  expect(client.parameters.get('application_name')).toBe('wire');
  await expect(as(user, { password: 'wrong' })).rejects.toThrow('C="28P01"');
  await client.close();
});

test('speaks TLS and checks the certificate', async () => {
  const client = await as('password', { tls: { mode: 'request', ca: tls.ca } });
  expect(await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toContain('B DataRow "t"');
  client.destroy();
  const other = await makeCertificate();
  await expect(as('password', { tls: { mode: 'request', ca: other.ca } })).rejects.toThrow(/certificate/);
});

test.for([[1], [3], [7, 1, 50], [100_000]])('reads a conversation as text, sent in pieces of %o', async (sizes) => {
  const client = await as('scram-sha-256');
  const segment = Buffer.concat([
    frames.parse({ text: 'SELECT $1::int4 AS a, NULL AS b' }), frames.bind({ values: ['7'] }), frames.describe({ type: 'P' }), frames.execute(), frames.sync(),
    frames.query('SELECT nowhere'),
  ]);
  await client.sendInPieces(segment, ...sizes);
  expect([...(await client.until('ReadyForQuery')), ...(await client.until('ReadyForQuery'))]).toEqual([
    'B ParseComplete', 'B BindComplete', 'B RowDescription "a":23 "b":25', 'B DataRow "7" NULL', 'B CommandComplete "SELECT 1"', 'B ReadyForQuery I',
    'B ErrorResponse S="ERROR" C="42703" M="column \\"nowhere\\" does not exist" P="8"', 'B ReadyForQuery I',
  ]);
  await client.close();
});

test('cancels by its key', async () => {
  const client = await as('md5');
  client.send(frames.query('SELECT pg_sleep(60)'));
  if (client.key === undefined) throw new Error('no BackendKeyData');
  let lines: string[] = [];
  const answer = client.until('ReadyForQuery').then((read) => (lines = read));
  // The request may overtake the query; the server ignores it then.
  while (lines.length === 0) await Promise.race([cancel({ host: '127.0.0.1', port: server.port }, client.key), answer]);
  expect(lines.at(-2)).toContain('C="57014"');
  await client.close();
});
