/** Reads what a MySQL or MariaDB account can see of its server, by information_schema. Needs no privilege of its own. */

import type { CatalogData, ColumnData, FunctionData, IndexData, MysqlServerData, RelationData } from '../catalog.ts';

type Row = Readonly<Record<string, unknown>>;

/** Runs one statement and gives its rows, values as text or as the driver decodes them. */
export type Query = (sql: string) => Promise<readonly Row[]>;

const SERVER = 'SELECT VERSION() AS version, @@lower_case_table_names AS folding, @@global.sql_mode AS mode, 1 /*M! + 1 */ AS mariadb';

/** Only what the servers answer without opening each table. */
const RELATIONS = 'SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, TABLE_TYPE AS kind FROM information_schema.TABLES';

/** The server's own have thousands, and nobody's policy is about them. */
const COLUMNS = `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, COLUMN_NAME AS c, ORDINAL_POSITION AS place, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, EXTRA AS extra,
  GENERATION_EXPRESSION AS expression, COLLATION_NAME AS collation, PRIVILEGES AS privileges FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys')`;

/** Rows aren't read in the order of a full-text index, nor of one that is invisible, which hints can't name. */
const KEYS = `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, INDEX_NAME AS i, COLUMN_NAME AS c, SEQ_IN_INDEX AS place FROM information_schema.STATISTICS
  WHERE INDEX_TYPE <> 'FULLTEXT' AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys')
  /*!80000 AND IS_VISIBLE = 'YES' */ /*M!100600 AND IGNORED = 'NO' */`;

/** KEY() without columns has no expression: it is by the primary key. */
const PARTITIONS = `SELECT DISTINCT TABLE_SCHEMA AS s, TABLE_NAME AS n, PARTITION_EXPRESSION AS one, SUBPARTITION_EXPRESSION AS other FROM information_schema.PARTITIONS
  WHERE PARTITION_NAME IS NOT NULL AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys')`;

/** The definition is empty for who may not see it. */
const VIEWS = `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, VIEW_DEFINITION AS definition, SECURITY_TYPE AS security, DEFINER AS definer, CURRENT_USER() AS me /*M! , ALGORITHM AS algorithm */
  FROM information_schema.VIEWS WHERE TABLE_SCHEMA <> 'sys'`;

const ROUTINES = `SELECT ROUTINE_SCHEMA AS s, ROUTINE_NAME AS n, ROUTINE_BODY AS body, IS_DETERMINISTIC AS fixed, SECURITY_TYPE AS security
  FROM information_schema.ROUTINES WHERE ROUTINE_TYPE <> 'PACKAGE BODY'`;

/** Functions loaded from libraries: not every account may look. */
const LOADED = { mysql: 'SELECT UDF_NAME AS n FROM performance_schema.user_defined_functions', mariadb: 'SELECT name AS n FROM mysql.func' } as const;

const SYSTEM: ReadonlySet<string> = new Set(['information_schema', 'performance_schema', 'mysql', 'sys']);

/** `BASE TABLE`, `SYSTEM VERSIONED`, `VIEW`, `SYSTEM VIEW`, `SEQUENCE`, … in pg_class's letters. */
const KINDS: Readonly<Record<string, string>> = { VIEW: 'v', 'SYSTEM VIEW': 'v', SEQUENCE: 'S' };

/** @throws what `query` throws */
export async function loadCatalog(query: Query): Promise<CatalogData> {
  const [server = {}] = await query(SERVER);
  const version = text(server['version']);
  // VERSION() says what an administrator wants it to say; what counts is which comments are run.
  const flavour = Number(server['mariadb']) === 2 ? 'mariadb' : 'mysql';
  const columns = Map.groupBy(await query(COLUMNS), key);
  const views = new Map((await query(VIEWS)).map((row) => [key(row), row]));
  const keys = Map.groupBy(await query(KEYS), key);
  const partitions = new Map((await query(PARTITIONS)).map((row) => [key(row), row]));
  const relations = (await query(RELATIONS)).map((row) => relationOf(row, columns.get(key(row)) ?? [], keys.get(key(row)) ?? [], { view: views.get(key(row)), partitions: partitions.get(key(row)) }));
  return {
    serverVersion: await realVersion(query, flavour, versionId(version)),
    mysql: { flavour, lowerCaseTableNames: Number(server['folding']), sqlMode: text(server['mode']) } satisfies MysqlServerData,
    relations: relations.toSorted(byName),
    functions: [...(await query(ROUTINES)).map(routineOf), ...(await loaded(query, flavour))].toSorted(byName),
    builtins: [], operators: [], types: [], extensions: [],
  };
}

/** The version up to which the server runs comments: MYSQL_VERSION_ID. @param told what it says of itself */
async function realVersion(query: Query, flavour: keyof typeof LOADED, told: number): Promise<number> {
  const runs = async (version: number): Promise<boolean> => Number((await query(`SELECT 1 /*${flavour === 'mariadb' ? 'M' : ''}!${String(version).padStart(5, '0')} + 1 */ AS runs`))[0]?.['runs']) === 2;
  if ((await runs(told)) && !(await runs(told + 1))) return told;
  let [low, high] = flavour === 'mariadb' ? [50_000, 999_999] : [30_000, 99_999];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (await runs(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** `10.11.19-MariaDB-…` is 101119, `9.1.0` is 90100. */
export function versionId(version: string): number {
  const [, major = '0', minor = '0', patch = '0'] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) * 10_000 + Number(minor) * 100 + Number(patch);
}

const key = (row: Row): string => JSON.stringify([text(row['s']), text(row['n'])]);

interface Named {
  readonly schema: string;
  readonly name: string;
}

/** The server gives no order of its own. */
const byName = (a: Named, b: Named): number => compare(a.schema, b.schema) || compare(a.name, b.name);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function relationOf(row: Row, columns: readonly Row[], keys: readonly Row[], { view, partitions }: { readonly view: Row | undefined; readonly partitions: Row | undefined }): RelationData {
  const schema = text(row['s']);
  const barrier = view !== undefined && text(view['algorithm']) === 'TEMPTABLE' ? 'is computed before anything is selected from it' : undefined;
  const rights = view === undefined ? undefined : rightsOf(view);
  const [primaryKey, indexes] = indexesOf(keys);
  return {
    schema,
    name: text(row['n']),
    oid: 0,
    kind: KINDS[text(row['kind'])] ?? 'r',
    columns: columns.map(columnOf).toSorted((a, b) => a.number - b.number),
    children: [],
    ...(view === undefined ? {} : { definition: text(view['definition']) }),
    system: SYSTEM.has(schema.toLowerCase()),
    ...(primaryKey.length === 0 ? {} : { primaryKey }),
    ...(indexes.length === 0 ? {} : { indexes }),
    ...(partitions === undefined ? {} : { partitionedBy: [text(partitions['one']) || primaryKey.join(', '), text(partitions['other'])].filter((expression) => expression !== '') }),
    ...(isReadable(columns) ? {} : { readable: false as const }),
    ...(barrier === undefined ? {} : { barrier }),
    ...(rights === undefined ? {} : { rights }),
  };
}

function indexesOf(keys: readonly Row[]): [primaryKey: readonly string[], indexes: readonly IndexData[]] {
  const sorted = keys.toSorted((a, b) => Number(a['place']) - Number(b['place']));
  const byIndex = Map.groupBy(sorted, (each) => text(each['i']));
  const all = [...byIndex].map(([name, parts]): IndexData => ({ name, columns: parts.map((each) => text(each['c'])) })).toSorted((a, b) => compare(a.name, b.name));
  return [all.find(({ name }) => name === 'PRIMARY')?.columns ?? [], all.filter(({ name }) => name !== 'PRIMARY')];
}

/** A view whose definer is somebody else may show what we couldn't read. */
const rightsOf = (view: Row): string | undefined => (text(view['security']) === 'DEFINER' && text(view['definer']) !== text(view['me']) ? text(view['definer']) : undefined);

/** A column that may not be read at all has left a gap, unless it is the last. */
const isReadable = (columns: readonly Row[]): boolean =>
  columns.every((column) => text(column['privileges']).split(',').includes('select')) && Math.max(0, ...columns.map((column) => Number(column['place']))) === columns.length;

function columnOf(row: Row): ColumnData {
  const [extra, expression, collation] = [text(row['extra']), text(row['expression']), text(row['collation'])];
  return {
    name: text(row['c']),
    number: Number(row['place']),
    type: text(row['type']),
    ...(text(row['nullable']) === 'NO' ? { notNull: true as const } : {}),
    ...(/\bINVISIBLE\b/i.test(extra) ? { hidden: true as const } : {}),
    ...(expression === '' ? {} : { generated: expression }),
    ...(collation === '' ? {} : { collation }),
  };
}

const routineOf = (row: Row): FunctionData => ({
  schema: text(row['s']),
  name: text(row['n']),
  language: text(row['body']).toLowerCase(),
  volatility: text(row['fixed']) === 'YES' ? 'immutable' : 'volatile',
  securityDefiner: text(row['security']) === 'DEFINER',
});

async function loaded(query: Query, flavour: keyof typeof LOADED): Promise<FunctionData[]> {
  try {
    return (await query(LOADED[flavour])).map((row) => ({ schema: '', name: text(row['n']), language: 'c', volatility: 'volatile', securityDefiner: false }));
  } catch {
    // Those that it can't see are calls of names nobody vetted, like all others.
    return [];
  }
}

function text(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}
