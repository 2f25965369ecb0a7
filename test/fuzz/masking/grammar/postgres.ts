/** What only PostgreSQL has. */

import type { Queries } from './queries.ts';
import { type Script, script } from './script.ts';

export function postgresOnly(queries: Queries): Script {
  const { random } = queries;
  const item = queries.anyRelation();
  const { sql } = item;
  const column = (type?: 'number' | 'text'): string => queries.column([item], type);
  const customers = 'customers' in queries.relations;
  return script('postgres', [random.pick([
    () => `table ${sql}`,
    () => `select * from only ${sql} where ${queries.condition([item], 1)}`,
    () => `select * from ${sql} where ${queries.condition([item], 1)} order by 1 limit ${random.number(4)} offset ${random.number(3)}`,
    () => `select * from ${sql} order by ${column()} nulls first, 1 fetch first 3 rows with ties`,
    () => `select distinct on (${column()}) * from ${sql} order by ${column()}, 1`,
    () => `select ${column()}, count(*), grouping(${column()}) from ${sql} group by rollup (1), ${column()}`,
    () => `select ${column()}, ${column()}, count(*) from ${sql} group by grouping sets ((1), (2), ())`,
    () => `select * from ${sql} tablesample ${random.pick(['bernoulli (100)', 'system (100)', 'bernoulli (50) repeatable (1)'])}`,
    () => `select x.* from ${sql} cross join lateral (values (${column()}, ${column()})) x (a, b)`,
    () => `select j.* from ${sql} cross join lateral jsonb_each_text(to_jsonb(${item.alias})) j where j.key <> 'id'`,
    () => `select u from ${sql} cross join lateral unnest(string_to_array(${column('text')}, '@')) with ordinality u`,
    () => `select g from ${sql} cross join lateral generate_series(1, length(${column('text')})) g`,
    () => `values ((select max(${column()}) from ${sql})), ((select min(${column()}) from ${sql}))`,
    () => `with recursive r (n, e) as (select 1, min(${column('text')})::text from ${sql} union all select n + 1, e || 'x' from r where n < 4) select * from r`,
    () => `with recursive r as (select id, 1 as d from ${sql} where id = 1 union select t.id, r.d + 1 from ${sql} t join r on t.id = r.id + 1 where r.d < 4) search depth first by id set o select * from r order by o`,
    () => `select percentile_cont(0.5) within group (order by ${column('number')}), mode() within group (order by ${column()}) from ${sql}`,
    () => `select tableoid::regclass, ctid, id from ${sql} limit 3`,
    () => `select xmin is null, ctid, ${column()} from ${sql} limit 2`,
    () => `select * from ${sql} for ${random.pick(['update', 'share', 'no key update', 'key share'])} ${random.pick(['', 'skip locked', 'nowait'])}`,
    () => `select ${item.alias}.*::text from ${sql}`,
    () => `select (${item.alias}).* from ${sql}`,
    () => `select (array_agg(${item.alias}))[1] from ${sql}`,
    () => `select t.* from ${sql} t join ${sql} u using (id)`,
    () => `select * from (${sql} a natural join ${sql} b) j`,
    () => `select ${item.alias} is not null, ${item.alias} is distinct from null, pg_column_size(${column()}), pg_typeof(${column()}) from ${sql}`,
    () => `select to_json(array(select ${column('text')} from ${sql})), xmlforest(${column('text')} as a) from ${sql}`,
    () => `select ${column('text')} collate "C" < 'm', ${column('text')} similar to '%a%', starts_with(${column('text')}, 'a') from ${sql}`,
    () => `select json_arrayagg(${column()}), json_objectagg(id: ${column()}) from ${sql}`,
    () => `select * from json_table((select json_agg(${item.alias}) from ${sql})::jsonb, '$[*]' columns (id int path '$.id', v text path '$.email')) j`,
    () => `select ts_rank(to_tsvector('simple', ${column('text')}), to_tsquery('simple', 'example')), ${column('text')} @@ 'a' from ${sql}`,
    () => `select id from ${sql} where ${column()} = any (array(select ${column()} from ${sql} limit 5))`,
    () => `select count(*) over w, sum(id) over (w rows unbounded preceding), nth_value(${column()}, 2) over w from ${sql} window w as (partition by ${column()} order by id)`,
    ...(customers ? [
      () => `select id, name, email, count(*) from customers group by id`,
      () => `select * from orders o join lateral (select email, ssn from customers c where c.id = o.customer_id) x on true order by o.id`,
      () => `select * from vault where ${random.pick(['flag', `doc ->> 'mail' like 'a%'`, `doc @> '{"n": 1003.25}'`, '1003 = any (marks)', `stamp < '1990-01-01'`, `code::text like '%1003'`, `secret > '\\x3030'`, 'array_length(marks, 1) = 2'])}`,
      () => `select doc -> 'mail', doc #>> '{n}', jsonb_path_query(doc, '$.*'), marks[1], encode(secret, 'hex'), extract(epoch from stamp), flag::int from vault`,
      () => `select attname, null_frac, n_distinct, most_common_vals, histogram_bounds, correlation from pg_stats where tablename = '${random.pick(['customers', 'cards', 'orders'])}'`,
      () => `select relname, reltuples, relpages from pg_class where relname like 'custom%' order by 1`,
      () => `select query from pg_stat_activity where query like '%customers%'`,
      () => `select * from events_low natural full join events_high`,
      () => `select managers, staff::text from managers join staff using (id)`,
    ] : []),
  ])()]);
}
