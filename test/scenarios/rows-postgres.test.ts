/** Budgets of rows, where PostgreSQL gives rows in ways of its own: portals in portions, cursors, COPY, pipelines, RETURNING. */

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TEST_POLICY } from '../support/proxy.ts';
import { frames, type WireClient } from '../support/wire.ts';
import { startWorld, type World } from './world.ts';

let world: World;
let client: WireClient;
beforeAll(async () => {
  world = await startWorld({
    schema: `create table n (id int, pad text); insert into n select g, repeat('x', 1000) from generate_series(1, 20000) g; create table copied (id int); create table secrets (id int, name text);
insert into secrets select g, 'secret ' || g from generate_series(1, 200) g`,
    policy: `${TEST_POLICY.replace('[export, ', '[')}  - { name: exports, effects: [export], then: allow }
  - { name: large, effects: [read], tables: [n, secrets], rows_over: 100, then: hold, approvers: [dba], within: 30s }
sensitive:
  - { columns: [secrets.name], mask: constant, value: hidden }
`,
  });
});
afterAll(() => world?.stop());
beforeEach(async () => {
  client = await world.agent();
  return () => client.destroy();
});

const rowsOf = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('B DataRow'));
const answer = (): Promise<string[]> => client.until('ReadyForQuery');
const decide = async (text: RegExp, decision: 'approve' | 'deny'): Promise<void> => world.proxy.decide((await world.proxy.pending(text)).id, decision);
const alive = async (): Promise<void> => expect(await client.query('select 42 as alive')).toContain('B DataRow "42"');
const prepared = (text: string, options: { readonly values?: string[]; readonly types?: number[]; readonly binary?: boolean } = {}) =>
  [frames.parse({ text, types: options.types ?? [] }), frames.bind({ values: options.values ?? [], binary: options.binary ?? false }), frames.describe({ type: 'P' })];

it('portions of one portal count together', async () => {
  client.send(...prepared('select id from n order by id'), frames.execute({ rows: 60 }), frames.flush());
  expect(rowsOf(await client.until('PortalSuspended'))).toHaveLength(60);
  client.send(frames.execute({ rows: 60 }), frames.sync());
  await decide(/order by id$/, 'deny');
  const lines = await answer();
  expect(rowsOf(lines)).toHaveLength(40);
  expect(lines.find((line) => line.includes('ErrorResponse'))).toContain('was denied by sam@example.com');
  await alive();
});

it('an approval lets the portal\'s next portions pass, too', async () => {
  client.send(...prepared('select id from n order by id -- portions'), frames.execute({ rows: 150 }), frames.flush());
  await decide(/portions/, 'approve');
  expect(rowsOf(await client.until('PortalSuspended'))).toHaveLength(150);
  client.send(frames.execute({ rows: 300 }), frames.sync());
  expect(rowsOf(await answer())).toHaveLength(300);
  await alive();
});

it('FETCH counts on with its cursor', async () => {
  await client.query('begin');
  await client.query('declare c cursor for select id from n order by id');
  expect(rowsOf(await client.query('fetch 60 from c'))).toHaveLength(60);
  client.send(frames.query('fetch 60 from c'));
  await decide(/fetch/, 'deny');
  expect(rowsOf(await answer())).toHaveLength(40);
  await client.query('rollback');
  await alive();
});

it('and an approval is for the rest of the cursor', async () => {
  await client.query('begin');
  await client.query('declare c cursor for select id from n order by id');
  client.send(frames.query('fetch 150 from c'));
  await decide(/fetch/, 'approve');
  expect(rowsOf(await answer())).toHaveLength(150);
  expect(rowsOf(await client.query('fetch 500 from c'))).toHaveLength(500);
  await client.query('commit');
});

it('EXECUTE of what SQL prepared counts as what it runs', async () => {
  await client.query('prepare many as select id from n order by id');
  client.send(frames.query('execute many'));
  await decide(/execute many/, 'deny');
  expect(rowsOf(await answer())).toHaveLength(100);
  await alive();
});

it.each(['text', 'csv', 'binary'])('rows of COPY as %s count', async (format) => {
  client.send(frames.query(`copy (select id, pad from n) to stdout (format ${format})`));
  await decide(/copy/, 'deny');
  const lines = await answer();
  expect(lines.filter((line) => line.startsWith('B CopyData'))).toHaveLength(100);
  expect(lines.some((line) => line.startsWith('B CopyDone'))).toBe(false);
  expect(lines.find((line) => line.includes('ErrorResponse'))).toContain('was denied');
  await alive();
});

it('a COPY that people let pass comes whole', async () => {
  client.send(frames.query('copy n (id) to stdout'));
  await decide(/copy/, 'approve');
  expect((await answer()).filter((line) => line.startsWith('B CopyData'))).toHaveLength(20_000);
});

it('masked rows are counted, and masked', async () => {
  client.send(...prepared('select id, name from secrets order by id', { binary: true }), frames.execute(), frames.sync());
  await decide(/secrets/, 'approve');
  const rows = rowsOf(await answer());
  expect(rows).toHaveLength(200);
  expect(rows.every((row) => row.includes('"hidden"'))).toBe(true);
});

it('an approval is bound to the values', async () => {
  await client.query('set countersign.hold = \'defer\'');
  const run = async (from: string): Promise<string[]> => {
    client.send(...prepared('select id from n where id >= $1 order by id', { values: [from], types: [23] }), frames.execute(), frames.sync());
    return answer();
  };
  expect(rowsOf(await run('1'))).toHaveLength(100);
  const { id, parameters } = await world.proxy.pending(/id >= \$1/);
  expect(parameters).toEqual(['1']);
  await world.proxy.decide(id, 'approve');
  expect(rowsOf(await run('2'))).toHaveLength(100);
  expect(rowsOf(await run('1'))).toHaveLength(20_000);
});

it('what stands behind it in the pipeline is skipped, as after any error', async () => {
  client.send(...prepared('select id, pad from n order by id -- first'), frames.execute(), ...prepared('insert into copied values (1)'), frames.execute(), frames.sync());
  await decide(/-- first/, 'deny');
  const lines = await answer();
  expect(lines.at(-1)).toBe('B ReadyForQuery I');
  expect(lines.filter((line) => line.includes('CommandComplete'))).toEqual([]);
  expect(await world.sql('select * from copied')).toEqual([]);
  await alive();
});

it('where the database was done with more than the client can be told, the connection ends', async () => {
  client.send(...prepared('select id from n where id <= 101'), frames.execute(), ...prepared('insert into copied values (2)'), frames.execute(), frames.sync());
  await decide(/<= 101/, 'deny');
  const lines = await client.until('nothing');
  expect(rowsOf(lines)).toHaveLength(100);
  expect(lines.at(-2)).toMatch(/ErrorResponse.*S="FATAL".*it had run by then/);
});

it('and where rows of a change are kept back that is done', async () => {
  client.send(frames.query('insert into copied select id from n where id <= 101 returning id'));
  await decide(/returning/, 'deny');
  const lines = await client.until('nothing');
  expect(rowsOf(lines)).toHaveLength(100);
  expect(lines.at(-2)).toMatch(/ErrorResponse.*S="FATAL".*it had run by then/);
});

it('of several statements in one text the rows count together', async () => {
  client.send(frames.query('select id from n where id <= 60; select id from n where id <= 60; select 7 as last'));
  await decide(/as last/, 'deny');
  const lines = await answer();
  expect(rowsOf(lines)).toHaveLength(100);
  expect(lines.filter((line) => line.includes('ErrorResponse'))).toHaveLength(1);
  await alive();
});

it('after a Flush in place of a Sync, what the client sends before the Sync is skipped', async () => {
  client.send(...prepared('select id from n where id <= 101'), frames.execute(), frames.flush());
  await decide(/<= 101/, 'deny');
  await client.until('ErrorResponse');
  client.send(...prepared('insert into copied values (30000)'), frames.execute(), frames.sync());
  expect((await answer()).filter((line) => line.includes('CommandComplete'))).toEqual([]);
  expect(await world.sql('select * from copied where id = 30000')).toEqual([]);
  await alive();
});
