/** What no rule is suggested for, however often it was approved: a person should look each time, or write the rule. */

import type { Effect, TableUse } from '../sql/facts.ts';
import type { Approved } from './evidence.ts';

/** Undefined: a rule may be suggested. */
export const NEVER: Readonly<Record<Effect, string | undefined>> = {
  read: undefined, insert: undefined, update: undefined, delete: undefined, import: undefined, export: undefined, transaction: undefined,
  create: 'what is created may be code, or hide what is there',
  alter: 'it changes what all other rules speak of',
  drop: 'it doesn\'t come back',
  truncate: 'it doesn\'t come back',
  privilege: 'it changes who may do what, this agent\'s account included',
  session: 'a rule doesn\'t tell one setting from another',
  maintenance: 'a person should choose the hour',
  lock: 'a rule doesn\'t tell one lock from another, and some stop everybody\'s work',
  notify: 'a rule doesn\'t tell one channel from another',
  routine: 'what the code does isn\'t seen, and may be something else tomorrow',
  dynamic: 'the statement that counts isn\'t seen',
  server_io: 'it reaches files and programs of the server',
  replication: 'it reaches the whole server',
  admin: 'it reaches the whole server',
  unknown: 'it wasn\'t understood',
};

const CATALOGS: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'pg_toast', 'mysql', 'performance_schema', 'sys']);

/** Why no rule is suggested, in a clause; undefined: one may be. */
export function whyNever({ effects, tables, unbounded, example }: Approved): string | undefined {
  if (example.event.rule === 'sensitive') return 'it was held for how it uses masked columns, which no rule decides';
  const never = effects.find((effect) => NEVER[effect] !== undefined);
  if (never !== undefined) return `${never}: ${NEVER[never] ?? ''}`;
  if (unbounded) return 'without WHERE it changes every row';
  if (tables.length === 0 && effects.some((effect) => effect !== 'transaction')) return 'it names no table that a rule could be narrowed to';
  const catalog = tables.find(({ name }) => CATALOGS.has(name.split('.', 1)[0] ?? ''));
  if (catalog !== undefined) return `${catalog.name}: catalogs may show what other tables keep`;
  const odd = tables.find((table) => !isPlain(table));
  return odd && `${odd.name}: a rule can't name it surely`;
}

const isPlain = ({ name, known }: TableUse): boolean => known && /^[^\s.*"`]+\.[^\s.*"`]+$/.test(name);
