/** A proxy and a desk that run apart and share nothing but Redis. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BASE } from '../../src/approval/redis-store.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { forRole } from '../../src/config/role.ts';
import { keysApart } from '../support/keys-apart.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { frames, WireClient } from '../support/wire.ts';
import { withRedis } from '../approval/redis-support.ts';
import { eventually } from './world.ts';

let server: TestPostgres;
let redis: TestRedis;
let keys: string;
let proxy: TestProxy;
let desk: TestProxy;
/** A desk whose key the proxy doesn't know. */
let stranger: TestProxy;

beforeAll(async () => {
  [server, redis] = await Promise.all([startPostgres({ users: [{ name: 'app', password: 'upstream' }] }), startRedis()]);
  await server.query('create database shop owner app');
  keys = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  const upstream = { url: `postgres://app@${server.host}:${server.port}/shop`, password: 'upstream' };
  const trusting = keysApart(keys, 'proxy', 'desk', 'stranger');
  proxy = await startTestProxy({ upstream, store: redis.url, role: 'proxy', approvals: trusting('proxy', 'desks', 'desk') });
  desk = await startTestProxy({ upstream, store: redis.url, role: 'desk', approvals: trusting('desk', 'proxies', 'proxy') });
  stranger = await startTestProxy({ upstream, store: redis.url, role: 'desk', approvals: trusting('stranger', 'proxies', 'proxy') });
}, 120_000);
afterAll(async () => {
  for (const each of [proxy, desk, stranger]) await each?.stop();
  await redis?.stop();
  await server?.stop();
  if (keys !== undefined) rmSync(keys, { recursive: true });
});

const agent = (): Promise<WireClient> => WireClient.login({ host: '127.0.0.1', port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });

it('what the proxy holds is decided at the desk, and nowhere else', async () => {
  const client = await agent();
  client.send(frames.query('create table apart (id int)'));
  const { id } = await desk.pending('create table apart (id int)');
  await expect(proxy.call('/api/v1/requests')).rejects.toThrow('404');
  await desk.decide(id, 'approve');
  expect((await client.until('ReadyForQuery')).join()).toContain('CREATE TABLE');
  client.destroy();
});

it('the decision of a desk that the proxy doesn\'t know releases nothing', async () => {
  const client = await agent();
  client.send(frames.query('create table forged (id int)'));
  const { id } = await stranger.pending('create table forged (id int)');
  await stranger.decide(id, 'approve');
  // It is approved for whoever believes the store. What an attacker could add there doesn't help either.
  await withRedis(redis.url, async (attacker) => {
    await attacker.hset(`${BASE}:request:${id}`, 'votes', '7', 'state', 'approved');
    await attacker.publish(`${BASE}:changes`, `${id} approved`);
  });
  const waited = await Promise.race([client.until('ReadyForQuery').then(() => 'answered'), new Promise((resolve) => setTimeout(resolve, 1_500, 'waits'))]);
  expect(waited).toBe('waits');
  expect(await server.query('select 1 from pg_tables where tablename = \'forged\'', [], 'shop')).toEqual([]);
  client.destroy();
});

it('an agent that is frozen at the desk is gone from the proxy within a second', async () => {
  const client = await agent();
  client.send(frames.query('create table frozen (id int)'));
  const { id } = await desk.pending('create table frozen (id int)');
  await desk.call('/api/v1/agents/reporter/freeze', { as: 'dana', method: 'POST', body: { reason: 'odd' } });
  const began = performance.now();
  expect((await client.until('nothing')).join()).toContain('is frozen');
  expect(performance.now() - began).toBeLessThan(1_000);
  await eventually(async () => (await desk.call(`/api/v1/requests/${id}`))['state'] === 'withdrawn', 'the request is withdrawn');
  await expect(agent()).rejects.toThrow(/frozen/);
  await desk.call('/api/v1/agents/reporter/thaw', { as: 'dana', method: 'POST', body: {} });
  await eventually(() => agent().then((again) => { again.destroy(); return true; }, () => false), 'a new login');
});

it('a role that couldn\'t do its work isn\'t started', async () => {
  const config = await loadConfig(join(proxy.dir, 'countersign.yaml'));
  expect(() => forRole({ ...config, approvals: { ...config.approvals, store: { kind: 'memory' } } }, 'desk')).toThrow(/must be a Redis URL/);
  expect(() => forRole({ ...config, approvals: { ...config.approvals, trust: { desks: [], proxies: [] } } }, 'proxy')).toThrow(/believes no decision/);
  expect(() => forRole(config, 'desk')).toThrow(/shows no request/);
});

it('a proxy has no part in any channel, nor in people\'s sign-ins', async () => {
  const config = await loadConfig(join(proxy.dir, 'countersign.yaml'));
  const place = { slack: { botToken: { env: 'T' }, channel: '#x' }, teams: { appId: 'a', tenant: 't', clientSecret: { env: 'T' }, conversation: 'c', serviceUrl: 'https://smba.example' } } as const;
  const everything = { ...config, ...place, webhooks: [{ name: 'pager', url: 'https://pager.example', secrets: [], events: [], statement: false }], identity: { issuer: 'https://login.example.com' } as NonNullable<Config['identity']> };
  const own = forRole(everything, 'proxy');
  expect(own.webhooks).toEqual([]);
  for (const key of ['slack', 'teams', 'identity']) expect(own).not.toHaveProperty(key);
});
