/** What runs in the place of statements over masked columns, by the messages of PostgreSQL's extended protocol: nothing but the values differs. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { frames, WireClient } from '../support/wire.ts';
import { eventually, startWorld, type World } from './world.ts';

const SCHEMA = `create domain code as varchar(12);
  create type mood as enum ('glad', 'sad');
  create table customers (id int primary key, name varchar(40) not null, email varchar(80) unique, ssn char(11) not null, balance numeric(10,2), born date, tags text[], feels mood, short code, doc jsonb, at timestamptz(3));
  insert into customers select n, 'name ' || n, 'c' || n || '@example.com', lpad(n::text, 11, '0'), n * 1.5, '2001-02-03', '{a,b}', 'glad', 'x', '{"a": 1}', '2024-01-02 03:04:05.678+00' from generate_series(1, 20) n;
  create table orders (id int primary key, customer_id int references customers, note varchar(40));
  insert into orders select n, n, 'note ' || n from generate_series(1, 20) n;
  create view people as select id, name, email from customers`;

const MASKED = ['customers.ssn', 'customers.balance', 'customers.born', 'customers.tags', 'customers.feels', 'customers.short', 'customers.doc', 'customers.at'];
const policy = (email: string): string => `version: 1
default: hold
holds: { approvers: [dba] }
sensitive:
  - { columns: [customers.email], mask: ${email} }
  - { columns: [${MASKED.join(', ')}], mask: redact }
rules:
  - { name: harmless, effects: [read, transaction, session, insert, update, delete, lock], then: allow }
`;

let world: World;
let client: WireClient;
const reload = async (email: string): Promise<void> => {
  writeFileSync(join(world.proxy.dir, 'policy.yaml'), policy(email));
  if (!(await world.proxy.proxy.reloadPolicy())) throw new Error('the policy was not loaded');
};
beforeAll(async () => {
  world = await startWorld({ schema: SCHEMA, policy: policy('email') });
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  await reload('email');
  client = await world.agent();
});
afterEach(() => client?.destroy());

const data = (lines: readonly string[]): string[] => lines.filter((line) => /^B (?:DataRow|ErrorResponse|PortalSuspended|CommandComplete)/.test(line)).map((line) => line.slice(2));
const ask = async (...messages: readonly Uint8Array[]): Promise<string[]> => {
  client.send(...messages, frames.sync());
  return data(await client.until('ReadyForQuery'));
};
const parse = (text: string, name = '', types: number[] = []): Uint8Array => frames.parse({ name, text, types });

describe('a description', () => {
  /** Names, types, lengths, modifiers and formats of parameters and columns, without where columns come from. */
  async function described(by: WireClient, text: string, types: number[]): Promise<unknown[]> {
    by.send(parse(text, '', types), frames.describe({ type: 'S', name: '' }), frames.sync());
    const found: unknown[] = [];
    for (let message = await by.next(); message?.name !== 'ReadyForQuery'; message = await by.next()) {
      if (message === undefined) throw new Error('the connection ended');
      if (message.name === 'ErrorResponse') found.push(message.line);
      if (message.name === 'ParameterDescription' || message.name === 'NoData') found.push(message.line);
      if (message.name === 'RowDescription') found.push(fields(message.frame));
    }
    return found;
  }

  function fields(frame: Buffer): unknown[] {
    const found: unknown[] = [];
    for (let at = 7; at < frame.length;) {
      const end = frame.indexOf(0, at);
      found.push([frame.toString('utf8', at, end), frame.readUInt32BE(end + 7), frame.readInt16BE(end + 11), frame.readInt32BE(end + 13), frame.readInt16BE(end + 17)]);
      at = end + 19;
    }
    return found;
  }

  it.each<[string, number[]?]>([
    ['select * from customers'], ['table customers'], ['select c.*, o.note from customers c join orders o on o.customer_id = c.id where c.id = $1 and o.note like $2'], ['select email, upper(email), email as e2, count(*) from customers where id = $1 group by 1, 2, 3'],
    ['select ssn, balance + $1, born + $2::int, tags || $3, doc -> $4 from customers'], ['select * from people where email = $1'], ['select id from customers where email = $1 and ssn is not null'], ['select id from customers where email in ($1, $2)'], [`select id from customers where email in ($1, 'a') and id in ($2, 3)`], ['select id from customers where email in ($1)'], ['select id from customers where email in ($1::text, $2)'], ['select id from customers where email in ($1, $2)', [25, 0]],
    ['with w as (select * from customers where id = any($1)) select w.email, w.feels, w.short, w.at from w'], ['select (select email from customers where id = $1), exists (select 1 from customers where id = $2)'], ['select id from customers where id = $1', [20]],
    ['insert into customers (id, name, email, ssn, feels) values ($1, $2, $3, $4, $5) returning id, email'], ['update customers set email = $1, balance = $2 where id = $3'], ['delete from customers where email = $1 returning name'],
    ['select c from customers c where id = $1'], ['select coalesce(email, $1) as email, case when $2 then ssn end from customers'], ['select 1'], ['begin'], ['select email from customers union all select note from orders where id = $1'],
    ['select x.email, x."?column?" from (select email, 1 from customers limit $1) x'], ['select $1::int, email from customers order by id limit $2 offset $3'],
  ])('of %s is what the database itself would say', async (text, types = []) => {
    const { host, port } = world.server;
    const direct = await WireClient.login({ host, port, user: 'app', password: 'upstream', database: 'shop' });
    const wanted = await described(direct, text, types);
    direct.destroy();
    const got = await described(client, text, types);
    expect(got).toEqual(wanted);
    expect(JSON.stringify(got)).not.toContain('ErrorResponse');
  });
});

describe('masks that change', () => {
  it('between Parse and Bind: what is bound runs over the new ones', async () => {
    expect(await ask(parse('select email from customers where id = 1', 's'))).toEqual([]);
    await reload('redact');
    expect(await ask(frames.bind({ statement: 's' }), frames.execute({}))).toEqual(['DataRow "***"', 'CommandComplete "SELECT 1"']);
    await reload('email');
    expect(await ask(frames.bind({ statement: 's' }), frames.execute({}))).toEqual(['DataRow "***@example.com"', 'CommandComplete "SELECT 1"']);
  });

  it('between Bind and Execute: the portal isn\'t executed, and can be bound again', async () => {
    await client.query('begin');
    expect(await ask(parse('select email from customers where id = 1', 's'), frames.bind({ statement: 's', portal: 'p' }))).toEqual([]);
    await reload('redact');
    expect((await ask(frames.execute({ portal: 'p' })))[0]).toMatch(/^ErrorResponse .*C="42501"/);
    await client.query('rollback');
    expect(await ask(frames.bind({ statement: 's' }), frames.execute({}))).toEqual(['DataRow "***"', 'CommandComplete "SELECT 1"']);
  });

  it('between two Executes of a portal: the rest isn\'t delivered', async () => {
    await client.query('begin');
    expect(await ask(parse('select email from customers order by id', 's'), frames.bind({ statement: 's', portal: 'p' }), frames.execute({ portal: 'p', rows: 1 }))).toEqual(['DataRow "***@example.com"', 'PortalSuspended']);
    await reload('redact');
    expect((await ask(frames.execute({ portal: 'p', rows: 1 })))[0]).toMatch(/^ErrorResponse .*C="42501"/);
    await client.query('rollback');
  });

  it('after PREPARE: EXECUTE is refused with what to do, which then works', async () => {
    await client.query('prepare q (int) as select email from customers where id = $1');
    expect(data(await client.query('execute q(1)'))).toEqual(['DataRow "***@example.com"', 'CommandComplete "SELECT 1"']);
    await reload('redact');
    expect(data(await client.query('execute q(1)'))[0]).toContain('prepare it again');
    expect((await ask(parse('execute q(1)'), frames.bind({}), frames.execute({})))[0]).toContain('prepare it again');
    await client.query('deallocate q');
    await client.query('prepare q (int) as select email from customers where id = $1');
    expect(data(await client.query('execute q(1)'))).toEqual(['DataRow "***"', 'CommandComplete "SELECT 1"']);
    // A policy that is as it was knows the old form again.
    await reload('email');
    expect(data(await client.query('execute q(1)'))[0]).toContain('prepare it again');
    expect(data(await client.query('create table copies as execute q(1)'))[0]).toContain('ErrorResponse');
  });

  it('before PREPARE, in the same text as EXECUTE, or by the protocol', async () => {
    expect(data(await client.query('prepare a as select email from customers where id = 2; execute a'))).toEqual(['CommandComplete "PREPARE"', 'DataRow "***@example.com"', 'CommandComplete "SELECT 1"']);
    await ask(parse('select email from customers where id = $1', 'b'));
    expect(data(await client.query('execute b(3)'))).toEqual(['DataRow "***@example.com"', 'CommandComplete "SELECT 1"']);
    await client.query('prepare plain as select note from orders where id = 1');
    await reload('redact');
    expect(data(await client.query('execute plain'))).toEqual(['DataRow "note 1"', 'CommandComplete "SELECT 1"']);
    expect(data(await client.query('execute b(3)'))[0]).toContain('prepare it again');
    await client.query('deallocate all');
  });

  it('a text that only looks like what was sent isn\'t believed', async () => {
    const text = 'select email from customers where id = 4';
    await client.query(text);
    let form = '';
    await eventually(async () => {
      for (const { event } of await world.proxy.journal()) if (event.kind === 'form' && event.text === text) form = event.ran;
      return form !== '';
    }, 'the form');
    // Where `customers` is another table, nothing of it is masked.
    await world.sql('create schema if not exists other authorization app; set role app; create table if not exists other.customers (id int, email text); reset role');
    await client.query('set search_path = other');
    await eventually(async () => !(await client.query('select count(*) from customers')).join().includes('ErrorResponse'), 'the catalog');
    // In a batch that makes names it isn't told which table is meant.
    expect((await client.query(`prepare evil as ${text}; select $f$${form}$f$, name from public.customers where id = 4`)).join()).toContain('name its schema');
    await client.query(`prepare worse as ${text} -- ${form}`);
    await client.query('set search_path = public');
    expect(JSON.stringify(data(await client.query('execute worse')))).not.toContain('c4@');
    expect(JSON.stringify(await ask(frames.bind({ statement: 'worse' }), frames.execute({})))).not.toContain('c4@');
  });

  it('after DECLARE: FETCH is refused', async () => {
    await client.query('begin; declare c cursor for select email from customers order by id');
    expect(data(await client.query('fetch c'))).toEqual(['DataRow "***@example.com"', 'CommandComplete "FETCH 1"']);
    await reload('redact');
    expect(data(await client.query('fetch c'))[0]).toContain('ErrorResponse');
    await client.query('rollback');
  });
});

describe('portals over forms', () => {
  it('are executed in parts, beside another one, and backwards by SQL', async () => {
    await client.query('begin');
    expect(await ask(
      parse('select id, email from customers where id < $1 order by id', 's'), frames.bind({ statement: 's', portal: 'p', values: ['4'] }), frames.bind({ statement: 's', portal: 'q', values: ['3'] }),
      frames.execute({ portal: 'p', rows: 1 }), frames.execute({ portal: 'q', rows: 5 }), frames.execute({ portal: 'p', rows: 1 }),
    )).toEqual(['DataRow "1" "***@example.com"', 'PortalSuspended', 'DataRow "1" "***@example.com"', 'DataRow "2" "***@example.com"', 'CommandComplete "SELECT 2"', 'DataRow "2" "***@example.com"', 'PortalSuspended']);
    expect(await ask(frames.execute({ portal: 'p', rows: 0 }))).toEqual(['DataRow "3" "***@example.com"', 'CommandComplete "SELECT 1"']);
    expect(await ask(frames.bind({ statement: 's', portal: 'r', values: ['20'] }), frames.execute({ portal: 'r', rows: 2 }))).toHaveLength(3);
    expect(data(await client.query('fetch 2 from r'))).toEqual(['DataRow "3" "***@example.com"', 'DataRow "4" "***@example.com"', 'CommandComplete "FETCH 2"']);
    await client.query('commit');
  });

  it('as binary, described or not', async () => {
    for (const describes of [[], [frames.describe({ type: 'P', name: '' })]]) {
      expect(await ask(parse('select email, ssn from customers order by id'), frames.bind({ binary: true }), ...describes, frames.execute({ rows: 2 }))).toEqual(['DataRow "***@example.com" "***        "', 'DataRow "***@example.com" "***        "', 'PortalSuspended']);
    }
  });
});

it('a prepared statement that has become a generic plan shows the same masks, and looks up the same rows', async () => {
  const lookup = 'select id, email, balance from customers where email = $1';
  await ask(parse(lookup, 'lookup'), parse('select email from customers where id = $1', 'point'));
  for (let run = 1; run <= 9; run++) {
    expect(await ask(frames.bind({ statement: 'lookup', values: [`c${run}@example.com`] }), frames.execute({}))).toEqual([`DataRow "${run}" "***@example.com" "0.00"`, 'CommandComplete "SELECT 1"']);
    expect(await ask(frames.bind({ statement: 'point', values: [String(run)] }), frames.execute({}))).toEqual(['DataRow "***@example.com"', 'CommandComplete "SELECT 1"']);
  }
  expect(data(await client.query('select name, generic_plans > 0, statement from pg_prepared_statements order by name'))).toEqual(['DataRow "lookup" "t" NULL', 'DataRow "point" "t" NULL', 'CommandComplete "SELECT 2"']);
  expect(await ask(frames.bind({ statement: 'lookup', values: ['***@example.com'] }), frames.execute({}))).toEqual(['CommandComplete "SELECT 0"']);
});

it('looks rows up by lists of values', async () => {
  expect(await ask(parse('select id from customers where email in ($1, $2, $3) order by id'), frames.bind({ values: ['c7@example.com', 'nobody', 'c9@example.com'] }), frames.execute({}))).toEqual(['DataRow "7"', 'DataRow "9"', 'CommandComplete "SELECT 2"']);
});
