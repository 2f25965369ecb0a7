/**
 * PostgreSQL: a condition of a substituted table that fails the statement when a masked column is no longer the one that the mask was made for. Names are
 * unique: as long as column 3 of table 16384 is `public.customers.email`, no other name shows it. Locks are held by the time it is evaluated (once a statement,
 * as a filter that looks at no row), so a table can't change in between.
 *
 * pg_identify_object_as_address looks into caches that every backend has: some 5 µs a column.
 */

import { postgresString } from '../sql/quoting.ts';
import type { MaskedRelation } from './sight.ts';

/** What the server then can't take for a boolean. */
const CHANGED = 'countersign: the catalog has changed';
const PG_CLASS = 1259;
/** Nobody renames what the server itself brings. */
const SERVERS_OWN = /^(?:pg_.*|information_schema)$/;

/** SQL of the condition; undefined: there is nothing to guard. */
export function guardOf({ schema, name, oid, columns }: Pick<MaskedRelation, 'schema' | 'name' | 'oid' | 'columns'>): string | undefined {
  const guarded = columns.filter(({ number }) => number > 0);
  if (oid === 0 || guarded.length === 0 || SERVERS_OWN.test(schema)) return undefined;
  const same = guarded.map((column) => `(pg_catalog.pg_identify_object_as_address(${PG_CLASS}, ${oid}, ${column.number})).object_names OPERATOR(pg_catalog.=) ARRAY[${[schema, name, column.name].map(postgresString).join(', ')}]`);
  return `CASE WHEN ${same.join(' AND ')} THEN TRUE ELSE pg_catalog.concat(${postgresString(CHANGED)})::pg_catalog.bool END`;
}

/** What an agent is told of it: serialization_failure, which drivers and frameworks know to try again. */
export const GUARD_ERROR = {
  code: '40001', message: 'a table with masked columns was changed while the statement was on its way, so it was not run', hint: 'Send it again.',
} as const;

/** Is it the error of a guard? @param message of SQLSTATE 22P02, in whatever language */
export function isGuardError(code: string | undefined, message: string | undefined): boolean {
  return code === '22P02' && message?.includes(CHANGED) === true;
}
