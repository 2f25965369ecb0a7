/** Two whole proxies over one Redis and one PostgreSQL, with Slack and a webhook: each thing is told once, and decided wherever the press arrives. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { ESCALATING_POLICY, startTestProxy } from '../support/proxy.ts';
import type { TestProxy } from '../support/proxy.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { BOT_TOKEN, SIGNING_SECRET, Workspace, buttonsOf, pressPayload, signed, textOf } from './slack/workspace.ts';
import type { Button, SlackMessage } from './slack/workspace.ts';
import { Receiver, verified } from './webhook/receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const cleanup: (() => unknown)[] = [];
let postgres: TestPostgres;
let redis: TestRedis;
let workspace: Workspace;
let receiver: Receiver;
let proxies: TestProxy[];

beforeAll(async () => {
  postgres = await startPostgres({ users: [{ name: 'app', password: 'upstream' }] });
  cleanup.push(() => postgres.stop());
  await postgres.query('create database shop owner app');
  redis = await startRedis();
  cleanup.push(() => redis.stop());
  workspace = await Workspace.open();
  cleanup.push(() => workspace.close());
  receiver = await Receiver.open();
  cleanup.push(() => receiver.close());
  const first = await start(folder());
  const dir = folder();
  // Replicas sign with one key, or trust each other's.
  cpSync(join(first.dir, 'journal', 'keys'), join(dir, 'journal', 'keys'), { recursive: true });
  proxies = [first, await start(dir)];
}, 60_000);
afterAll(async () => {
  for (const act of cleanup.toReversed()) await act();
}, 60_000);

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-replica-'));
  cleanup.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function start(dir: string): Promise<TestProxy> {
  const proxy = await startTestProxy({
    dir, policy: ESCALATING_POLICY, upstream: { url: `postgres://app@${postgres.host}:${postgres.port}/shop`, password: 'upstream' }, store: redis.url,
    extra: `url: https://countersign.example.com/
slack: { bot_token: { command: [echo, ${BOT_TOKEN}] }, signing_secret: { command: [echo, ${SIGNING_SECRET}] }, channel: "#approvals", api_url: "${workspace.apiUrl}" }
webhooks: [{ name: pager, url: "${receiver.url}", secret: { command: [echo, "${SECRET}"] } }]
`,
  });
  cleanup.push(() => proxy.stop());
  return proxy;
}

it('tells each thing once and takes a decision anywhere', async () => {
  const [first, second] = proxies as [TestProxy, TestProxy];
  // Held at one replica, pressed at the other: whichever posts, one of both hears it from the store.
  for (const [at, other] of [[first, second], [second, first]] as const) {
    const client = new pg.Client({ connectionString: at.url() });
    await client.connect();
    const table = `t${String(at.port)}`;
    const created = client.query(`CREATE TABLE ${table} (id int)`);
    const posted = async () => (await workspace.messages()).find((message) => textOf(message).includes(table));
    await expect.poll(posted, { timeout: 15_000 }).toBeDefined();
    const message = await posted();
    const buttons = buttonsOf(message) as readonly (Button & { url?: string })[];
    const id = message?.metadata.event_payload.request ?? '';
    expect(buttons.flatMap(({ url }) => url ?? [])).toEqual([`https://countersign.example.com/console/requests/${id}`]);
    await fetch(`${other.api}/slack/events`, signed(pressPayload(workspace.users.get('sam') ?? '', workspace.channel, message?.ts ?? '', buttons[0] as Button)));
    await created;
    await client.end();
    await expect.poll(async () => textOf(await posted()), { timeout: 15_000 }).toContain('It ran: CREATE TABLE');
    const told = () => receiver.received.filter(({ data }) => data.request.id === id).map(({ type }) => type);
    await expect.poll(() => told().length, { timeout: 15_000 }).toBe(3);
    expect(told()).toEqual(expect.arrayContaining(['request.opened', 'request.decided', 'request.closed']));
  }
  expect(workspace.count('chat.postMessage')).toBe(2);
  for (const call of receiver.received) verified(call, SECRET);
  expect(receiver.received).toHaveLength(6);
  const states = await Promise.all(proxies.map(async ({ call }) => (await call<{ webhooks: { state: string; delivered: number }[] }>('/api/v1/webhooks')).webhooks[0]));
  expect(states.map((state) => `${state?.state} ${state?.delivered}`).toSorted((a, b) => a.localeCompare(b))).toEqual(['elsewhere 0', 'sending 6']);
}, 60_000);

it('tells once who may decide when nobody has, whoever holds the statement', async () => {
  const client = new pg.Client({ connectionString: (proxies[1] as TestProxy).url() });
  await client.connect();
  const vacuumed = client.query('VACUUM');
  const posted = async () => (await workspace.messages()).find((message) => textOf(message).includes('VACUUM'));
  await expect.poll(async () => textOf(await posted()), { timeout: 15_000 }).toContain('Still undecided, so those in dba may decide now, too.');
  const message = await posted() as SlackMessage;
  const { request } = message.metadata.event_payload;
  const told = () => receiver.received.filter(({ type, data }) => type === 'request.escalated' && data.request.id === request).length;
  await expect.poll(async () => [(await workspace.replies(message)).length, told()], { timeout: 15_000 }).toEqual([1, 1]);
  await fetch(`${(proxies[0] as TestProxy).api}/slack/events`, signed(pressPayload(workspace.users.get('sam') ?? '', workspace.channel, message.ts, buttonsOf(message)[0] as Button)));
  await vacuumed;
  await client.end();
  await expect.poll(async () => textOf(await posted()), { timeout: 15_000 }).toContain('It ran: VACUUM');
  expect([(await workspace.replies(message)).length, told()]).toEqual([1, 1]);
  const recorded = (await Promise.all(proxies.map(({ journal }) => journal()))).flat().filter(({ event }) => event.kind === 'request.escalated');
  expect(recorded.map(({ event }) => event)).toEqual([{ kind: 'request.escalated', request, approvers: ['dba'] }]);
}, 60_000);
