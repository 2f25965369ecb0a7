/** What goes over several statements: prepared ones, cursors, savepoints, temporary tables, the schema that names are looked up in. */

import { namesMasked } from '../relations.ts';
import { OTHER } from '../schema.ts';
import type { Queries } from './queries.ts';
import { query, type Script, script, type Step, undone } from './script.ts';

const quoted = (text: string): string => `'${text.replaceAll(`'`, `''`)}'`;

/** PREPARE, EXECUTE and DEALLOCATE of SQL's own. */
export function prepare(queries: Queries): Script {
  const { random } = queries;
  const name = queries.name('p');
  const step = queries.prepared();
  if (step.how !== 'prepared') throw new Error('a prepared statement is one');
  const { text, parameters } = step;
  if (!queries.postgres) {
    const values = parameters.map(({ value }, index) => `set @a${index} = ${value === null ? 'null' : quoted(value)}`);
    const using = parameters.length === 0 ? '' : ` using ${parameters.map((_, index) => `@a${index}`).join(', ')}`;
    return script('prepare', [`prepare ${name} from ${quoted(text)}`, ...values, ...random.several(1, 2, () => `execute ${name}${using}`)], [`deallocate prepare ${name}`]);
  }
  const names = { number: 'numeric', text: 'text', date: 'date' };
  const types = parameters.length === 0 ? '' : ` (${parameters.map(({ type }) => names[type]).join(', ')})`;
  const values = parameters.length === 0 ? '' : ` (${parameters.map(({ value }) => (value === null ? 'null' : quoted(value))).join(', ')})`;
  const run = `execute ${name}${values}`;
  const uses = random.several(1, 3, () => random.pick([run, run, `explain (costs off) ${run}`, `select name, statement, parameter_types from pg_prepared_statements`, ...(random.chance(8) ? [`create temp table made as ${run}`] : [])]));
  return script('prepare', [`prepare ${name}${types} as ${text}`, ...uses], [`deallocate ${name}`, ...(uses.some((use) => use.startsWith('create')) ? ['drop table if exists made'] : [])]);
}

/** PostgreSQL's cursors, in all directions, and held beyond their transaction. */
export function cursor(queries: Queries): Script {
  const { random } = queries;
  const name = queries.name('c');
  const hold = random.chance(3);
  const fetches = random.several(2, 5, () => {
    const where = random.pick(['next', '3', 'all', 'forward 2', 'backward 2', 'last', 'first', 'absolute 2', 'relative -1', 'prior', 'backward all', '0']);
    return `${random.chance(5) ? 'move' : 'fetch'} ${where} from ${name}`;
  });
  const declare = `declare ${name}${random.chance(4) ? ' binary' : ''}${random.chance(2) ? ' scroll' : ''} cursor${hold ? ' with hold' : ''} for ${queries.query(2)}`;
  const more = random.chance(3) ? [`update orders set note = 'moved' where id < 3`, ...fetches.slice(0, 1)] : [];
  const known = random.chance(4) ? ['select name, statement, is_holdable, is_scrollable from pg_cursors'] : [];
  if (hold && random.chance(2)) return script('cursor', ['begin', declare, ...fetches.slice(0, 1), 'commit', ...fetches, ...known], ['rollback', 'close all']);
  return script('cursor', ['begin', declare, ...fetches, ...more, ...known, ...(random.chance(3) ? [`update ${'customers' in queries.relations ? 'customers set name' : 'orders set note'} = 'at' where current of ${name}`] : [])], ['rollback', 'close all']);
}

/** Errors and savepoints within one transaction. */
export function savepoints(queries: Queries): Script {
  const { random } = queries;
  const inner = (): (string | Step)[] => [random.pick([() => queries.query(1), () => queries.prepared(() => queries.query(1)), () => `update orders set note = 'x' where ${queries.condition([queries.relation('orders')], 1)}`, () => 'insert into orders (id) values (1)'])()];
  const parts = random.several(1, 3, (): (string | Step)[] => {
    const name = queries.name('s');
    return [`savepoint ${name}`, ...inner(), random.pick([`rollback to savepoint ${name}`, `release savepoint ${name}`]), 'select count(*) from orders where note = \'x\''];
  });
  return undone('savepoint', [...inner(), ...parts.flat()]);
}

/** A temporary table that has the name of another one, and hides it. */
export function temporary(queries: Queries): Script {
  const { random, postgres } = queries;
  const masked = 'customers' in queries.relations;
  const name = masked ? random.pick(['customers', 'orders', 'people']) : 'orders';
  const kind = postgres ? 'temp' : 'temporary';
  const define = random.pick([
    `create ${kind} table ${name} (id int, name varchar(40), email varchar(80), note varchar(40))`,
    `create ${kind} table ${name} as select id, note as name, note as email, note from ${OTHER}.orders`,
    ...(postgres ? [`create temp view ${name} as select 1 as id, 'v'::text as name, 'v'::text as email, 'n'::text as note`] : []),
    ...(masked ? [`create ${kind} table ${name} as select id, name, email, name as note from ${postgres ? 'public' : 'shop'}.customers`] : []),
  ]);
  const reads = random.several(1, 3, () => random.pick([
    `select * from ${name}`, `select max(email) from ${name}`, `select id, name from ${postgres ? 'public' : 'shop'}.${name} where id < 3`, `select t.id from ${name} t join ${OTHER}.orders o on o.id = t.id`,
    `update ${name} set name = 'temp' where id < 3`, ...(postgres ? [`table ${name}`, `select ${name} from ${name}`, `select * from pg_temp.${name}`] : []),
  ]));
  return script('temporary', ['begin', define, `insert into ${name} (id, name) values (1, 'mine')`, ...reads], ['rollback', postgres ? `drop table if exists pg_temp.${name === 'people' ? 'none' : name}` : `drop temporary table if exists ${name}`]);
}

/** Names without a schema mean other relations from then on. */
export function elsewhere(queries: Queries): Script {
  const { random, postgres } = queries;
  const texts = random.several(1, 3, () => random.pick([
    () => 'select * from customers', () => 'select id, email from customers where id < 3', () => 'select max(email), count(*) from customers', () => `select o.note, c.email from orders o join customers c on c.id = o.customer_id`,
    () => `select id, name from people`, () => queries.query(2), () => `update customers set name = 'x' where id = 1`, () => `update orders set note = 'x' where id = 1`,
    () => queries.prepared(() => `select name, email from customers where id = ${queries.literal('number')}`),
    () => 'select id, note from orders',
  ])()).filter((step) => 'customers' in queries.relations || !namesMasked(typeof step === 'string' ? step : step.text));
  if (!postgres) return script('elsewhere', [`use ${OTHER}`, 'begin', ...texts, 'use shop', ...texts], ['rollback', 'use shop']);
  const move = random.pick([`set search_path = ${OTHER}`, `set search_path = ${OTHER}, public`, `set local search_path = public, ${OTHER}`, `select set_config('search_path', '${OTHER}', false)`, `set search_path to default`, `set search_path = nowhere, ${OTHER}`]);
  const name = queries.name('e');
  const kept = random.chance(3) ? [`prepare ${name} as select * from ${'customers' in queries.relations ? 'customers' : 'orders'}`, move, `execute ${name}`, `deallocate ${name}`] : [move];
  return { ...script('elsewhere', ['begin', ...kept, ...texts, random.pick(['rollback', 'commit', 'reset search_path']), ...texts.filter((text) => typeof text === 'string' && !text.startsWith('update'))], ['rollback']), leaves: true };
}

/** Plans, and what really happened when they ran. */
export function explain(queries: Queries): Script {
  const { random, postgres } = queries;
  if (!postgres) return script('explain', [`explain ${random.chance(3) ? 'format=json ' : ''}${queries.query(2)}`, ...(random.chance(3) ? ['show warnings'] : [])]);
  const options = random.pick(['costs off', 'costs off, verbose', 'costs off, format json', 'analyze, costs off, timing off, summary off, buffers off', 'generic_plan, costs off', '']);
  const text = `explain ${options === '' ? '' : `(${options}) `}`;
  if (random.chance(4)) return undone('explain', [`${text}update orders set note = 'x' where customer_id in (${queries.select(['number'], 1)})`]);
  return script('explain', [query(`${text}${queries.query(2)}`)]);
}
