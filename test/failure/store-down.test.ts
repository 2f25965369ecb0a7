/** The store of approvals stops and starts again, under a whole proxy: nothing is released by it or lost by it. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { eventually, startWorld, type World } from '../scenarios/world.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { frames, type WireClient } from '../support/wire.ts';

// Processes start several times a test, which takes its time where others work too.
vi.setConfig({ testTimeout: 120_000 });

const SCHEMA = `create table ran (mark text); insert into ran values ('before')`;
/** Reads pass; what leaves a trace that can be counted is held. */
const POLICY = `version: 1
default: hold
rules:
  - { name: reads, effects: [read], then: allow }
  - { name: traces, effects: [insert], then: hold, approvers: [dba], within: 2m }
  - { name: marks, effects: [update], then: allow }
`;
const held = (mark: string): string => `insert into ran values ('${mark}')`;

let redis: TestRedis;
let world: World;

beforeAll(async () => {
  redis = await startRedis({ aof: true });
});
afterEach(async () => {
  await world?.stop();
});
afterAll(async () => {
  await redis?.stop();
});

const ran = async (mark: string): Promise<number> => (await world.sql(`select 1 from ran where mark = '${mark}'`)).length;

/** Sends what is held and waits until the agent was told so. */
async function hold(client: WireClient, mark: string): Promise<string> {
  client.send(frames.query(held(mark)));
  const [notice = ''] = await client.until('NoticeResponse');
  return /req_\w+/.exec(notice)?.[0] ?? notice;
}

async function storeAnswers(): Promise<void> {
  await eventually(async () => (await fetch(`${world.proxy.api}/readyz`)).ok, 'the proxy reaches its store again');
}

describe('the store stops while a statement is held', () => {
  beforeEach(async () => {
    world = await startWorld({ store: redis.url, schema: SCHEMA, policy: POLICY });
  });

  it('keeps it held, and a decision after the restart releases it exactly once', async () => {
    const client = await world.agent();
    const id = await hold(client, 'kept');
    await redis.kill();
    await expect(world.proxy.decide(id, 'approve')).rejects.toThrow(/503/);
    expect(await ran('kept')).toBe(0);
    expect(client.arrived()).toEqual([]);
    await redis.restart();
    await storeAnswers();
    await world.proxy.decide(id, 'approve');
    expect((await client.until('ReadyForQuery')).at(-2)).toContain('CommandComplete');
    expect(await ran('kept')).toBe(1);
    await expect(world.proxy.decide(id, 'approve')).rejects.toThrow(/409/);
    expect(await ran('kept')).toBe(1);
  });

  it('stops between the decision and the release: it runs once, when the store is back', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => world.agent()));
    const ids = await Promise.all(clients.map((client, index) => hold(client, `torn-${index}`)));
    const decisions = Promise.allSettled(ids.map((id) => world.proxy.decide(id, 'approve')));
    await redis.kill();
    await decisions;
    await redis.restart();
    await storeAnswers();
    // Those whose decision was lost with the store are decided again; the others say that they are decided already.
    await Promise.allSettled(ids.map((id) => world.proxy.decide(id, 'approve')));
    const answers = await Promise.all(clients.map((client) => client.until('ReadyForQuery')));
    expect(answers.filter((lines) => !lines.at(-2)?.includes('CommandComplete'))).toEqual([]);
    for (const index of ids.keys()) expect(await ran(`torn-${index}`)).toBe(1);
  });

  it('refuses what would have to be held, clearly, lets the rest pass, and the connection goes on', async () => {
    const client = await world.agent();
    await redis.kill();
    const [error = '', ready] = await client.query(held('refused'));
    expect(error).toMatch(/^B ErrorResponse .*C="58000".*H="/);
    expect(ready).toBe('B ReadyForQuery I');
    expect(await client.query('select 1')).toContain('B DataRow "1"');
    await redis.restart();
    await storeAnswers();
    const id = await hold(client, 'again');
    await world.proxy.decide(id, 'approve');
    expect((await client.until('ReadyForQuery')).at(-2)).toContain('CommandComplete');
    expect(await ran('refused')).toBe(0);
    expect(await ran('again')).toBe(1);
  });

  it('withdraws what is held when its agent goes, though nobody can be told yet', async () => {
    const client = await world.agent();
    const id = await hold(client, 'abandoned');
    await redis.kill();
    client.destroy();
    await redis.restart();
    await storeAnswers();
    await eventually(async () => (await world.proxy.call<{ state: string }>(`/api/v1/requests/${id}`)).state === 'withdrawn', 'the request is withdrawn');
    await expect(world.proxy.decide(id, 'approve')).rejects.toThrow(/409/);
    expect(await ran('abandoned')).toBe(0);
  });
});

describe('the store hangs', () => {
  it('an agent that goes while its request is being opened leaves nothing to decide', async () => {
    world = await startWorld({ store: redis.url, schema: SCHEMA, policy: POLICY });
    const { registry } = world.proxy.proxy;
    const client = await world.agent();
    await client.query('select 1');
    await redis.kill('SIGSTOP');
    client.send(frames.query(held('gone early')));
    await eventually(() => registry.list()[0]?.state === 'held', 'it is being held');
    client.destroy();
    await eventually(() => registry.size === 0, 'its session is over');
    await redis.kill('SIGCONT');
    await storeAnswers();
    const mine = async (): Promise<string[]> => (await world.proxy.call<{ requests: { state: string; text: string }[] }>('/api/v1/requests')).requests
      .filter(({ text }) => text === held('gone early')).map(({ state }) => state);
    await eventually(async () => (await mine()).join() === 'withdrawn', 'its request is withdrawn', 5_000);
    expect(await ran('gone early')).toBe(0);
  });
});

describe('with approvals.store_down: refuse_all', () => {
  it('refuses everything while the store is down, and nothing once it is back', async () => {
    world = await startWorld({ store: `${redis.url}", store_down: "refuse_all`, schema: SCHEMA, policy: POLICY });
    const client = await world.agent();
    await eventually(async () => (await client.query('select 1')).includes('B DataRow "1"'), 'the first connection to the store');
    await redis.kill();
    await eventually(async () => (await client.query('select 1'))[0]?.includes('C="58000"') === true, 'the loss is noticed');
    const [error = '', ready] = await client.query(`update ran set mark = 'unflagged'`);
    expect(error).toMatch(/C="58000".*H="/);
    expect(ready).toBe('B ReadyForQuery I');
    client.send(frames.parse({ text: `update ran set mark = 'extended'` }), frames.bind({}), frames.execute({}), frames.sync());
    expect((await client.until('ReadyForQuery')).join()).toContain('C="58000"');
    const late = await world.agent();
    expect((await late.query('select 1'))[0]).toContain('C="58000"');
    expect(await world.sql('select distinct mark from ran')).toEqual([{ mark: 'before' }]);
    await redis.restart();
    await storeAnswers();
    await eventually(async () => (await client.query('select 1')).includes('B DataRow "1"'), 'statements pass again');
  });
});
