/** COPY, out and in. */

import { type Item } from './draw.ts';
import type { Queries } from './queries.ts';
import { query, type Script, script, undone } from './script.ts';
import { write } from './writes.ts';

const FORMATS = ['', ' with (format csv)', ' with (format csv, header)', ' with (format binary)', ` with (delimiter '|', null 'none')`, ' csv header', ` with (format csv, force_quote *)`, ` with (format csv, delimiter ';')`];

export function copyOut(queries: Queries): Script {
  const { random } = queries;
  const item = queries.anyRelation();
  const columns = random.chance(2) ? ` (${random.several(1, 3, () => random.pick(item.columns).name).join(', ')})` : '';
  return script('copy', [random.pick([
    () => `copy ${item.sql}${columns} to stdout${random.pick(FORMATS)}`,
    () => `copy (${queries.query(2)}) to stdout${random.pick(FORMATS)}`,
    () => `copy (table ${item.sql}) to stdout${random.pick(FORMATS)}`,
    () => `copy (values ((${queries.select(['text'], 1)} limit 1))) to stdout`,
  ])()]);
}

/** The rows that a write returns, as COPY's. */
export function copyWritten(queries: Queries): Script {
  const written = write(queries, false);
  return { ...written, family: 'copy', steps: written.steps.map((step, index) => (index === 1 && step.how === 'query' ? { ...step, text: `copy (${step.text}) to stdout` } : step)) };
}

/** Lines that fit, that break a constraint, or that are no lines of the table. */
export function copyIn(queries: Queries): Script {
  const { random } = queries;
  const target: Item = queries.relation('customers' in queries.relations ? random.pick(['customers', 'orders', 'cards', 'events']) : 'orders');
  const [list, ...lines] = COPIED[target.sql] ?? [];
  const text = `copy ${target.sql} (${list ?? 'id'}) from stdin`;
  const out = 'customers' in queries.relations ? `insert into notes (id, body) select id + 7000, name from customers where id > 500 returning *` : 'select count(*) from orders';
  const step = { how: 'query', text, copy: `${random.several(1, 3, () => random.pick(lines)).join('\n')}\n` } as const;
  return undone('copy in', [query('savepoint before_it'), step, query('rollback to before_it'), step, `select count(*) from ${target.sql}`, out]);
}

const COPIED: Readonly<Record<string, readonly string[]>> = {
  customers: ['id, name, ssn', '501\tnew\t000', '502\tother\t111', '3\tdup\t111', '503\t\\N\t111', 'x\ty\tz', '504\tshort'],
  orders: ['id, customer_id, note', '501\t1\tnote', '502\t2\tother', '3\t1\tdup', 'x\ty\tz'],
  cards: ['id, customer_id, number', '501\t1\t411100', '3\t1\tdup', '502\t\\N\t1', '503\t1\t12345678901234567890123'],
  events: ['id, customer_id, token', '501\t1\ttoken', '502\t2\tother', '3\t1\tdup'],
};
