/** The backstop: an account that may not read masked columns can't show them, whatever the proxy does. Which statements make it so. */

import type { CatalogData, RelationData } from '../sql/catalog.ts';
import { mysqlName, postgresName } from '../sql/quoting.ts';
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
  /** Why the statements alone don't do it. Completes "because the account …". */
  readonly wider?: string;
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

/** PostgreSQL: why an account reads what nobody granted it. Rows: `relation` (OID), `super`, `reader`, `owner`. */
export function postgresWider(sight: Sight, catalog: CatalogData): string {
  const oids = guardable(sight, catalog).map(({ masked }) => masked.oid);
  return `SELECT c.oid::pg_catalog.text AS relation, r.rolsuper AS super, pg_catalog.pg_has_role('pg_read_all_data', 'USAGE') AS reader, pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owner
    FROM pg_catalog.pg_class c, pg_catalog.pg_roles r WHERE r.rolname = current_user AND c.oid IN (${oids.join(', ')})`;
}

export function postgresReason(row: Readonly<Record<string, unknown>> | undefined): string | undefined {
  if (row === undefined) return undefined;
  if (row['super'] === true) return 'is a superuser';
  if (row['owner'] === true) return 'owns the table, or has its owner\'s rights';
  return row['reader'] === true ? 'has the role pg_read_all_data' : undefined;
}

/** MySQL: the same from the lines of SHOW GRANTS, for relations of one schema. */
export function mysqlReason(grants: readonly string[], schema: string): string | undefined {
  for (const grant of grants) {
    const [, privileges = '', on = ''] = /^GRANT (.+?) ON (\*\.\*|`(?:[^`]|``)+`\.\*) TO /.exec(grant) ?? [];
    if (!/\b(?:SELECT|ALL PRIVILEGES)\b/.test(privileges)) continue;
    if (on === '*.*') return 'may read everything on the server (ON *.*)';
    const pattern = on.slice(1, -3).replaceAll('``', '`');
    if (like(pattern, schema)) return `may read all tables of ${pattern} (ON ${on})`;
  }
  return undefined;
}

/** Names of schemas in grants are patterns: % and _ stand for any characters, unless a backslash is before them. */
function like(pattern: string, name: string): boolean {
  const source = pattern.replaceAll(/\\([%_])|[%_]|[^%_\\]+|\\/g, (part, escaped: string | undefined) => (escaped === undefined ? part === '%' ? '.*' : part === '_' ? '.' : part.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&") : escaped));
  return new RegExp(`^${source}$`, 'i').test(name);
}

/** MySQL: one statement for each column, an error where it may not be read: privileges there come in five places and by roles. */
export function mysqlProbe(relation: MaskedRelation, column: string): string {
  return `SELECT ${quoted('mysql', column)} FROM ${quoted('mysql', relation.schema)}.${quoted('mysql', relation.name)} LIMIT 0`;
}

/** @param account the role (PostgreSQL) or `user@host` (MySQL, as CURRENT_USER() says it) */
export function readable(dialect: Dialect, relation: RelationData, masked: MaskedRelation, columns: readonly string[], account: string, wider?: string): Readable {
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
    ...(wider === undefined ? {} : { wider }),
  };
}

function quoted(dialect: Dialect, name: string): string {
  return dialect === 'postgres' ? postgresName(name) : mysqlName(name);
}

/** The host is behind the last @. */
function mysqlAccount(account: string): string {
  const at = account.lastIndexOf('@');
  const [user, host] = at < 0 ? [account, '%'] : [account.slice(0, at), account.slice(at + 1)];
  return `${quoted('mysql', user)}@${quoted('mysql', host)}`;
}
