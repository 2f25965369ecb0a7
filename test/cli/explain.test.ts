import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { explain } from '../../src/cli/explain.ts';
import { startWorld, type World } from '../scenarios/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    schema: 'create table customers (id int primary key, name text, email varchar(80) not null); create table notes (body text)',
    policy: `version: 1
default: hold
holds: { approvers: [dba], within: 30s }
sensitive:
  - { columns: [customers.email], mask: hash }
detect: [{ find: [key, email], columns: [notes.body] }]
rules:
  - { name: reads, effects: [read], then: allow }
  - { name: many, effects: [read], tables: [notes], rows_over: { statement: 100, hour: 1000 }, then: hold }
`,
  });
}, 60_000);
afterAll(() => world?.stop());

const told = (sql: string): Promise<string> => explain(sql, { config: join(world.proxy.dir, 'countersign.yaml'), agent: 'reporter', database: 'shop' });

it('shows what runs instead of a statement over masked columns, and what each output column shows', async () => {
  const text = await told('SELECT id, upper(email) AS shout, email FROM customers');
  expect(text).toContain('  uses     public.customers.email derived');
  expect(text).toContain('  sees     id clean\n           shout derived of public.customers.email\n           email masked of public.customers.email');
  expect(text).toMatch(/ {2}runs {5}SELECT id, upper\(email\) AS shout, email FROM \(SELECT /);
  expect(text).toMatch(/verdict {2}mask/);
});

it('says why a statement would be held, and shows nothing of masks where there are none', async () => {
  const text = await told(`SELECT id FROM customers WHERE email > 'a'`);
  expect(text).toMatch(/verdict {2}hold \(rule sensitive\): customers\.email /);
  expect(await told('SELECT 1')).not.toContain('masked columns');
});

it('says what is looked for in values', async () => {
  expect(await told('SELECT upper(body) FROM notes')).toContain('values of text are searched, by where they come from, for email, key\n');
  expect(await told('SELECT name FROM customers')).not.toContain('searched');
});

it('says how many rows may come', async () => {
  const text = await told('SELECT body FROM notes');
  expect(text).toMatch(/verdict {2}allow/);
  expect(text).toContain('         when its result has more than 100 rows, and is held there by rule many\n         when this agent has read within an hour more than 1000 rows, and is held there by rule many');
  expect(await told('SELECT name FROM customers')).not.toContain('rows, and is');
});

it('says where the policy only observes, and where that isn\'t enough to let it run', async () => {
  const file = join(world.proxy.dir, 'policy.yaml');
  const policy = readFileSync(file, 'utf8');
  writeFileSync(file, policy.replace('default: hold', 'default: hold\nmode: observe'));
  const update = await told('UPDATE notes SET body = \'\'');
  expect(update).toContain('verdict  hold (rule default): no rule covers update here, so the statement is held by default\n         1 of dba within 30 s, inline\n         but the policy only observes: it runs');
  expect(await told('SELECT body FROM notes')).toContain('is held there by rule many, but only observed');
  for (const kept of ['CREATE TABLE t (id int)', 'SELECT id FROM customers WHERE email > \'a\'']) expect(await told(kept)).not.toContain('observe');
  writeFileSync(file, policy);
});
