/**
 * Thousands of connections held at once in one process. Each may cost 64 KiB, and each is released or refused as was
 * decided about it and no other. `COUNTERSIGN_TEST_FULL=1` holds as many with Redis as with the memory store.
 */

import { platform } from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { frames, WireClient } from '../support/wire.ts';
import { type ChildProxy, remove, scratch, startChild } from './child.ts';
import { eachOf } from './each-of.ts';
import { MIB, settledMemory } from './memory.ts';
import { type Scripted, startScripted } from './start-scripted.ts';

const FULL = process.env['COUNTERSIGN_TEST_FULL'] === '1';
const MOST_BYTES = 64 * 1024;
/** What a heap grows by when it begins to be used, however many connections use it: counts only where they are few. */
const heapStart = (connections: number): number => (connections < 5_000 ? 64 * MIB : 0);
const POLICY = `version: 1
default: hold
rules:
  - { name: reads, effects: [read], then: allow }
  - { name: told, effects: [notify], then: hold, approvers: [dba], within: 10m }
`;

type Fate = 'approve' | 'deny' | 'withdraw';
/** Of fifty connections one goes away while it is held, the others are decided half and half. */
const fateOf = (index: number): Fate => (index % 50 === 7 ? 'withdraw' : index % 2 === 0 ? 'approve' : 'deny');

let real: TestPostgres;
let redis: TestRedis;
let upstream: Scripted;
let proxy: ChildProxy;
let dir: string;

beforeAll(async () => {
  [real, redis] = await Promise.all([startPostgres({ users: [{ name: 'app', password: 'upstream' }] }), startRedis({ aof: true })]);
  await real.query('create database shop owner app');
});

afterAll(async () => {
  await Promise.all([real?.stop(), redis?.stop()]);
});

beforeEach(async () => {
  dir = scratch();
  upstream = await startScripted(real);
});

afterEach(async () => {
  await proxy?.stop();
  await upstream?.stop();
  remove(dir);
});

describe.skipIf(platform !== 'linux')('connections held at once (memory is read from /proc: Linux only)', () => {
  it.each([['memory', 5_000], ['redis', FULL ? 5_000 : 500]] as const)('%s: %i, each within its bounds and with its own fate', async (store, connections) => {
    proxy = await startChild({ dir, upstream: upstream.url, policy: POLICY, store: store === 'redis' ? redis.url : 'memory' });
    await warmUp();
    const began = performance.now();
    const before = await settledMemory(proxy);
    const clients = await eachOf(connections, 40, () => WireClient.login(proxy.login));
    const open = await settledMemory(proxy);
    const afterLogin = performance.now();

    const requests = await eachOf(connections, 100, (index) => hold(clients[index] as WireClient, index));
    const held = await settledMemory(proxy);
    const afterHold = performance.now();
    expect(new Set(requests).size).toBe(connections);
    expect((await upstream.count()).marked).toEqual([]);

    await eachOf(connections, 40, (index) => decide(clients[index] as WireClient, requests[index] as string, fateOf(index)));
    const answers = await eachOf(connections, 100, (index) => answer(clients[index] as WireClient, fateOf(index)));
    const afterDecisions = performance.now();
    const per = (bytes: number): number => Math.round(bytes / connections);
    console.log(`${store}: ${connections} connections: ${per(open - before)} bytes each after login, ${per(held - before)} while held (from ${before} to ${held}); `
      + `log in ${seconds(afterLogin - began)}, hold ${seconds(afterHold - afterLogin)}, decide ${seconds(afterDecisions - afterHold)}`);
    expect(held - before).toBeLessThan(MOST_BYTES * connections + heapStart(connections));

    expect(answers.map((lines, index) => wrong(lines, index, requests[index] as string)).filter((line) => line !== undefined)).toEqual([]);
    const approved = Array.from({ length: connections }, (_, index) => index).filter((index) => fateOf(index) === 'approve');
    expect((await upstream.count()).marked.toSorted()).toEqual(approved.map(statement).toSorted());
    await everyoneGoesOn(clients);
    for (const client of clients) client.destroy();
  }, 300_000);
});

const statement = (index: number): string => `notify news, 'mark-${index}'`;

/** Code is compiled and pages are touched once, whoever comes first. */
async function warmUp(): Promise<void> {
  const clients = await eachOf(50, 10, () => WireClient.login(proxy.login));
  for (const client of clients) await client.query('select 1');
  for (const client of clients) client.destroy();
}

/** The request's id, once the agent was told that it waits. */
async function hold(client: WireClient, index: number): Promise<string> {
  client.send(frames.query(statement(index)));
  const [notice = ''] = await client.until('NoticeResponse');
  return /req_[a-z0-9]+/i.exec(notice)?.[0] ?? notice;
}

async function decide(client: WireClient, request: string, fate: Fate): Promise<void> {
  if (fate === 'withdraw') client.destroy();
  else await proxy.call(`/api/v1/requests/${request}/decision`, { decision: fate, ...(fate === 'deny' ? { reason: `no to ${request}` } : {}) });
}

async function answer(client: WireClient, fate: Fate): Promise<string[]> {
  return fate === 'withdraw' ? [] : client.until('ReadyForQuery');
}

/** What isn't as it was decided. */
function wrong(lines: readonly string[], index: number, request: string): string | undefined {
  const text = lines.join('\n');
  const fate = fateOf(index);
  if (fate === 'approve' && !text.startsWith('B CommandComplete "NOTIFY"')) return `${index} was approved: ${text}`;
  if (fate === 'deny' && !(text.includes('42501') && text.includes(`no to ${request}`))) return `${index} was denied: ${text}`;
  return undefined;
}

async function everyoneGoesOn(clients: readonly WireClient[]): Promise<void> {
  const after = await eachOf(clients.length, 100, (index) => (fateOf(index) === 'withdraw' ? ['gone'] : (clients[index] as WireClient).query('select 1')));
  expect(after.filter((lines) => lines[0] !== 'gone' && !lines.includes('B DataRow "1"'))).toEqual([]);
  const { requests } = await proxy.call<{ requests: unknown[] }>('/api/v1/requests?state=pending');
  expect(requests).toEqual([]);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
