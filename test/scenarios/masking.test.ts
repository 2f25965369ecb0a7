/** What agents see of masked columns, and what they may do with them, whatever the protocol. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS, requestOf, type StoryAgent, type StoryWorld } from './dialects.ts';
import { eventually } from './world.ts';

const SCHEMA = `create table customers (id int primary key, name varchar(40) not null, email varchar(80) unique, ssn char(11) not null, balance numeric(10,2));
  insert into customers values (1, 'ann', 'ann@example.com', '111-11-1111', 10.50), (2, 'bob', 'bob@example.org', '222-22-2222', 20.25), (3, 'cy', null, '333-33-3333', null);
  create table orders (id int primary key, customer_id int, note varchar(40));
  insert into orders values (1, 1, 'first'), (2, 2, 'second'), (3, 2, 'third');
  create view people as select id, name, email from customers`;

/** What a name without a schema means is a question of the search path. */
const NAMESAKES = 'create schema old; create table old.customers (id int, email text); create table old.orders (id int)';

const POLICY = `version: 1
default: hold
holds: { approvers: [dba], within: 30s }
sensitive:
  - { columns: [customers.email, moved.email, swapped.email], mask: email, unmask: [apps] }
  - { columns: [customers.ssn], mask: redact, filtered: deny }
  - { columns: [customers.balance], mask: redact, filtered: mask }
rules:
  - { name: harmless, effects: [read, transaction, session, insert, update, delete, lock, notify], then: allow }
  - { name: definitions, effects: [create, alter, drop, export, dynamic], then: hold }
  - { name: code, effects: [routine], then: allow }
  - { name: no-server, effects: [server_io, admin, replication], then: deny }
`;

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  let agent: StoryAgent;
  beforeAll(async () => {
    world = await dialect.start({ schema: dialect.name === 'PostgreSQL' ? `${SCHEMA}; ${NAMESAKES}` : SCHEMA, policy: POLICY });
    agent = await world.agent();
  }, 120_000);
  afterAll(() => world?.stop());

  const rows = async (text: string): Promise<unknown> => {
    const { rows: found, error } = await agent.run(text);
    if (error !== undefined) throw new Error(`${error.code} ${error.message}`);
    return found;
  };
  const refusal = async (text: string): Promise<string> => (await agent.run(text)).error?.message ?? 'answered';
  /** Sends what is held; answers with why, and withdraws it. */
  const held = async (text: string): Promise<string> => {
    return String((await requestOf(world, await world.agent(), text))['reason']);
  };

  it('masked columns leave as their masks, NULL as NULL', async () => {
    expect(await rows('select id, email, ssn from customers order by id')).toEqual([['1', '***@example.com', '***'], ['2', '***@example.org', '***'], ['3', null, '***']].map((row) => row.map((cell) => (cell === '***' ? expect.stringMatching(/^\*\*\* *$/) as unknown : cell))));
  });

  it('whole rows, expressions, joins, subqueries and views show the same masks', async () => {
    expect(await rows('select upper(c.email), o.note from customers c join orders o on o.customer_id = c.id order by o.id')).toEqual([['***@EXAMPLE.COM', 'first'], ['***@EXAMPLE.ORG', 'second'], ['***@EXAMPLE.ORG', 'third']]);
    expect(await rows('select x.email from (select * from customers where id = 2) x')).toEqual([['***@example.org']]);
    expect(await rows('with w as (select * from customers) select w.email from w where w.id = 1')).toEqual([['***@example.com']]);
    // PostgreSQL's views are read through, MySQL's show what is masked in them by masks of their own.
    expect(await rows('select email from people order by id')).toEqual([[expect.stringMatching(/^\*\*\*(@example.com)?$/)], [expect.stringMatching(/^\*\*\*(@example.org)?$/)], [expect.toSatisfy((cell: unknown) => cell === null || cell === '***')]]);
  });

  it.runIf(dialect.name === 'PostgreSQL')('what SQL has prepared runs over the masks, and by name', async () => {
    await rows('prepare by_id (int) as select id, email from customers where id = $1');
    expect(await rows('execute by_id (2)')).toEqual([['2', '***@example.org']]);
    await rows('prepare joined as select o.note, c.email from orders o join customers c on c.id = o.customer_id where o.id = 1');
    expect(await rows('execute joined')).toEqual([['first', '***@example.com']]);
    expect(await refusal('prepare longest as select max(length(ssn)) from customers')).toContain('customers.ssn');
    await rows('deallocate all');
  });

  it.runIf(dialect.name === 'PostgreSQL')('a temporary table hides no table with masked columns', async () => {
    const other = await world.agent();
    const reason = async (text: string): Promise<string> => (await other.run(text)).error?.message ?? 'answered';
    await other.run(dialect.defer);
    for (const text of ['create temp table customers (id int)', 'create table pg_temp.customers (id int)', 'create temp view people as select 1 as id', 'select 1 as id into temp customers']) {
      expect(await reason(text)).toContain('A temporary table would hide');
    }
    other.destroy();
  });

  it('statements that don\'t use masked columns run over masked tables, and nobody is asked', async () => {
    expect(await rows('select name from customers where id in (select customer_id from orders) order by name')).toEqual([['ann'], ['bob']]);
    expect(await rows('select count(*) from customers')).toEqual([['3']]);
    expect(await rows('select name from customers where email is null')).toEqual([['cy']]);
  });

  it('a row is found by a masked value that is known, and the answer shows the mask', async () => {
    expect(await rows(`select id, email from customers where email = 'bob@example.org'`)).toEqual([['2', '***@example.org']]);
    expect(await rows(`select id from customers where email = 'nobody@example.org'`)).toEqual([]);
    expect(await rows(`select c.name from customers c where c.id > 0 and c.email in ('ann@example.com', 'bob@example.org') order by c.id`)).toEqual([['ann'], ['bob']]);
  });

  it('other conditions are held or refused with a reason, unless the policy wants them over the mask', async () => {
    expect(await held(`select id from customers where email like 'a%'`)).toContain('customers.email');
    expect(await held('select name from customers order by email')).toContain('customers.email');
    expect(await refusal(`select id from customers where ssn = '111-11-1111'`)).toContain('customers.ssn');
    expect(await rows('select count(*) from customers where balance > 5')).toEqual([['0']]);
  });

  it('what is released after a hold runs over the masks', async () => {
    const other = await world.agent();
    other.send(`select id, email from customers where email like '***%' order by id`);
    const { id } = await world.proxy.pending(/like '\*\*\*%'/);
    await world.proxy.decide(id, 'approve');
    expect((await other.ended()).rows).toEqual([['1', '***@example.com'], ['2', '***@example.org']]);
    other.destroy();
    expect((await world.proxy.call<{ masked: string[] }>(`/api/v1/requests/${id}`)).masked).toEqual([expect.stringMatching(/^(public|shop)\.customers\.email$/)]);
  });

  it('masked values are not written elsewhere unasked', async () => {
    expect(await held('insert into orders select id + 100, id, email from customers')).toContain('customers.email');
  });

  it('masked columns can be written and looked up by, but not read, by what changes rows', async () => {
    expect(await rows(`update customers set email = 'cy@example.net' where id = 3`)).toEqual([]);
    expect(await world.sql('select email from customers where id = 3')).toEqual([{ email: 'cy@example.net' }]);
    expect(await rows(`update customers set name = 'cyd' where email = 'cy@example.net'`)).toEqual([]);
    expect(await world.sql('select name from customers where id = 3')).toEqual([{ name: 'cyd' }]);
    expect(await held('update customers set name = email where id = 3')).toContain('customers.email');
    expect(await held(`update customers set name = 'x' where email like 'cy%'`)).toContain('customers.email');
    await rows(`update customers set email = null, name = 'cy' where id = 3`);
  });

  it('what a batch answers beside a write to a masked table goes on, expressions too', async () => {
    const other = await world.agent();
    expect((await other.run(`update customers set name = 'cy' where id = 3; select 40 + 2`)).rows).toEqual([['42']]);
    expect((await other.run('select upper(name) from customers where id = 3')).rows).toEqual([['CY']]);
    other.destroy();
  });

  it('a mask isn\'t written back', async () => {
    expect(await held(`update customers set email = '***@example.com' where id = 1`)).toContain('customers.email');
  });

  it.runIf(dialect.name === 'PostgreSQL')('what a write is released for doesn\'t answer with real values, and what would is refused', async () => {
    const other = await world.agent();
    const text = `update customers set name = 'ann' where email like 'ann@%' returning id, email`;
    other.send(text);
    const { id } = await world.proxy.pending(text);
    await world.proxy.decide(id, 'approve');
    expect((await other.ended()).rows).toEqual([['1', '***@example.com']]);
    other.destroy();
    for (const each of [
      'with d as (update customers set name = name returning email) select email from d', 'update customers set name = name returning upper(email)',
      'update customers set name = email returning name', 'update customers c set name = name returning c',
    ]) expect(await refusal(each)).toContain('RETURNING');
  });

  it.runIf(dialect.name === 'PostgreSQL')('a text doesn\'t show what runs in its place', async () => {
    expect(await refusal('select current_query(), id from customers')).toContain('current_query');
    expect(await rows('select current_query()')).toEqual([['select current_query()']]);
  });

  it.runIf(dialect.name === 'PostgreSQL')('functions that show what others run, or tables as they are stored, are refused', async () => {
    await world.sql('create view public.acts as select pid, query from pg_stat_get_activity(null); grant select on public.acts to public');
    for (const text of [
      'select statement from pg_prepared_statement()', 'select * from pg_catalog.pg_cursor()', 'select pg_stat_get_backend_activity(1)', 'select query from pg_stat_get_activity(null)', 'select pg_stat_get_activity(null)',
      `copy (select query from pg_stat_get_activity(null)) to stdout`, 'prepare a as select * from pg_cursor()', 'select query from acts',
    ]) expect(await refusal(text)).toMatch(/masked for this agent, and pg_catalog\.pg_\w+ may show/);
    expect((await rows('select query from pg_stat_activity where pid = pg_backend_pid()'))).toEqual([[null]]);
  });

  it.runIf(dialect.name === 'MySQL')('functions and procedures of sys that show what others run are refused', async () => {
    for (const text of ['select sys.ps_thread_stack(1, true)', 'call sys.ps_trace_thread(1, \'x\', null, null, true, true, true)', 'call sys.diagnostics(1, 1, \'current\')', 'select `sys`.PS_THREAD_TRX_INFO(1)'])
      expect(await refusal(text)).toContain('may show their values');
  });

  it('errors say nothing of masked values', async () => {
    const message = await refusal(`insert into customers values (9, 'x', 'ann@example.com', '9', 1)`);
    expect(message).not.toContain('ann@example.com');
    expect(message).not.toContain('answered');
    expect(await refusal('select cast(ssn as int) + 1 from customers where 1 = 1 and cast(id as int) > 0 and 1 / (id - id) > 0')).not.toContain('111-11');
  });

  it('agents of a group that may see them see the values, and the same journal tells what ran', async () => {
    const writer = await world.agent({ user: 'writer' });
    expect((await writer.run('select email, ssn from customers where id = 1')).rows).toEqual([['ann@example.com', expect.stringMatching(/^\*\*\* *$/)]]);
    writer.destroy();
    await eventually(async () => (await world.proxy.journal()).some(({ event }) => event.kind === 'form' && event.ran.includes('***') && event.text.startsWith('select id, email, ssn')), 'the form that ran');
  });

  it('a change beside the proxy is known within seconds: names that were swapped, a view that shows something else', async () => {
    const other = await world.agent();
    const seen = async (): Promise<string> => JSON.stringify(await other.run('select upper(what) from shown'));
    await world.sql(`create table moved (id int primary key, name varchar(80), email varchar(80)); insert into moved values (1, 'ann', 'ann@moved.example'); create view shown as select id, name as what from moved${dialect.name === 'PostgreSQL' ? '; grant select on shown to app' : ''}`);
    await eventually(async () => (await seen()).includes('ANN'), 'the new view');
    await world.sql('create or replace view shown as select id, email as what from moved');
    await eventually(async () => !(await seen()).includes('ANN'), 'the changed view');
    other.destroy();
  });

  it.runIf(dialect.name === 'PostgreSQL')('names that are swapped beside the proxy show nothing, not even in the moment before it is known', async () => {
    const other = await world.agent();
    await world.sql(`create table swapped (id int primary key, name text, email text); insert into swapped values (1, 'ann', 'secret77@swapped.example'); grant select on swapped to app`);
    const ask = async (): Promise<string> => JSON.stringify(await other.run('select upper(name) from swapped'));
    await eventually(async () => (await ask()).includes('ANN'), 'the table');
    const swap = 'begin; alter table swapped rename email to x; alter table swapped rename name to email; alter table swapped rename x to name; commit';
    const answers: string[] = [];
    for (let round = 0; round < 7; round++) {
      other.send('select upper(name) from swapped', 'select upper(name) from swapped');
      const swapped = world.sql(swap);
      answers.push(JSON.stringify([await other.ended(), await other.ended()]));
      await swapped;
      answers.push(await ask());
    }
    await eventually(async () => {
      answers.push(await ask());
      return !answers.at(-1)?.includes('40001');
    }, 'the catalog is read');
    expect(answers.join()).not.toContain('SECRET77');
    expect(answers.join()).toContain('40001');
    other.destroy();
  });
});
