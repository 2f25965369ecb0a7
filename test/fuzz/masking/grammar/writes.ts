/** INSERT, UPDATE, DELETE, MERGE and what they answer with. Each runs in a transaction that is taken back. */

import { MASKED } from '../relations.ts';
import type { Item } from './draw.ts';
import type { Queries } from './queries.ts';
import { type Script, undone } from './script.ts';

/** A write, and a look at what it did. */
export function write(queries: Queries, mayBePrepared = true): Script {
  const { random } = queries;
  const target = 'customers' in queries.relations ? random.pick(['customers', 'customers', 'orders', 'accounts', 'events']) : 'orders';
  const make = (): string => statement(queries, target);
  const step = mayBePrepared && random.chance(4) ? queries.prepared(make) : make();
  return undone('write', [step, ...(queries.postgres ? [] : ['show warnings']), `select count(*), min(id), max(id) from ${target}`, ...(random.chance(3) ? [queries.query(2)] : [])]);
}

function statement(queries: Queries, target: string): string {
  const makers = [update, remove, insert, ...(queries.postgres ? [merge] : [multiple]), ...(target === 'customers' ? [onCustomers] : [])];
  return queries.random.pick(makers)(queries, target);
}

/** Usually what isn't masked of it: conditions on a target's own masked columns are refused. */
function targetOf(queries: Queries, name: string): readonly Item[] {
  const item = queries.relation(name);
  return [queries.random.chance(4) ? item : { ...item, columns: item.columns.filter((column) => MASKED[name]?.includes(column.name) !== true) }];
}

/** One column set to something. */
function assignment(queries: Queries, name: string): string {
  const { random } = queries;
  const text = name === 'customers' ? random.pick(['name', 'region', 'email']) : name === 'orders' ? 'note' : name === 'accounts' ? 'iban' : 'kind';
  const own = queries.relation(name);
  return random.pick([
    () => `${text} = ${queries.literal('text')}`,
    () => `${text} = ${queries.expression('text', targetOf(queries, name), 1)}`,
    () => `${text} = (select max(note) from orders)`,
    () => `${text} = (${queries.select(['text'], 1)} limit 1)`,
    () => `${text} = ${queries.column([own], 'text')}`,
    () => (name === 'orders' ? `total = total / ${queries.literal('number')}` : `${text} = ${queries.cast('text', queries.column([own], 'number'))}`),
    () => `${text} = default`,
  ])();
}

function update(queries: Queries, target: string): string {
  const { random, postgres } = queries;
  const where = queries.condition(targetOf(queries, target), 1);
  if (postgres && random.chance(3)) {
    const item = queries.anyRelation();
    const other = { ...item, alias: 'o' };
    return `update ${target} set ${assignment(queries, target)} from ${item.sql} as o where ${queries.condition([...targetOf(queries, target), other], 1)}${returning(queries, target)}`;
  }
  const limit = !postgres && random.chance(4) ? ' order by id limit 2' : '';
  return `update ${target} set ${assignment(queries, target)}${random.chance(4) ? `, ${assignment(queries, target)}` : ''} where ${where}${limit}${returning(queries, target)}`;
}

function remove(queries: Queries, target: string): string {
  const { random, postgres } = queries;
  if (random.chance(3)) return `delete from orders where customer_id in (${queries.select(['number'], 1)})`;
  if (postgres && random.chance(3)) {
    const item = queries.anyRelation();
    return `delete from ${target} using ${item.sql} as o where ${queries.condition([...targetOf(queries, target), { ...item, alias: 'o' }], 1)}${returning(queries, target)}`;
  }
  return `delete from ${target} where ${queries.condition(targetOf(queries, target), 1)}${returning(queries, target)}`;
}

const COLUMNS: Readonly<Record<string, string>> = { customers: 'id, name, ssn', orders: 'id, customer_id, note', accounts: 'id, customer_id, iban', events: 'id, customer_id, token' };

function insert(queries: Queries, target: string): string {
  const { random, postgres } = queries;
  const id = random.chance(2) ? 1 + random.number(20) : 1000 + random.number(1000);
  const second = target === 'customers' ? queries.literal('text') : queries.literal('number');
  const into = `insert ${!postgres && random.chance(4) ? 'ignore ' : ''}into ${target} (${COLUMNS[target] ?? 'id'})`;
  const last = target === 'customers' ? `'000-00-0000'` : queries.literal('text');
  const name = target === 'customers' ? 'name' : target === 'orders' ? 'note' : target === 'accounts' ? 'iban' : 'kind';
  return random.pick([
    () => `${into} values (${id}, ${second}, ${last})${returning(queries, target)}`,
    () => `${into} values (${id}, ${second}, ${last}) ${conflict(queries, target, name)}${returning(queries, target)}`,
    () => `${into} ${queries.select(['number', target === 'customers' ? 'text' : 'number', 'text'], 1)}${returning(queries, target)}`,
    () => `${into} values (${id}, ${second}, ${last}), (${id + 1}, ${second}, (${queries.select(['text'], 1)} limit 1))`,
    () => (postgres ? `${into} values (${id}, ${second}, ${last}) on conflict do nothing${returning(queries, target)}` : `replace into ${target} (${COLUMNS[target] ?? 'id'}) values (${id}, ${second}, ${last})`),
    () => `insert into notes (id, body) ${queries.select(['number', 'text'], 1)}`,
  ])();
}

function conflict(queries: Queries, target: string, name: string): string {
  const { random } = queries;
  const own = queries.column([queries.relation(target)], 'text');
  if (!queries.postgres) return `on duplicate key update ${name} = ${random.pick([`'again'`, own, `values(${name})`, `concat(${own}, 'x')`, `if(${own} > 'm', 'a', 'b')`])}`;
  const where = random.chance(3) ? ` where ${queries.condition(targetOf(queries, target), 1)}` : '';
  return `on conflict (id) do update set ${name} = ${random.pick([`'again'`, own, `excluded.${name}`, `excluded.${name} || 'x'`])}${where}`;
}

function merge(queries: Queries, target: string): string {
  const { random } = queries;
  const source = queries.relation(target === 'customers' ? 'orders' : random.pick(Object.keys(queries.relations)));
  const items = [...targetOf(queries, target).map((item) => ({ ...item, alias: 'm' })), { ...source, alias: 's' }];
  const on = random.chance(3) ? queries.condition(items, 0) : 'm.id = s.id';
  const [first, second = first] = (COLUMNS[target] ?? 'id').split(', ');
  const values = `(s.id + 5000, ${target === 'customers' ? queries.expression('text', items.slice(1), 1) : 's.id'}, ${queries.expression('text', items.slice(1), 1)})`;
  const whens = random.several(1, 2, () => random.pick([
    () => `when matched${random.chance(2) ? ` and ${queries.condition(items, 0)}` : ''} then update set ${second} = ${queries.expression(target === 'customers' ? 'text' : 'number', items, 1)}`,
    () => `when matched${random.chance(2) ? ` and ${queries.condition(items, 0)}` : ''} then ${random.pick(['delete', 'do nothing'])}`,
    () => `when not matched then insert (${COLUMNS[target] ?? 'id'}) values ${values}`,
    () => `when not matched by source then delete`,
  ])());
  return `merge into ${target} as m using ${source.sql} as s on ${on} ${whens.join(' ')}${random.chance(2) ? ` returning ${random.pick(['merge_action(), m.id', '*', 's.id', 'm.*', 'old.id, new.id'])}` : ''}`;
}

/** MySQL's UPDATE and DELETE over several tables. */
function multiple(queries: Queries): string {
  const { random } = queries;
  const other = queries.anyRelation();
  const items = [{ ...queries.relation('orders'), alias: 'o' }, { ...other, alias: 'c' }];
  const on = random.chance(2) ? 'c.id = o.customer_id' : queries.condition(items, 0);
  return random.pick([
    () => `update orders o join ${other.sql} c on ${on} set o.note = ${queries.expression('text', items, 1)} where ${queries.condition(items, 1)}`,
    () => `update orders o, ${other.sql} c set o.note = 'z' where ${on}`,
    () => `delete o from orders o join ${other.sql} c on ${on} where ${queries.condition(items, 1)}`,
    () => `delete from o using orders o left join ${other.sql} c on ${on} where ${queries.condition(items, 1)}`,
  ])();
}

function onCustomers(queries: Queries): string {
  const { random, postgres } = queries;
  return random.pick([
    `update customers set name = email`, `update customers set email = 'new@example.com'`, `update customers set balance = 5 where id < 4`, `update customers set balance = balance + 1`,
    `insert into notes select id + 5000, email from customers`, `insert into notes values (77, (select max(email) from customers))`, `update orders set note = (select min(email) from customers c2)`,
    `delete from customers where email = 'a001@left0.example'`, `update customers set name = 'x' where ssn = '007-11-0001'`,
    ...(postgres ? [
      `update customers set name = 'x' where id < 4 returning old.id, new.name, old.email`, `update customers set (name, region) = (select note, email from orders, people where orders.id = 1 limit 1)`,
      `with gone as (delete from orders where id < 5 returning *) select * from gone, customers c where c.id = gone.customer_id`,
      `with changed as (update customers set name = 'y' where id < 4 returning *) select ${random.pick(['*', 'email', 'count(*)', 'max(ssn)'])} from changed`,
      `with added as (insert into notes select id + 900, name from customers returning id, body) select * from added order by id`,
      `with seen as (select email from customers) update orders set note = 'seen' from seen where seen.email like 'a%' returning orders.id`,
    ] : []),
  ]);
}

function returning(queries: Queries, target: string): string {
  const { random, postgres } = queries;
  if (!postgres || random.chance(2)) return '';
  const item = queries.relation(target);
  return ` returning ${random.pick([
    '*', queries.column([item]), `${queries.column([item])}, ${queries.column([item])}`, `${target}.*`, 'old.*, new.*', `old.id, new.id`, `upper(${queries.column([item], 'text')})`, target, `new.id + old.id`, 'id',
    `(select count(*) from customers)`, `old`,
  ])}`;
}
