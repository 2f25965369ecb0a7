/** What may happen while a statement waits for people: whatever it is, nothing runs that wasn't released, and once. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_POLICY } from '../support/proxy.ts';
import { cancel, frames, type WireClient } from '../support/wire.ts';
import { eventually, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ schema: 'create table t (id int); create schema other; create table other.u (id int); create table u (id int)', postgres: { settings: { log_statement: 'all' } } });
});
afterAll(() => world?.stop());

const p = (text: string, ...values: string[]) => [frames.parse({ text, types: [] }), frames.bind({ values }), frames.execute({})];
const state = async (id: string): Promise<unknown> => (await world.proxy.call(`/api/v1/requests/${id}`))['state'];
const reached = (text: string): number => readFileSync(world.server.logFile, 'utf8').split(text).length - 1;
/** Sends the statement and resolves with its request once it waits. */
async function hold(client: WireClient, text: string): Promise<string> {
  client.send(frames.query(text));
  return (await world.proxy.pending(text)).id;
}
const alive = async (client: WireClient): Promise<void> => {
  expect(await client.query('select 42 as alive')).toContain('B DataRow "42"');
  client.destroy();
};

describe('a held statement', () => {
  it('leaves nothing of its segment at the server before it is released', async () => {
    const client = await world.agent();
    client.send(...p('select 1001 as before'), ...p('create table held_1 (id int)'), ...p('select 1002 as after'), frames.sync(), frames.query('select 1003 as next'));
    const { id } = await world.proxy.pending(/held_1/);
    expect(reached('select 1001') + reached('held_1') + reached('select 1003')).toBe(0);
    await world.proxy.decide(id, 'approve');
    const lines = [...(await client.until('ReadyForQuery')), ...(await client.until('ReadyForQuery'))];
    expect(lines.filter((line) => line.startsWith('B DataRow'))).toEqual(['B DataRow "1001"', 'B DataRow "1002"', 'B DataRow "1003"']);
    expect(reached('create table held_1')).toBe(1);
    client.destroy();
  });

  it('is announced by the id of its request', async () => {
    const client = await world.agent();
    const id = await hold(client, 'create table announced (id int)');
    expect((await client.until('NoticeResponse')).at(-1)).toContain(`held for approval as ${id}: `);
    await world.proxy.decide(id, 'approve');
    await client.until('ReadyForQuery');
    await alive(client);
  });

  it('expires, with an error that says so, and sooner in an open transaction', async () => {
    const short = await startWorld({ policy: TEST_POLICY.replaceAll('within: 30s', 'within: 1s'), extra: '' });
    try {
      const client = await short.agent();
      const lines = await client.query('create table expired (id int)');
      expect(lines.find((line) => line.includes('ErrorResponse'))).toContain('expired: nobody decided in time');
      expect(lines.at(-1)).toBe('B ReadyForQuery I');
      expect(await short.sql(`select 1 from pg_tables where tablename = 'expired'`)).toEqual([]);
      client.destroy();
    } finally {
      await short.stop();
    }
    const client = await world.agent();
    await client.query('begin');
    const id = await hold(client, 'create table in_transaction (id int)');
    const request = await world.proxy.call<{ createdAt: number; expiresAt: number; transaction: { open: boolean } }>(`/api/v1/requests/${id}`);
    expect(request.transaction.open).toBe(true);
    await world.proxy.decide(id, 'deny');
    expect((await client.until('ReadyForQuery')).at(-1)).toBe('B ReadyForQuery E');
    client.destroy();
  });

  it('is withdrawn when its agent vanishes', async () => {
    const client = await world.agent();
    const id = await hold(client, 'create table vanished (id int)');
    client.destroy();
    await eventually(async () => (await state(id)) === 'withdrawn', 'withdrawn');
    await expect(world.proxy.decide(id, 'approve')).rejects.toThrow();
    expect(reached('create table vanished')).toBe(0);
  });

  it('is withdrawn when its session is killed, or its agent frozen', async () => {
    const killed = await world.agent();
    const first = await hold(killed, 'create table killed (id int)');
    const { session } = await world.proxy.call<{ session: string }>(`/api/v1/requests/${first}`);
    await world.proxy.call(`/api/v1/sessions/${session}`, { as: 'dana', method: 'DELETE', body: { reason: 'test' } });
    expect((await killed.until('nothing')).at(-2)).toContain('57P01');
    const frozen = await world.agent({ user: 'writer' });
    const second = await hold(frozen, 'create table frozen (id int)');
    await world.proxy.call('/api/v1/agents/writer/freeze', { as: 'dana', method: 'POST', body: { reason: 'test' } });
    expect((await frozen.until('nothing')).at(-2)).toContain('is frozen');
    await world.proxy.call('/api/v1/agents/writer/thaw', { as: 'dana', method: 'POST', body: { reason: 'test' } });
    for (const id of [first, second]) await eventually(async () => (await state(id)) === 'withdrawn', 'withdrawn');
    expect(reached('create table killed') + reached('create table frozen')).toBe(0);
  });

  it('is withdrawn when its connection to the database dies', async () => {
    const client = await world.agent({ parameters: { application_name: 'dying' } });
    const id = await hold(client, 'create table dying (id int)');
    await world.sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dying'`);
    expect((await client.until('nothing')).join()).toMatch(/57P01|08006/);
    await eventually(async () => (await state(id)) === 'withdrawn', 'withdrawn');
  });

  it('runs once, however many approve at once', async () => {
    const client = await world.agent();
    const id = await hold(client, 'create table once (id int)');
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => world.proxy.decide(id, 'approve', { as: index % 2 === 0 ? 'sam' : 'kim' })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await client.until('ReadyForQuery');
    expect(reached('create table once')).toBe(1);
    await eventually(async () => (await state(id)) === 'finished', 'finished');
    await alive(client);
  });

  it('is not what a cancel means while something before it in the pipeline runs', async () => {
    const client = await world.agent({ parameters: { application_name: 'cancels' } });
    client.send(frames.query('select count(*) from generate_series(1, 200000000)'), frames.query('create table behind (id int)'));
    await eventually(async () => (await world.sql(`select 1 from pg_stat_activity where application_name = 'cancels' and state = 'active'`)).length === 1, 'it runs');
    await cancel({ host: '127.0.0.1', port: world.proxy.port }, client.key as { pid: number; secret: Buffer });
    expect((await client.until('ReadyForQuery')).join()).toContain('57014');
    const { id } = await world.proxy.pending('create table behind (id int)');
    await cancel({ host: '127.0.0.1', port: world.proxy.port }, client.key as { pid: number; secret: Buffer });
    expect((await client.until('ReadyForQuery')).join()).toContain('It was held for approval and has not run');
    expect(await state(id)).toBe('withdrawn');
    await alive(client);
  });

  it('makes its client wait that sends megabytes behind it, and costs others nothing', async () => {
    const client = await world.agent();
    const id = await hold(client, 'create table flooded (id int)');
    const chunk = frames.query(`select length('${'x'.repeat(60_000)}')`);
    let accepted = 0;
    for (let index = 0; index < 500; index++) if (client.socket.write(chunk)) accepted++;
    const other = await world.agent();
    expect(await other.query('select 1')).toContain('B DataRow "1"');
    other.destroy();
    // 30 MB were offered; what the proxy took is bounded by its high-water mark, the rest waits in the kernel and in the client.
    expect(client.socket.writableLength).toBeGreaterThan(10_000_000);
    expect(accepted).toBeLessThan(500);
    await world.proxy.decide(id, 'approve');
    for (let index = 0; index < 501; index++) await client.until('ReadyForQuery');
    client.destroy();
  });
});

describe('a policy that changes while a statement is held', () => {
  it('refuses it when it would be denied now, or other people would be asked', async () => {
    const own = await startWorld();
    try {
      for (const changed of [TEST_POLICY.replaceAll('then: hold, approvers: [dba]', 'then: hold, approvers: [dba], quorum: 2'), TEST_POLICY.replace('effects: [drop,', 'effects: [create, drop,')]) {
        const client = await own.agent();
        client.send(frames.query('create table policy_changed (id int)'));
        const { id } = await own.proxy.pending('create table policy_changed (id int)');
        writeFileSync(join(own.proxy.dir, 'policy.yaml'), changed);
        expect(await own.proxy.proxy.reloadPolicy()).toBe(true);
        await own.proxy.decide(id, 'approve');
        expect((await client.until('ReadyForQuery')).at(-2)).toContain('changed while it waited');
        client.destroy();
        writeFileSync(join(own.proxy.dir, 'policy.yaml'), TEST_POLICY);
        await own.proxy.proxy.reloadPolicy();
      }
      expect(await own.sql(`select 1 from pg_tables where tablename = 'policy_changed'`)).toEqual([]);
    } finally {
      await own.stop();
    }
  });

  it('counts for a portal bound before it changed', async () => {
    const own = await startWorld({ schema: 'create table t (id int)' });
    try {
      const client = await own.agent();
      await client.query('begin');
      client.send(frames.parse({ text: 'insert into t values (1)', types: [] }), frames.bind({ portal: 'later' }), frames.sync());
      await client.until('ReadyForQuery');
      writeFileSync(join(own.proxy.dir, 'policy.yaml'), TEST_POLICY.replace('insert, ', '').replace('effects: [drop,', 'effects: [insert, drop,'));
      expect(await own.proxy.proxy.reloadPolicy()).toBe(true);
      client.send(frames.execute({ portal: 'later' }), frames.sync());
      expect((await client.until('ReadyForQuery'))[0]).toContain('changed since it was bound');
      client.destroy();
    } finally {
      await own.stop();
    }
  });
});

describe('deferred', () => {
  const deferring = async (): Promise<WireClient> => {
    const client = await world.agent();
    await client.query(`set countersign.hold = 'defer'`);
    return client;
  };
  /** Sends it, and resolves with the id of the request it was refused with; undefined when it ran. */
  async function ask(client: WireClient, ...messages: Uint8Array[]): Promise<string | undefined> {
    client.send(...messages);
    const error = (await client.until('ReadyForQuery')).find((line) => line.includes('ErrorResponse'));
    return error === undefined ? undefined : /req_[a-z0-9]+/.exec(error)?.[0];
  }

  it('is refused at once, joins its request, runs after approval, and once only', async () => {
    const client = await deferring();
    const text = 'create table if not exists deferred_1 (id int)';
    const id = (await ask(client, frames.query(text))) ?? '';
    expect(await ask(client, frames.query(text))).toBe(id);
    await world.proxy.decide(id, 'approve');
    expect(await ask(client, frames.query(text))).toBeUndefined();
    const next = await ask(client, frames.query(text));
    expect(next).toMatch(/^req_/);
    expect(next).not.toBe(id);
    client.destroy();
  });

  it('fits from another connection of the same agent, and not from another agent', async () => {
    const [one, two] = [await deferring(), await deferring()];
    const other = await world.agent({ user: 'writer' });
    await other.query(`set countersign.hold = 'defer'`);
    const text = 'create table if not exists deferred_2 (id int)';
    const id = (await ask(one, frames.query(text))) ?? '';
    await world.proxy.decide(id, 'approve');
    expect(await ask(other, frames.query(text))).toMatch(/^req_/);
    const both = await Promise.all([ask(one, frames.query(text)), ask(two, frames.query(text))]);
    expect(both.filter((answer) => answer === undefined)).toHaveLength(1);
    for (const client of [one, two, other]) client.destroy();
  });

  it.each([
    ['other parameters', (client: WireClient) => ask(client, ...p('delete from t where id = $1 or true', '2'), frames.sync())],
    ['other text', (client: WireClient) => ask(client, ...p('delete from  t where id = $1 or true', '1'), frames.sync())],
    ['the simple protocol', (client: WireClient) => ask(client, frames.query('delete from t'))],
  ])('does not fit %s', async (_, again) => {
    const own = await startWorld({ schema: 'create table t (id int)', policy: TEST_POLICY.replace('update, delete, ', '').replace('effects: [export', 'effects: [update, delete, export') });
    try {
      const client = await own.agent({ parameters: { options: '-c countersign.hold=defer' } });
      const id = (await ask(client, ...p('delete from t where id = $1 or true', '1'), frames.sync())) ?? '';
      await own.proxy.decide(id, 'approve');
      expect(await again(client)).toMatch(/^req_/);
      expect(await ask(client, ...p('delete from t where id = $1 or true', '1'), frames.sync())).toBeUndefined();
      client.destroy();
    } finally {
      await own.stop();
    }
  });

  it.each([
    ['SET search_path', async () => {
      const client = await deferring();
      await client.query('set search_path = other');
      return client;
    }],
    ['a search_path of the startup packet', () => world.agent({ parameters: { options: '-c search_path=other -c countersign.hold=defer' } })],
    ['set_config with a computed value', async () => {
      const client = await deferring();
      await client.query(`select set_config('search_path', 'oth' || 'er', false)`);
      return client;
    }],
  ])('does not fit where unqualified names may mean something else: %s', async (_, elsewhere) => {
    const client = await deferring();
    const text = 'truncate u';
    const id = (await ask(client, frames.query(text))) ?? '';
    if ((await state(id)) === 'pending') await world.proxy.decide(id, 'approve');
    const foreign = await elsewhere();
    expect(await ask(foreign, frames.query(text))).toMatch(/^req_/);
    expect(await ask(client, frames.query(text))).toBeUndefined();
    for (const each of [client, foreign]) each.destroy();
  });
});
