/** Budgets of rows: what may come comes, the row behind it waits for people, and what they don't let pass never leaves. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_POLICY } from '../support/proxy.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { DIALECTS, expectAlive, hold, stateOf, type StoryWorld } from './dialects.ts';
import { eventually } from './world.ts';

/** 10,000 rows of 600 bytes: more than lies in the buffers on the way. */
const SCHEMA = `create table d (i int); insert into d values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
create table n (id int primary key, pad varchar(600)); insert into n select a.i + 10 * b.i + 100 * c.i + 1000 * d.i, repeat('x', 600) from d a cross join d b cross join d c cross join d d;
create table cut (id int primary key); insert into cut select id from n where id < 50; create table sessions (id int primary key); insert into sessions select id from cut;
create table hours (id int primary key); insert into hours select id from cut; create table written (id int primary key, note varchar(20))`;

const POLICY = `${TEST_POLICY}  - { name: large, effects: [read], tables: [n], rows_over: 100, then: hold, approvers: [dba], within: 30s, because: it reads much }
  - { name: enough, effects: [read], tables: [cut], rows_over: 20, then: deny }
  - { name: often, effects: [read], tables: [sessions], rows_over: { session: 70 }, then: hold, approvers: [dba], within: 30s }
  - { name: hourly, effects: [read], tables: [hours], rows_over: { hour: 120 }, then: hold, approvers: [dba], within: 30s }
`;

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
    world = await dialect.start({ schema: SCHEMA, policy: POLICY, store: redis.url });
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    await redis?.stop();
  });

  const ids = (rows: readonly (readonly (string | null)[])[]): number[] => rows.map(([id]) => Number(id));
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

  it('as many rows as the budget has ask nobody', async () => {
    const agent = await world.agent();
    expect(ids((await agent.run('select id from n where id < 100 order by id')).rows)).toEqual(upTo(100));
    await expectAlive(agent);
  });

  it.each([101, 150, 10_000])('of %i rows those behind the budget come when people let them', async (count) => {
    const agent = await world.agent();
    const text = `select id, pad from n where id < ${count} order by id`;
    const id = await hold(world, agent, text);
    const request = await world.proxy.call(`/api/v1/requests/${id}`);
    expect(request).toMatchObject({ rule: 'large', rowsSent: 100, reason: 'its result has more than 100 rows, and is held there by rule large: it reads much' });
    await world.proxy.decide(id, 'approve');
    const { rows, error } = await agent.ended();
    expect(error).toBeUndefined();
    expect(ids(rows)).toEqual(upTo(count));
    await eventually(async () => (await stateOf(world, id)) === 'finished', 'finished');
    expect((await world.proxy.call(`/api/v1/requests/${id}`))['outcome']).toMatchObject({ rows: count });
    await expectAlive(agent);
  });

  it.each([101, 10_000])('of %i rows those behind the budget never come when people say no', async (count) => {
    const agent = await world.agent();
    const id = await hold(world, agent, `select id, pad from n where id < ${count} order by id -- no`);
    await world.proxy.decide(id, 'deny', { reason: 'too much' });
    const { rows, error } = await agent.ended();
    expect(ids(rows)).toEqual(upTo(100));
    expect(error).toMatchObject({ code: dialect.denied, message: expect.stringContaining(`${id} was denied by sam@example.com: too much`) as string });
    await expectAlive(agent);
  });

  it('is on record: which statement it was, how many rows came, and why no more', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'select id from n order by id -- recorded');
    await world.proxy.decide(id, 'deny');
    await agent.ended();
    const records = await world.proxy.journal();
    const run = records.find(({ event }) => event.kind === 'statement' && event.text.includes('-- recorded'));
    expect(run?.event).toMatchObject({ fate: 'run', verdict: 'allow' });
    expect(records.find(({ event }) => event.kind === 'request.opened' && event.request === id)?.event).toMatchObject({ statement: run?.sequence, rule: 'large' });
    expect(records.find(({ event }) => event.kind === 'outcome' && event.statement === run?.sequence)?.event).toMatchObject({ rows: 100, error: { code: dialect.denied } });
    await expectAlive(agent);
  });

  it('a rule that denies cuts the result off, and asks nobody', async () => {
    const agent = await world.agent();
    const { rows, error } = await agent.run('select id from cut order by id');
    expect(ids(rows)).toEqual(upTo(20));
    expect(error).toMatchObject({ code: dialect.denied, message: expect.stringContaining('its result has more than 20 rows, and is cut off there by rule enough') as string });
    await expectAlive(agent);
  });

  it('what reads nothing that is counted passes while others wait', async () => {
    const [agent, second] = [await world.agent(), await world.agent()];
    const id = await hold(world, agent, 'select id from n order by id -- others');
    expect((await second.run('select count(*) from d')).rows).toEqual([['10']]);
    await world.proxy.decide(id, 'deny');
    await agent.ended();
    await expectAlive(agent);
    second.destroy();
  });

  it('ends with the agent\'s connection', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'select id, pad from n order by id -- gone');
    agent.destroy();
    await eventually(async () => (await stateOf(world, id)) === 'withdrawn', 'withdrawn');
  });

  it('ends when the agent cancels it', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'select id, pad from n order by id -- cancelled');
    await agent.cancel();
    const { rows, error } = await agent.ended();
    expect(ids(rows)).toEqual(upTo(100));
    expect(error?.code).toBe(dialect.cancelled);
    await eventually(async () => (await stateOf(world, id)) === 'withdrawn', 'withdrawn');
    await expectAlive(agent);
  });

  it('what the agent sends meanwhile is answered afterwards', async () => {
    const agent = await world.agent();
    const text = 'select id, pad from n where id < 3000 order by id -- behind';
    agent.send(text);
    const { id } = await world.proxy.pending(text);
    agent.send('select 7', 'insert into written values (1, \'behind\')');
    await world.proxy.decide(id, 'approve');
    expect((await agent.ended()).rows).toHaveLength(3000);
    expect((await agent.ended()).rows).toEqual([['7']]);
    expect((await agent.ended()).error).toBeUndefined();
    await expectAlive(agent);
  });

  it('and so after a refusal', async () => {
    const agent = await world.agent();
    const text = 'select id, pad from n order by id -- refused';
    agent.send(text);
    const { id } = await world.proxy.pending(text);
    agent.send('select 7');
    await world.proxy.decide(id, 'deny');
    expect((await agent.ended()).rows).toHaveLength(100);
    expect((await agent.ended()).rows).toEqual([['7']]);
    await expectAlive(agent);
  });

  it('in a transaction the refusal ends the statement, and the transaction as its database says', async () => {
    const agent = await world.agent();
    await agent.run('begin');
    await agent.run('insert into written values (2, \'open\')');
    const id = await hold(world, agent, 'select id, pad from n order by id -- within');
    await world.proxy.decide(id, 'deny');
    expect((await agent.ended()).error).toBeDefined();
    await agent.run('rollback');
    expect(await world.sql('select note from written where id = 2')).toEqual([]);
    await expectAlive(agent);
  });

  it('deferred, the result ends there; sent again after the approval it comes whole, once', async () => {
    const agent = await world.agent();
    await agent.run(dialect.defer);
    const text = 'select id, pad from n where id < 2000 order by id -- later';
    const first = await agent.run(text);
    expect(first.rows).toHaveLength(100);
    expect(first.error?.message).toContain('Send exactly the same statement again');
    const { id } = await world.proxy.pending(text);
    await world.proxy.decide(id, 'approve');
    expect(ids((await agent.run(text)).rows)).toEqual(upTo(2000));
    expect((await agent.run(text)).error).toBeDefined();
    await expectAlive(agent);
  });

  it('a session\'s budget counts over its statements, and begins anew once people have let a result pass', async () => {
    const agent = await world.agent();
    expect((await agent.run('select id from sessions where id < 50')).rows).toHaveLength(50);
    expect((await agent.run('select id from sessions where id < 20')).rows).toHaveLength(20);
    const id = await hold(world, agent, 'select id from sessions where id < 30');
    await world.proxy.decide(id, 'approve');
    expect((await agent.ended()).rows).toHaveLength(30);
    expect((await agent.run('select id from sessions where id < 50 -- anew')).rows).toHaveLength(50);
    const second = await hold(world, agent, 'select id from sessions where id < 50 -- over');
    await world.proxy.decide(second, 'deny');
    expect((await agent.ended()).rows).toHaveLength(20);
    const fresh = await world.agent();
    expect((await fresh.run('select id from sessions where id < 50 -- another')).rows).toHaveLength(50);
    fresh.destroy();
    await expectAlive(agent);
  });

  it('an hour\'s budget counts over all sessions of the agent, and of no other', async () => {
    const agents = [await world.agent(), await world.agent()] as const;
    expect((await agents[0].run('select id from hours')).rows).toHaveLength(50);
    expect((await agents[1].run('select id from hours')).rows).toHaveLength(50);
    const writer = await world.agent({ user: 'writer' });
    expect((await writer.run('select id from hours')).rows).toHaveLength(50);
    const id = await hold(world, agents[0], 'select id from hours order by id -- over');
    expect((await world.proxy.call(`/api/v1/requests/${id}`))['reason']).toBe('this agent has read within an hour more than 120 rows, and is held there by rule hourly');
    await world.proxy.decide(id, 'deny');
    expect(ids((await agents[0].ended()).rows)).toEqual(upTo(20));
    for (const agent of [...agents, writer]) await expectAlive(agent);
  });

  it('a database that goes away while rows wait ends the connection once they are let pass', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'select id, pad from n order by id -- disconnected');
    await world.disconnectAll();
    await world.proxy.decide(id, 'approve');
    // What lay in buffers still comes; the rest doesn't, and no client can take that for the whole.
    const { rows } = await agent.ended().catch(() => ({ rows: [] }));
    expect(rows.length).toBeLessThan(10_000);
    expect(await agent.run('select 42').catch(() => 'over')).not.toMatchObject({ rows: [['42']] });
    const next = await world.agent();
    await expectAlive(next);
  });

  it('while the approval store is away nothing beyond a budget comes, and an hour is counted here', async () => {
    const agent = await world.agent();
    await redis.stop();
    const { rows, error } = await agent.run('select id from n order by id -- no store');
    expect(ids(rows)).toEqual(upTo(100));
    expect(error?.message).toContain('the approval store can\'t be reached');
    const writer = await world.agent({ user: 'writer' });
    expect((await writer.run('select id from hours -- own count')).rows).toHaveLength(50);
    expect((await writer.run('select id from hours -- own count, over')).rows).toHaveLength(20);
    for (const each of [agent, writer]) await expectAlive(each);
  }, 60_000);
});
