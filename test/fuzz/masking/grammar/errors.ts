/** Expressions whose errors would say something of values, if they came from real ones: casts, divisions, overflows, patterns, indexes, constraints. */

import type { Queries } from './queries.ts';
import { type Script, script, undone } from './script.ts';

export function error(queries: Queries): Script {
  const { random, postgres } = queries;
  const item = queries.anyRelation();
  const text = queries.column([item], 'text');
  const number = queries.column([item], 'number');
  const any = queries.column([item]);
  const value = random.pick(postgres ? postgresErrors(text, number, any) : mysqlErrors(text, number, any));
  const condition = queries.condition([item], 1);
  return random.pick([
    () => script('error', [`select ${value} from ${item.sql}`, ...(postgres ? [] : ['show warnings'])]),
    () => script('error', [`select ${item.columns[0]?.name ?? 'id'} from ${item.sql} where ${value} is not null and ${condition}`, ...(postgres ? [] : ['show warnings', 'show count(*) warnings', 'show errors'])]),
    () => script('error', [`select count(*) from ${item.sql} group by ${value}`]),
    () => script('error', [`select case when ${condition} then ${value} end from ${item.sql}`]),
    () => undone('error', [`update orders set note = 'x' where exists (select ${value} from ${item.sql} where ${condition})`, 'select count(*) from orders where note = \'x\'']),
    () => undone('error', [`insert into notes select ${random.number(3)}, 'x' from ${item.sql} where ${condition}`, ...(postgres ? [] : ['show warnings'])]),
    () => undone('error', [`insert into orders (id, total) select id + 100, ${number} * 100000000 from ${item.sql}`]),
    () => script('error', [`select ${value} from ${item.sql} order by ${any} limit 1`]),
  ])();
}

const postgresErrors = (text: string, number: string, any: string): readonly string[] => [
  `cast(${text} as int)`, `(${text})::date`, `(${text})::numeric(3,1)`, `1 / (${number} - 1000)`, `${number} * 1e300::numeric`, `(${number} * 10000000)::int`, `cast(${any}::text as uuid)`, `('[' || ${text})::json`,
  `regexp_replace('x', ${text}, '')`, `${text} ~ ('(' || ${text})`, `substring(${text} from 2 for (${number} - 2000)::int)`, `(array[1, 2])[(${number})::int]`, `chr((${number} * -1)::int)`, `${text}::regclass`, `to_date(${text}, 'YYYY-MM-DD')`,
  `sqrt(1001 - ${number})`, `ln(${number} - 1003)`, `repeat('x', ((${number} - 1000) * 1000)::int)`, `jsonb_build_object(${text}, 1, ${any}, 2)`, `decode(${text}, 'hex')`, `convert_from(${text}::bytea, 'utf8')`, `width_bucket(${number}, 1, 1, 3)`,
  `generate_series(1, (${number} - 1000)::int)`, `(select id from orders where id < ${number} / 300)`, `overlay(${text} placing 'x' from (${number} - 1010)::int)`, `format('%s %s', ${text})`, `to_char(${number}, ${text})`, `${text}::xml`, `to_tsquery(${text})`,
  `date_trunc(${text}, now()) is null`, `make_date((${number})::int, 1, 1)`, `power(${number}, 1e6::numeric)`, `${text}::jsonb -> 'a'`, `json_object_agg(${text}, ${text})`, `lpad(${text}, ((${number} - 1000) * 1000)::int)`,
];

const mysqlErrors = (text: string, number: string, any: string): readonly string[] => [
  `cast(${text} as signed)`, `cast(${text} as date)`, `cast(${number} as decimal(2,1))`, `1 / (${number} - 1000)`, `${number} * 1e308`, `exp(${number})`, `cast(-${number} as unsigned) + 0`, `(${number} * 9223372036854775807) div 1`, `json_extract(${text}, '$.a')`,
  `cast(${text} as json)`, `${text} regexp ${text}`, `${text} regexp concat('(', ${text})`, `regexp_replace('x', ${text}, '')`, `extractvalue('<a/>', ${text})`, `updatexml('<a/>', concat('/', ${text}), 'x')`, `(select id from orders where id < ${number} / 300)`,
  `9223372036854775807 + (${number} > 2000)`, `pow(${number}, 200)`, `ln(${number} - 1003)`, `json_object(${any}, 1)`, `str_to_date(${text}, '%Y')`, `convert(${text} using latin1)`, `${text} + 0`, `${text} = 0`, `(${number} - 5000) << 1`, `st_geomfromtext(${text})`,
  `uuid_to_bin(${text})`, `bit_count(${text})`, `char(${number} using utf8mb4)`, `repeat('x', (${number} - 1000) * 1000)`, `json_value(${text}, '$.a')`, `inet6_aton(${text})`, `timestamp(${text})`, `date_add(${text}, interval 1 day)`, `make_set(${number}, 'a', 'b')`,
];
