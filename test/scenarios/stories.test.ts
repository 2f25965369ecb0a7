/** What happens to statements, whatever the protocol: each story over PostgreSQL, MariaDB and MySQL. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_POLICY } from '../support/proxy.ts';
import { startRedis } from '../support/redis.ts';
import { DIALECTS, expectAlive, hold, stateOf, type StoryAgent, type StoryWorld } from './dialects.ts';
import { eventually } from './world.ts';

const SCHEMA = 'create table t (id int primary key); insert into t values (1), (2), (3)';

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  beforeAll(async () => {
    world = await dialect.start({ schema: SCHEMA });
  }, 120_000);
  afterAll(() => world?.stop());

  const columns = async (table: string): Promise<number> => (await world.sql(`select column_name from information_schema.columns where table_name = '${table}'`)).length;

  it('a harmless statement passes at once, and is on record', async () => {
    const agent = await world.agent();
    expect(await agent.run('select id from t order by id')).toEqual({ rows: [['1'], ['2'], ['3']] });
    expect(await agent.run('insert into t values (4)')).toEqual({ rows: [] });
    expect(await agent.run('delete from t where id = 4')).toEqual({ rows: [] });
    await expectAlive(agent);
    await eventually(async () => (await world.proxy.journal()).some(({ event }) => event.kind === 'statement' && event.text === 'insert into t values (4)' && event.fate === 'run'), 'the record');
  });

  it('a denied statement never reaches the server, and says why', async () => {
    const agent = await world.agent();
    const { error } = await agent.run('drop table t');
    expect(error).toMatchObject({ code: dialect.denied, message: expect.stringContaining('refused by policy') as string });
    expect(error?.message).toContain('"rule":"no-drop"');
    expect(await world.reached('drop table t')).toBe(0);
    await expectAlive(agent);
  });

  it('a held statement runs when it is approved, and not before', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'create table approved (id int)');
    expect(await world.reached('create table approved')).toBe(0);
    await world.proxy.decide(id, 'approve');
    expect((await agent.ended()).error).toBeUndefined();
    expect(await world.reached('create table approved')).toBe(1);
    expect(await columns('approved')).toBe(1);
    await eventually(async () => (await stateOf(world, id)) === 'finished', 'finished');
    await expectAlive(agent);
  });

  it('a held statement doesn\'t run when it is denied, and the agent learns who said so and why', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'create table denied (id int)');
    await world.proxy.decide(id, 'deny', { reason: 'not today' });
    const { error } = await agent.ended();
    expect(error).toMatchObject({ code: dialect.denied });
    expect(error?.message).toMatch(/sam@example.com: not today/);
    expect(await world.reached('create table denied')).toBe(0);
    const refused = (await world.proxy.journal()).find(({ event }) => event.kind === 'statement' && event.text === 'create table denied (id int)');
    expect(refused?.event).toMatchObject({ fate: 'refused', code: 'decision_denied', request: id });
    await expectAlive(agent);
  });

  it('a held statement is withdrawn when its agent vanishes', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'create table vanished (id int)');
    agent.destroy();
    await eventually(async () => (await stateOf(world, id)) === 'withdrawn', 'withdrawn');
    await expect(world.proxy.decide(id, 'approve')).rejects.toThrow();
    expect(await world.reached('create table vanished')).toBe(0);
  });

  it('a held statement is withdrawn when its agent cancels it', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'create table cancelled (id int)');
    await agent.cancel();
    const { error } = await agent.ended();
    expect(error).toMatchObject({ code: dialect.cancelled, message: expect.stringContaining('has not run') as string });
    expect(await stateOf(world, id)).toBe('withdrawn');
    await expectAlive(agent);
  });

  it('a running statement is cancelled at the server', async () => {
    const agent = await world.agent();
    agent.send(dialect.slow);
    await eventually(async () => (await world.reached(dialect.slow.slice(0, 60))) > 0, 'it runs');
    // It may have arrived and not begun: then the cancel finds nothing, as it does without a proxy.
    const again = setInterval(() => void agent.cancel(), 500);
    const { error } = await agent.ended();
    clearInterval(again);
    expect(error).toMatchObject({ code: dialect.cancelled });
    await expectAlive(agent);
  }, 60_000);

  it('statements of a pipeline are answered in order, refused ones in their places', async () => {
    const agent = await world.agent();
    agent.send('select 1', 'drop table t', 'select 2', 'drop table t', 'select 3');
    const answers = [];
    for (let left = 5; left > 0; left--) answers.push(await agent.ended());
    expect(answers.map(({ rows, error }) => error?.code ?? rows[0]?.[0])).toEqual(['1', dialect.denied, '2', dialect.denied, '3']);
    await expectAlive(agent);
  });

  it('what stands behind a held statement waits with it', async () => {
    const agent = await world.agent();
    agent.send('select 1001', 'create table first (id int)', 'select 1003');
    const { id } = await world.proxy.pending('create table first (id int)');
    expect(await agent.ended()).toEqual({ rows: [['1001']] });
    expect(await world.reached('1003')).toBe(0);
    await world.proxy.decide(id, 'approve');
    expect((await agent.ended()).error).toBeUndefined();
    expect(await agent.ended()).toEqual({ rows: [['1003']] });
    await expectAlive(agent);
  });

  it('a batch is held, shown and refused as a whole', async () => {
    const agent = await world.agent();
    const batch = 'select 2001; create table batched (id int); select 2003';
    const id = await hold(world, agent, batch);
    expect(await world.reached('2001')).toBe(0);
    await world.proxy.decide(id, 'approve');
    expect(await agent.ended()).toEqual({ rows: [['2001'], ['2003']] });
    const refused = await agent.run('insert into t values (2004); drop table t');
    expect(refused.error?.code).toBe(dialect.denied);
    expect(await world.reached('2004')).toBe(0);
    await expectAlive(agent);
  });

  it('a refusal in a transaction leaves it as any error of the server would', async () => {
    const agent = await world.agent();
    await agent.run('begin');
    await agent.run('insert into t values (5)');
    expect((await agent.run('drop table t')).error?.code).toBe(dialect.denied);
    const next = await agent.run('select id from t where id = 5');
    if (dialect.refusalAborts) expect(next.error?.code).toBe('25P02');
    else expect(next).toEqual({ rows: [['5']] });
    await agent.run('rollback');
    expect(await agent.run('select id from t where id = 5')).toEqual({ rows: [] });
    await expectAlive(agent);
  });

  it('a hold in a transaction says so', async () => {
    const agent = await world.agent();
    await agent.run('begin');
    await agent.run('insert into t values (6)');
    const id = await hold(world, agent, 'delete from t');
    expect(await world.proxy.call(`/api/v1/requests/${id}`)).toMatchObject({ transaction: { open: true } });
    await world.proxy.decide(id, 'deny');
    await agent.ended();
    await agent.run('rollback');
    await expectAlive(agent);
  });

  it('a held statement is withdrawn when its connection to the database dies', async () => {
    const agent = await world.agent();
    const id = await hold(world, agent, 'create table dying (id int)');
    await world.disconnectAll();
    expect(await agent.lastWords()).not.toBe('');
    await eventually(async () => (await stateOf(world, id)) === 'withdrawn', 'withdrawn');
  });

  it('a deferred statement is refused at once, joins its request, and runs once after approval', async () => {
    const agent = await world.agent();
    await agent.run(dialect.defer);
    const text = 'create table if not exists deferred (id int)';
    const ask = async (by: StoryAgent): Promise<string | undefined> => /req_[a-z0-9]+/.exec((await by.run(text)).error?.message ?? '')?.[0];
    const id = (await ask(agent)) ?? '';
    expect(id).not.toBe('');
    expect(await ask(agent)).toBe(id);
    await world.proxy.decide(id, 'approve');
    const other = await world.agent({ user: 'writer', attributes: { 'countersign.hold': 'defer' } });
    expect(await ask(other)).not.toBe(id);
    expect(await ask(agent)).toBeUndefined();
    expect(await ask(agent)).not.toBe(id);
    other.destroy();
    await expectAlive(agent);
  });

  it('a request expires when nobody decides', async () => {
    const short = await dialect.start({ policy: TEST_POLICY.replaceAll('within: 30s', 'within: 1s') });
    try {
      const agent = await short.agent();
      expect((await agent.run('create table expired (id int)')).error?.message).toContain('expired: nobody decided in time');
      expect(await short.reached('create table expired')).toBe(0);
    } finally {
      await short.stop();
    }
  }, 60_000);

  it('with the approval store down what needs approval is refused, and the rest passes', async () => {
    const redis = await startRedis();
    const own = await dialect.start({ store: redis.url });
    try {
      const agent = await own.agent();
      await redis.stop();
      await eventually(async () => (await agent.run('create table unstored (id int)')).error?.message.includes('store can\'t be reached') === true, 'refused', 30_000);
      expect(await agent.run('select 1')).toEqual({ rows: [['1']] });
      expect(await own.reached('create table unstored')).toBe(0);
    } finally {
      await own.stop();
      await redis.stop();
    }
  }, 90_000);
});
