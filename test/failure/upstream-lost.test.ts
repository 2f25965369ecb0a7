/** The database dies, or ends a connection, under statements that run and statements that wait. */

import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { eventually, startWorld, type World } from '../scenarios/world.ts';
import { TEST_POLICY } from '../support/proxy.ts';
import { frames, type WireClient } from '../support/wire.ts';

// Processes start several times a test, which takes its time where others work too.
vi.setConfig({ testTimeout: 120_000 });

const POLICY = TEST_POLICY.replace('effects: [export,', 'effects: [export, notify,').replace('lock, notify,', 'lock,');
const RUNS = `insert into slow values ('runs')`;

let world: World;

beforeAll(async () => {
  world = await startWorld({ policy: POLICY, schema: 'create table slow (mark text)' });
});
afterAll(async () => {
  await world?.stop();
});

async function hold(client: WireClient, mark: string): Promise<string> {
  client.send(frames.query(`notify news, '${mark}'`));
  const [notice = ''] = await client.until('NoticeResponse');
  return /req_\w+/.exec(notice)?.[0] ?? notice;
}

/** Sends what waits for a lock somebody else has; `unlock` gives it back. */
async function run(client: WireClient): Promise<{ unlock(): Promise<unknown> }> {
  const other = await world.agent({ port: world.server.port, user: 'app', password: 'upstream' });
  await other.query('begin');
  await other.query('lock table slow');
  client.send(frames.query(RUNS));
  await eventually(async () => (await world.sql(`select 1 from pg_stat_activity where query = $$${RUNS}$$ and state = 'active'`)).length === 1, 'it runs');
  return { unlock: () => other.query('rollback') };
}

const endOf = async (client: WireClient): Promise<string> => (await client.until('nothing else comes')).join('\n');
const stateOf = async (id: string): Promise<string> => (await world.proxy.call<{ state: string }>(`/api/v1/requests/${id}`)).state;

async function worksAgain(): Promise<void> {
  const client = await world.agent();
  expect(await client.query('select count(*) from slow')).toContain('B CommandComplete "SELECT 1"');
  await client.close();
}

it('an administrator ends the connection of a statement that runs: its agent gets the server\'s own word, once', async () => {
  const client = await world.agent();
  const { unlock } = await run(client);
  await world.server.query(`select pg_terminate_backend(pid) from pg_stat_activity where query = $1 and state = 'active'`, [RUNS]);
  const said = await endOf(client);
  expect(said.match(/S="FATAL"/g)).toHaveLength(1);
  expect(said).toMatch(/C="57P01".*\nB \(closed\)$/);
  await unlock();
  await worksAgain();
});

it('… of a statement that is held: told at once, the request withdrawn, a late approval runs nothing', async () => {
  const client = await world.agent({ parameters: { application_name: 'to be ended' } });
  const id = await hold(client, 'never');
  await world.server.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'to be ended'`);
  const said = await endOf(client);
  expect(said.match(/S="FATAL"/g)).toHaveLength(1);
  expect(said).toMatch(/C="57P01"/);
  await eventually(async () => await stateOf(id) === 'withdrawn', 'it is withdrawn');
  await expect(world.proxy.decide(id, 'approve')).rejects.toThrow(/409/);
});

it('the server crashes: FATAL for who runs, waits or idles; logins are refused meanwhile; all works after its restart', async () => {
  const [running, holding, idle] = await Promise.all([world.agent(), world.agent(), world.agent()]);
  await run(running);
  const id = await hold(holding, 'never');
  await world.server.kill('SIGKILL');
  // Its backends notice the postmaster's death one by one, each in its own time; those that wait for a lock included.
  for (const client of [running, holding, idle]) expect(await endOf(client)).toMatch(/S="FATAL".*C="(08006|57P0[12])"/);
  await eventually(async () => await stateOf(id) === 'withdrawn', 'it is withdrawn');
  await expect(world.agent()).rejects.toThrow(/C="08006".*H="/);
  await world.server.restart();
  await worksAgain();
  const events = (await world.proxy.journal()).map(({ event }) => event);
  const statement = (await world.proxy.journal()).findLast(({ event }) => event.kind === 'statement' && event.text === RUNS);
  expect(events.find((event) => event.kind === 'outcome' && event.statement === statement?.sequence)).toMatchObject({ error: {} });
});

it('the catalog that was changed while the server was away is read again', async () => {
  const client = await world.agent();
  await world.server.kill('SIGKILL');
  expect(await endOf(client)).toContain('FATAL');
  await world.server.restart();
  await world.sql(`create table later (id int); create function later() returns int language sql as 'select 1'; grant select on later to app`);
  const again = await world.agent();
  await eventually(async () => (await again.query('select id from later')).includes('B CommandComplete "SELECT 0"'), 'the new table is known');
  again.send(frames.query('select later()'));
  expect((await again.until('NoticeResponse', 'ReadyForQuery')).at(-1)).toContain('held for approval');
});
