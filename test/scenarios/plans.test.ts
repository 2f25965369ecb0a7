/** Statements over masked tables find their rows by the indexes that they would use without masks. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './world.ts';
import { DIALECTS, type StoryAgent, type StoryWorld } from './dialects.ts';

const ROWS = 5000;
const POLICY = `version: 1
default: hold
holds: { approvers: [dba] }
sensitive:
  - { columns: [customers.email], mask: email, unmask: [apps] }
  - { columns: [customers.ssn], mask: redact, unmask: [apps] }
rules:
  - { name: harmless, effects: [read, transaction, session, update], then: allow }
`;
const TABLE = `create table customers (id int primary key, name varchar(40) not null, city int not null, email varchar(80), ssn char(11) not null);
  create index by_name on customers (name);
  create unique index by_email on customers (email);
  create index by_city on customers (city, name);
  create table orders (id int primary key, customer_id int not null)`;
const FILL: Readonly<Record<string, string>> = {
  PostgreSQL: `insert into customers select n, 'name ' || n, n % 500, 'c' || n || '@example.com', '1' from generate_series(1, ${ROWS}) n; insert into orders select n, n from generate_series(1, ${ROWS}) n; analyze customers, orders`,
  MariaDB: `insert into customers select seq, concat('name ', seq), seq % 500, concat('c', seq, '@example.com'), '1' from seq_1_to_${ROWS}; insert into orders select seq, seq from seq_1_to_${ROWS}; analyze table customers, orders`,
  MySQL: `set session cte_max_recursion_depth = ${ROWS}; insert into customers with recursive s (n) as (select 1 union all select n + 1 from s where n < ${ROWS}) select n, concat('name ', n), n % 500, concat('c', n, '@example.com'), '1' from s;
    insert into orders select id, id from customers; analyze table customers, orders`,
};

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  let agent: StoryAgent;
  let unmasked: StoryAgent;
  beforeAll(async () => {
    world = await dialect.start({ schema: `${TABLE}; ${FILL[dialect.name] ?? ''}`, policy: POLICY });
    [agent, unmasked] = [await world.agent(), await world.agent({ user: 'writer' })];
    // MySQL's plans as tables.
    if (dialect.name === 'MySQL') for (const each of [agent, unmasked]) await each.run(`set explain_format = 'TRADITIONAL'`);
  }, 120_000);
  afterAll(() => world?.stop());

  /** The plan's steps: PostgreSQL's without conditions and names of tables, of MySQL's tables the access type and the key. */
  async function plan(by: StoryAgent, text: string): Promise<string[]> {
    const { rows, error } = await by.run(`${dialect.name === 'PostgreSQL' ? 'explain (costs off)' : 'explain'} ${text}`);
    if (error !== undefined) throw new Error(error.message);
    if (dialect.name === 'PostgreSQL') return steps(rows.map(([line]) => line ?? ''));
    const [type, key] = dialect.name === 'MySQL' ? [4, 6] : [3, 5];
    return rows.map((row) => `${row[type]} ${row[key]}`);
  }

  const steps = (lines: readonly string[]): string[] => lines.filter((line) => /Scan|Join|Loop|Sort|Filter/.test(line)).map((line) => line.replace(/ on (?:customers|orders).*/, ''));

  /** Of what runs in the text's place, asked behind the proxy: an EXPLAIN of look-ups is held, since plans tell of statistics. */
  async function formPlan(text: string): Promise<string> {
    const { error } = await agent.run(text);
    if (error !== undefined) throw new Error(error.message);
    let form = '';
    await eventually(async () => {
      for (const { event } of await world.proxy.journal()) if (event.kind === 'form' && event.text === text) form = event.ran;
      return form !== '';
    }, 'the form');
    return JSON.stringify(await world.sql(dialect.name === 'MySQL' ? `explain format=traditional ${form}` : `explain ${form}`));
  }

  it.each([
    ['the primary key', 'select * from customers where id = 77', /customers_pkey|PRIMARY/], ['a secondary index', `select id, email from customers where name = 'name 77'`, /by_name/],
    ['an index of two columns', `select email, ssn from customers where city = 7`, /by_city/], ['the key of a join', 'select o.id, c.email from orders o join customers c on c.id = o.customer_id where o.id = 5', /customers_pkey|PRIMARY/],
    ['a range', 'select id, email from customers where id between 5 and 9', /customers_pkey|PRIMARY/], ['a list', 'select id, email from customers where id in (5, 9)', /customers_pkey|PRIMARY/],
    ['the last one by a key', 'select id, email from customers order by id desc limit 1', /customers_pkey|PRIMARY/], ['an update by its key', `update customers set name = 'x' where id = 5`, /customers_pkey|PRIMARY/],
  ])('by %s', async (_, text, index) => {
    const [masked, real] = [await plan(agent, text), await plan(unmasked, text)];
    expect(masked.join('\n')).toMatch(index);
    expect(masked).toEqual(real);
  });

  it('by a masked column that is looked up', async () => {
    expect(await formPlan(`select id, name from customers where email = 'c77@example.com'`)).toMatch(/by_email/);
    expect(await formPlan(`select id, name from customers where email in ('c77@example.com', 'c78@example.com')`)).toMatch(/by_email/);
  });
});
