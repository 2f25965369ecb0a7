/** The backstop: an account that may not read masked columns can't show them, whatever the proxy does. Which statements make it so. */

import type { CatalogData, RelationData } from '../sql/catalog.ts';
import type { Dialect } from './masks.ts';
import type { MaskedRelation, Sight } from './sight.ts';

/** Of one relation with masked columns that the account can read. */
export interface Readable {
  /** `schema.name`. */
  readonly relation: string;
  /** Masked columns that the account may read. */
  readonly columns: readonly string[];
  /** What an administrator runs so that it can't. */
  readonly statements: readonly string[];
  /** Why masks would need the columns all the same: they look at the values. Completes "the masks of …". */
  readonly needed: readonly string[];
}

/** Relations of users that hold masked columns themselves. */
export function guardable(sight: Sight, catalog: CatalogData): { readonly masked: MaskedRelation; readonly relation: RelationData }[] {
  return sight.data.relations.flatMap((masked) => {
    const relation = catalog.relations.find(({ schema, name, oid }) => schema === masked.schema && name === masked.name && oid === masked.oid);
    return relation === undefined || relation.system || masked.columns.length === 0 ? [] : [{ masked, relation }];
  });
}

/** PostgreSQL: asks for all at once. Rows: `relation` (OID), `number`. */
export function postgresReadable(sight: Sight, catalog: CatalogData): string | undefined {
  const pairs = guardable(sight, catalog).flatMap(({ masked }) => masked.columns.map(({ number }) => `(${masked.oid}::pg_catalog.oid, ${number}::pg_catalog.int2)`));
  if (pairs.length === 0) return undefined;
  return `SELECT v.r::pg_catalog.text AS relation, v.n AS number FROM (VALUES ${pairs.join(', ')}) AS v(r, n) WHERE pg_catalog.has_column_privilege(v.r, v.n, 'SELECT')`;
}

/** MySQL: one statement for each column, an error where it may not be read: privileges there come in five places and by roles. */
export function mysqlProbe(relation: MaskedRelation, column: string): string {
  return `SELECT ${quoted('mysql', column)} FROM ${quoted('mysql', relation.schema)}.${quoted('mysql', relation.name)} LIMIT 0`;
}

/** @param account the role (PostgreSQL) or `user@host` (MySQL, as CURRENT_USER() says it) */
export function readable(dialect: Dialect, relation: RelationData, masked: MaskedRelation, columns: readonly string[], account: string): Readable {
  const hidden = new Set(masked.columns.map(({ name }) => name));
  const open = relation.columns.filter(({ name }) => !hidden.has(name)).map(({ name }) => quoted(dialect, name));
  const table = `${quoted(dialect, relation.schema)}.${quoted(dialect, relation.name)}`;
  const who = dialect === 'postgres' ? quoted(dialect, account) : mysqlAccount(account);
  const on = dialect === 'postgres' ? `TABLE ${table}` : table;
  return {
    relation: `${relation.schema}.${relation.name}`,
    columns,
    statements: [`REVOKE SELECT ON ${on} FROM ${who};`, ...(open.length === 0 ? [] : [`GRANT SELECT (${open.join(', ')}) ON ${on} TO ${who};`])],
    needed: masked.columns.filter((column) => column.sql.length > 1 && columns.includes(column.name)).map(({ name }) => name),
  };
}

function quoted(dialect: Dialect, name: string): string {
  return dialect === 'postgres' ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll('`', '``')}\``;
}

/** The host is behind the last @. */
function mysqlAccount(account: string): string {
  const at = account.lastIndexOf('@');
  const [user, host] = at < 0 ? [account, '%'] : [account.slice(0, at), account.slice(at + 1)];
  return `${quoted('mysql', user)}@${quoted('mysql', host)}`;
}
