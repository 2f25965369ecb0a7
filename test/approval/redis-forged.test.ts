/** The attacks of attacks.test.ts once more where they would happen: somebody writes to a real Redis. */
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signDecision } from '../../src/approval/decision.ts';
import { BASE } from '../../src/approval/redis-store.ts';
import type { ApprovalRequest } from '../../src/approval/request.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { replica, withRedis } from './redis-support.ts';
import type { Replica } from './redis-support.ts';
import { draft, newKeys, sam } from './support.ts';

let server: TestRedis;
let here: Replica;

beforeAll(async () => { server = await startRedis(); });
afterAll(() => server.stop());
beforeEach(async () => {
  await withRedis(server.url, (redis) => redis.flushall());
  here = replica(server.url);
});
afterEach(() => here.close());

const press = { decision: 'approve', person: 'sam@example.com', channel: 'api', at: Date.now() } as const;
const keyOf = ({ id }: ApprovalRequest) => `${BASE}:request:${id}`;

async function approvedState(redis: Redis, request: ApprovalRequest, ...decisions: object[]): Promise<void> {
  await redis.hset(keyOf(request), 'state', 'approved', 'count', decisions.length, 'votes', decisions.length);
  for (const [n, decision] of decisions.entries()) await redis.hset(keyOf(request), `decision:${n + 1}`, JSON.stringify(decision));
  await redis.publish(`${BASE}:changes`, `${request.id} approved`);
}

type Attack = (redis: Redis, request: ApprovalRequest) => Promise<unknown>;
const attacks: readonly [string, Attack][] = [
  ['the state', (redis, request) => approvedState(redis, request)],
  ['the state, with an invented decision', (redis, request) => approvedState(redis, request, { ...press, jws: 'ey.ey.ey' })],
  ['the state, with a decision of another key', async (redis, request) => approvedState(redis, request, await signDecision(request, press, newKeys()))],
  ['the state, with the approval of a harmless twin', async (redis, request) => {
    const twin = await here.approvals.open(draft(Date.now()));
    const { decisions } = await here.desk.decide(twin.id, { ...press, person: sam });
    await approvedState(redis, request, ...decisions);
  }],
  ['the number of decisions', async (redis, request) => { await approvedState(redis, request); await redis.hset(keyOf(request), 'count', '9e99'); }],
  ['the quorum', (redis, request) => redis.hset(keyOf(request), 'quorum', 0)],
  ['the deadline', (redis, request) => redis.hset(keyOf(request), 'deadline', 1)],
  ['the digest', (redis, request) => redis.hset(keyOf(request), 'digest', 'f'.repeat(64))],
  ['the place', (redis, request) => redis.hset(keyOf(request), 'place', '000000000000001:req_zzzzzzzzzzzzzzzz')],
  ['the draft, with garbage', (redis, request) => redis.hset(keyOf(request), 'draft', '{')],
  ['the draft, with null', (redis, request) => redis.hset(keyOf(request), 'draft', 'null')],
  ['the draft, with another text', (redis, request) => redis.hset(keyOf(request), 'draft', JSON.stringify({ ...draft(Date.now()), text: 'select 1' }))],
  ['the draft, emptied', (redis, request) => redis.hset(keyOf(request), 'draft', '{}')],
  ['the seal', (redis, request) => redis.hset(keyOf(request), 'seal', 'ey')],
  ['the seal, removed', (redis, request) => redis.hdel(keyOf(request), 'seal')],
  ['the whole row', (redis, request) => redis.del(keyOf(request))],
  ['the type of the row', (redis, request) => redis.pipeline().del(keyOf(request)).set(keyOf(request), 'x').exec()],
  ['the types of the indexes', (redis) => redis.pipeline().set(`${BASE}:due`, 'x').set(`${BASE}:changed`, 'x').set(`${BASE}:all`, 'x').exec()],
  ['an unknown state', (redis, request) => redis.hset(keyOf(request), 'state', 'allowed')],
  ['a claim', (redis, request) => redis.hset(keyOf(request), 'claim', 'x')],
  ['messages that make no sense', (redis, request) => redis.pipeline().publish(`${BASE}:changes`, '').publish(`${BASE}:changes`, `${request.id} allowed`).publish(`${BASE}:changes`, `${'x'.repeat(1e6)} approved`).exec()],
];

describe('written to Redis by an attacker:', () => {
  test.each(attacks)('%s: not released', async (_name, attack) => {
    const request = await here.approvals.open(draft(Date.now()));
    const stop = new AbortController();
    const resolution = here.approvals.resolution(request, stop.signal).then((one) => one.state, () => 'still waiting');
    await withRedis(server.url, (redis) => attack(redis, request));
    expect(await here.approvals.release(request).catch(() => false)).toBe(false);
    stop.abort();
    expect(await resolution).not.toBe('approved');
  });

  test('a genuine decision stored by the attacker is as good as one stored by us', async () => {
    const request = await here.approvals.open(draft(Date.now()));
    await withRedis(server.url, async (redis) => approvedState(redis, request, await signDecision(request, { ...press, at: Date.now() }, here.keys)));
    expect(await here.approvals.release(request)).toBe(true);
  });

  test('a digest that leads to another request', async () => {
    const other = await here.approvals.open(draft(Date.now(), { mode: 'deferred', text: 'select 1' }));
    await here.desk.decide(other.id, { ...press, person: sam });
    const own = draft(Date.now(), { mode: 'deferred' });
    await withRedis(server.url, (redis) => redis.hset(`${BASE}:digests`, own.digest, other.id));
    expect(await here.approvals.find(own.digest, own)).toBeUndefined();
    await expect(here.approvals.open(own)).rejects.toMatchObject({ code: 'approvals_unavailable' });
  });

  test('forged requests in the list are not shown, and do not hide the genuine', async () => {
    const genuine = await here.approvals.open(draft(Date.now() - 1_000));
    const forged = await here.approvals.open(draft(Date.now()));
    await withRedis(server.url, (redis) => redis.hset(keyOf(forged), 'draft', JSON.stringify({ ...draft(Date.now()), text: 'select 1' })));
    expect((await here.desk.list({ state: 'pending', limit: 1 })).map((one) => one.id)).toEqual([genuine.id]);
  });
});
