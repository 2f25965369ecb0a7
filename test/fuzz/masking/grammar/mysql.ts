/** What only MySQL and MariaDB have. */

import type { Queries } from './queries.ts';
import { type Script, script } from './script.ts';

export function mysqlOnly(queries: Queries): Script {
  const { random } = queries;
  const item = queries.anyRelation();
  const { sql } = item;
  const column = (type?: 'number' | 'text'): string => queries.column([item], type);
  const customers = 'customers' in queries.relations;
  // Ordered by the value, too: rows with equal keys come as they happen to lie in memory, and a view has several of one id.
  const next = (value: string): string => `select row_number() over w, lead(${value}) over w from ${sql} window w as (partition by ${column()} order by id, ${value})`;
  return script('mysql', [random.pick([
    () => `select c.* from (${sql} c) where c.id < 10`,
    () => `select * from ${sql} ${random.pick(['use index (primary)', 'force index (primary)', 'ignore index (primary)'])} where ${queries.condition([item], 1)}`,
    () => `select * from ${sql} where id < 5 ${random.pick(['for update', 'lock in share mode'])}`,
    () => `select straight_join c.*, o.note from ${sql} c join orders o on o.customer_id = c.id`,
    () => `select json_arrayagg(${column()}), json_objectagg(id, ${column()}) from ${sql}`,
    () => `select ${column()}, count(*), max(${column()}) from ${sql} group by 1 with rollup`,
    () => `select ${queries.groupConcat([item])}, count(distinct ${column()}, ${column()}) from ${sql}`,
    () => `select ${column('text')} + 0, ${column('number')} & 7, ${column('text')} rlike '^a', binary ${column('text')} from ${sql}`,
    () => `with recursive r (n, e) as (select 1, cast(min(${column('text')}) as char(200)) from ${sql} union all select n + 1, concat(e, 'x') from r where n < 4) select * from r`,
    () => `do (select max(${column()}) from ${sql})`,
    () => `select (select ${column()} from ${sql}) as many`,
    () => `select * from ${sql} order by ${column()}, id limit ${random.number(3)}, ${random.number(4)}`,
    () => `select sql_calc_found_rows id from ${sql} where ${queries.condition([item], 1)} limit 1`,
    () => `select * from ${sql} where ${column('text')} = ${queries.literal('number')}`,
    () => `select * from (select ${column()} as a, ${column()} as b from ${sql}) d where a > b order by 1, 2`,
    () => `select elt(1, ${column()}), field(${column()}, ${column()}), find_in_set(${column('text')}, 'a,b'), soundex(${column('text')}) from ${sql}`,
    () => next(column()),
    () => `select x.k, x.v from ${sql} cross join lateral (select ${column()} as k, ${column()} as v) x`,
    () => `select distinctrow ${column()} from ${sql} order by 1`,
    () => `select sql_big_result ${column()}, count(*) from ${sql} group by 1 order by 1`,
    () => `select * from ${sql} natural left join orders order by 1`,
    () => `(select id, ${column('text')} from ${sql} order by id limit 2) union (select id, note from orders order by id limit 2) order by 1, 2`,
    ...(customers ? [
      () => `select * from json_table((select json_arrayagg(email) from customers), '$[*]' columns (v varchar(80) path '$')) j`,
      () => `select json_extract(doc, '$.mail'), json_unquote(json_extract(doc, '$.n')), hex(secret), unix_timestamp(stamp), flag + 1, code * 2 from vault`,
      () => `select * from vault where ${random.pick(['flag', `json_extract(doc, '$.n') > 2000`, `stamp < '1990-01-01'`, 'code > 2000', `secret like '0%'`, `json_contains(doc, '1003.25', '$.n')`])}`,
      () => `select * from events partition (${random.pick(['events_low', 'events_high'])}) where ${queries.condition([queries.relation('events')], 1)}`,
      () => `select email from customers procedure analyse()`,
      () => `select c.id from customers c where c.email = (select email from people where id = ${random.number(6)})`,
      () => `select table_name, table_rows, avg_row_length from information_schema.tables where table_name = 'customers'`,
    ] : []),
  ])(), ...(random.chance(3) ? ['show warnings'] : []), ...(random.chance(8) ? ['select found_rows()'] : [])]);
}

/** User variables, which keep values from one statement to the next. */
export function variables(queries: Queries): Script {
  const { random } = queries;
  const item = queries.anyRelation();
  const value = queries.column([item]);
  return script('variables', [random.pick([
    `set @v = (select max(${value}) from ${item.sql})`, `select @v := ${value} from ${item.sql}`, `select max(${value}) into @v from ${item.sql}`, `select ${value}, id into @v, @w from ${item.sql} limit 1`,
    `set @v = (select count(*) from ${item.sql} where ${queries.condition([item], 1)})`,
  ]), 'select @v, @w, length(@v)', 'show warnings', `select @n := coalesce(@n, 0) + 1, id from ${item.sql} where ${queries.condition([item], 1)} order by id`]);
}

/** HANDLER reads rows without a SELECT. */
export function handler(queries: Queries): Script {
  const { random } = queries;
  const { sql, columns } = queries.relation(random.pick(Object.keys(queries.relations).filter((name) => !/people|spending|contacts|ledger|\./.test(name))));
  const reads = random.several(1, 3, () => random.pick(['first', 'next', '`primary` first', '`primary` = (3)', '`primary` last', `first where ${random.pick(columns).name} > 'm'`, 'next limit 3']));
  return script('handler', [`handler ${sql} open as h`, ...reads.map((read) => `handler h read ${read}`)], ['handler h close']);
}
