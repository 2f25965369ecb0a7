import { Client } from 'pg';
import { expect, test } from 'vitest';

import { replies, startScriptedPostgres } from './scripted-postgres.ts';
import { cancel, WireClient } from './wire.ts';

test('answers what the test says, simple and extended', async () => {
  const server = await startScriptedPostgres({
    answer: (sql) => (sql === 'BAD' ? replies.error('XX000', 'as told') : replies.rows(['said'], [[sql], [null]])),
  });
  const client = new Client({ host: server.host, port: server.port, user: 'anybody', database: 'any' });
  await client.connect();
  expect((await client.query('SELECT 1')).rows).toEqual([{ said: 'SELECT 1' }, { said: null }]);
  await expect(client.query('BAD')).rejects.toThrow('as told');
  await expect(client.query({ text: 'BAD', values: [1] })).rejects.toThrow('as told');
  expect((await client.query('SELECT 2')).rows).toHaveLength(2);
  await client.end();
  expect(server.statements).toEqual(['SELECT 1', 'BAD', 'BAD', 'SELECT 2']);
  await server.stop();
});

test('takes cancels, and holds many connections', async () => {
  const server = await startScriptedPostgres();
  const login = { host: server.host, port: server.port, user: 'u', password: '', database: 'd' };
  const clients = await Promise.all(Array.from({ length: 500 }, () => WireClient.login(login)));
  expect(server.connections).toBe(500);
  const key = clients[7]?.key;
  if (key === undefined) throw new Error('no BackendKeyData');
  await cancel(login, key);
  expect(server.cancels).toEqual([key.pid]);
  for (const client of clients) client.destroy();
  await server.stop();
});
