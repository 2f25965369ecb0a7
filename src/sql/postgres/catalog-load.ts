/** Reads a PostgreSQL server's catalog. Needs no privilege beyond connecting. */

import { Failure } from '../../runtime/failure.ts';
import type { CatalogData, ColumnData, FunctionData, OperatorData, RelationData, TypeData } from '../catalog.ts';
import { DANGEROUS, extensionOf, FIRST_USER_OID } from './catalog-types.ts';

/** Runs one statement, always on the same connection, and gives its rows, values as text or as the driver decodes them. */
export type Query = (sql: string) => Promise<readonly Record<string, unknown>[]>;

/** pg_get_viewdef and format_type leave out schemas that the search path covers; an empty path makes them name all. */
const QUALIFY = `SELECT pg_catalog.set_config('search_path', '', false)`;

/** As a session has it that sets nothing; of the schemas that exist. */
const OWN_PATH = 'RESET search_path';
const SEARCH_PATH = `SELECT pg_catalog.array_to_json(pg_catalog.current_schemas(false))::text AS path, pg_catalog.current_setting('search_path') AS setting, session_user AS account`;

const VERSION = `SELECT pg_catalog.current_setting('server_version_num') AS version`;

const READABLE = `(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR NOT EXISTS (
           SELECT FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))))`;

/** Why a view isn't the same as its definition. */
const BARRIER = `CASE WHEN c.relkind <> 'v' OR c.oid < ${FIRST_USER_OID} THEN NULL
              WHEN ${hasOption('security_barrier')} THEN 'is a security barrier'
              WHEN c.relowner <> (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AND NOT ${hasOption('security_invoker')} THEN 'runs with the rights of another owner'
              WHEN EXISTS (SELECT FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
                             JOIN pg_catalog.pg_class t ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND t.oid = d.refobjid
                            WHERE w.ev_class = c.oid AND t.relrowsecurity) THEN 'reads a table with row security' END`;

function hasOption(name: string): string {
  return `EXISTS (SELECT FROM pg_catalog.unnest(c.reloptions) o WHERE o LIKE '${name}=%' AND o NOT IN ('${name}=false', '${name}=off', '${name}=no', '${name}=0'))`;
}

/**
 * Temporary tables come and go and hold what was judged when they were filled; temporary views are kept, since their
 * names may stand for other tables.
 */
const RELATIONS = `
  WITH RECURSIVE ${DANGEROUS}
  SELECT pg_catalog.current_setting('search_path') AS path, n.nspname AS schema, c.relname AS name, c.oid::text AS oid, c.relkind::text AS kind, c.oid < ${FIRST_USER_OID} AS system,
         CASE WHEN c.relkind IN ('v', 'm') AND c.oid >= ${FIRST_USER_OID} THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition,
         (SELECT r.rulename::text FROM pg_catalog.pg_rewrite r
           WHERE r.ev_class = c.oid AND r.ev_type <> '1' AND c.oid >= ${FIRST_USER_OID} LIMIT 1) AS rule,
         (SELECT pg_catalog.min(d.culprit) FROM dangerous d WHERE d.type = c.reltype AND d.danger = 'cast') AS cast_function,
         (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)::text FROM pg_catalog.pg_index i, pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k(number, place), pg_catalog.pg_attribute a
           WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts AND a.attrelid = c.oid AND a.attnum = k.number) AS primary_key,
         ${READABLE} AS readable, ${BARRIER} AS barrier
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND (n.nspname !~ '^pg_(temp|toast)' OR c.relkind = 'v')
   ORDER BY c.oid`;

const COLUMNS = `
  SELECT a.attrelid::text AS relation, a.attname AS name, a.attnum AS number, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
         CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS generated
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated <> ''
   WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
   ORDER BY a.attrelid, a.attnum`;

const CHILDREN = `
  SELECT i.inhparent::text AS parent, n.nspname AS schema, c.relname AS name
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'f') ORDER BY i.inhparent, i.inhseqno`;

/** A built-in can be replaced in place by a superuser, keeping its OID; one in a procedural language has been. */
const FUNCTIONS = `
  SELECT n.nspname AS schema, p.proname AS name, l.lanname AS language, p.provolatile::text AS volatility, p.prosecdef AS definer,
         ${extensionOf('pg_proc', 'p.oid')} AS extension
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
   WHERE n.nspname !~ '^pg_temp'
     AND NOT (p.oid < ${FIRST_USER_OID} AND n.nspname IN ('pg_catalog', 'information_schema') AND l.lanname IN ('internal', 'c', 'sql'))
   ORDER BY p.oid`;

const BUILTINS = `
  SELECT DISTINCT p.proname AS name FROM pg_catalog.pg_proc p
   WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND p.oid < ${FIRST_USER_OID} ORDER BY 1`;

const OPERATORS = `
  SELECT n.nspname AS schema, o.oprname AS name, fn.nspname || '.' || p.proname AS function, ${extensionOf('pg_operator', 'o.oid')} AS extension
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
    JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode JOIN pg_catalog.pg_namespace fn ON fn.oid = p.pronamespace
   WHERE o.oid >= ${FIRST_USER_OID} ORDER BY o.oid`;

/** Types of users, but for arrays and rows, whose elements and columns speak for them; and any type that is dangerous. */
const TYPES = `
  WITH RECURSIVE ${DANGEROUS}
  SELECT n.nspname AS schema, t.typname AS name, t.typtype::text AS kind, ${extensionOf('pg_type', 't.oid')} AS extension,
         (SELECT pg_catalog.min(d.culprit) FROM dangerous d WHERE d.type = t.oid AND d.danger = 'check') AS checked,
         (SELECT pg_catalog.min(d.culprit) FROM dangerous d WHERE d.type = t.oid AND d.danger IN ('cast', 'made')) AS cast_function
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname !~ '^pg_toast'
     AND (t.oid IN (SELECT d.type FROM dangerous d)
       OR t.oid >= ${FIRST_USER_OID} AND t.typelem = 0 AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')))
   ORDER BY t.oid`;

const EXTENSIONS = `SELECT extname AS name FROM pg_catalog.pg_extension ORDER BY 1`;

/** Code: `connection_changed` the statements ran on different connections. */
export class CatalogFailure extends Failure {}

/** Leaves the connection's search_path empty. @throws {CatalogFailure} and what `query` throws */
export async function loadCatalog(query: Query): Promise<CatalogData> {
  await query(OWN_PATH);
  const [start] = await query(SEARCH_PATH);
  await query(QUALIFY);
  await query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    return { ...(await readAll(query)), searchPath: names(start?.['path']), searchPathSetting: text(start?.['setting']), account: text(start?.['account']) };
  } finally {
    await query('ROLLBACK');
  }
}

/** All of it as of one moment: a table seen without its columns would seem to have none. */
async function readAll(query: Query): Promise<CatalogData> {
  const version = await query(VERSION);
  const columns = Map.groupBy(await query(COLUMNS), (row) => text(row['relation']));
  const children = Map.groupBy(await query(CHILDREN), (row) => text(row['parent']));
  const relations = await query(RELATIONS);
  if (relations.some((row) => row['path'] !== '')) {
    throw new CatalogFailure('connection_changed', 'The catalog was read over changing connections, so names in view definitions may lack their schemas.', {
      hint: 'Give loadCatalog one client, not a pool.',
    });
  }
  return {
    serverVersion: Number(version[0]?.['version']),
    relations: relations.map((row) => relationOf(row, columns.get(text(row['oid'])) ?? [], children.get(text(row['oid'])) ?? [])),
    functions: (await query(FUNCTIONS)).map(functionOf),
    builtins: (await query(BUILTINS)).map((row) => text(row['name'])),
    operators: (await query(OPERATORS)).map(operatorOf),
    types: (await query(TYPES)).map(typeOf),
    extensions: (await query(EXTENSIONS)).map((row) => text(row['name'])),
  };
}

type Row = Record<string, unknown>;

function relationOf(row: Row, columns: readonly Row[], children: readonly Row[]): RelationData {
  const definition = row['definition'];
  const rule = row['rule'];
  const cast = row['cast_function'];
  return {
    schema: text(row['schema']),
    name: text(row['name']),
    oid: Number(row['oid']),
    kind: text(row['kind']),
    columns: columns.map(columnOf),
    children: children.map((child) => `${text(child['schema'])}.${text(child['name'])}`),
    ...(typeof definition === 'string' ? { definition } : {}),
    system: truth(row['system']),
    ...(typeof rule === 'string' ? { hazard: `rule ${rule} rewrites what is written to it` } : {}),
    ...(typeof cast === 'string' ? { cast } : {}),
    ...(typeof row['primary_key'] === 'string' ? { primaryKey: names(row['primary_key']) } : {}),
    ...(truth(row['readable']) ? {} : { readable: false as const }),
    ...(typeof row['barrier'] === 'string' ? { barrier: row['barrier'] } : {}),
  };
}

const columnOf = (row: Row): ColumnData => ({
  name: text(row['name']),
  number: Number(row['number']),
  type: text(row['type']),
  ...(truth(row['not_null']) ? { notNull: true as const } : {}),
  ...(typeof row['generated'] === 'string' ? { generated: row['generated'] } : {}),
});

/** A JSON list of names. */
const names = (json: unknown): readonly string[] => (typeof json === 'string' ? (JSON.parse(json) as string[]) : []);

const VOLATILITY = { i: 'immutable', s: 'stable', v: 'volatile' } as const;

function functionOf(row: Row): FunctionData {
  return {
    schema: text(row['schema']),
    name: text(row['name']),
    language: text(row['language']),
    volatility: VOLATILITY[text(row['volatility']) as keyof typeof VOLATILITY],
    securityDefiner: truth(row['definer']),
    ...memberOf(row),
  };
}

const operatorOf = (row: Row): OperatorData => ({ schema: text(row['schema']), name: text(row['name']), function: text(row['function']), ...memberOf(row) });

function typeOf(row: Row): TypeData {
  const cast = row['cast_function'];
  const checked = row['checked'];
  const hazard = typeof checked === 'string' ? `the check of ${checked} calls functions that are not built in` : undefined;
  return {
    schema: text(row['schema']),
    name: text(row['name']),
    kind: text(row['kind']),
    ...memberOf(row),
    ...(hazard === undefined ? {} : { hazard }),
    ...(typeof cast === 'string' ? { cast } : {}),
  };
}

function memberOf(row: Row): { extension?: string } {
  const extension = row['extension'];
  return typeof extension === 'string' ? { extension } : {};
}

const text = (value: unknown): string => String(value);
const truth = (value: unknown): boolean => value === true || value === 't' || value === 'true';
