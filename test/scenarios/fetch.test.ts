import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({
    schema: 'create table vault (id int); insert into vault select generate_series(1, 100)',
    policy: `version: 1
default: hold
rules:
  - { name: harmless, effects: [read, transaction, session], then: allow }
  - { name: vault, effects: [read], tables: [vault], then: hold, approvers: [dba], within: 30s }
`,
  });
});
afterAll(() => world?.stop());

it('from a cursor goes on with what was approved when it was declared, and asks nobody again', async () => {
  const client = await world.agent();
  await client.query('begin');
  const declared = client.query('declare portions cursor for select id from vault order by id');
  const { id } = await world.proxy.pending(/portions/);
  await world.proxy.decide(id, 'approve');
  await declared;
  expect(await client.query('fetch 2 from portions')).toContain('B DataRow "2"');
  expect(await client.query('fetch 2 from portions')).toContain('B DataRow "4"');
  await client.query('commit');
  client.destroy();
});
