/** What is known of an upstream database's objects. Plain data, so that it can be handed to a worker as it is. */

export interface ColumnData {
  readonly name: string;
  /** Attribute number at the server: with the relation's OID the identity that renames don't change. */
  readonly number: number;
  /** The type as the server prints it: `character varying(80)`. */
  readonly type: string;
  /** Can't be NULL. */
  readonly notNull?: true;
  /** Left out by `*` (MySQL, MariaDB: INVISIBLE). */
  readonly hidden?: true;
  /** Computed by the server from other columns of the row. The expression as the server prints it. */
  readonly generated?: string;
  /** MySQL: of a column of characters. */
  readonly collation?: string;
}

export interface IndexData {
  readonly name: string;
  /** In the index's order; an empty name for an expression. */
  readonly columns: readonly string[];
}

export interface RelationData {
  readonly schema: string;
  readonly name: string;
  /** 0 where the server has none (MySQL). */
  readonly oid: number;
  /** pg_class.relkind: `r` table, `p` partitioned table, `v` view, `m` materialized view, `f` foreign table, `S` sequence, `t` toast. */
  readonly kind: string;
  readonly columns: readonly ColumnData[];
  /** Inheritance children and partitions, one level, as `schema.name`. */
  readonly children: readonly string[];
  /** The query of a view or materialized view, every name of it qualified. */
  readonly definition?: string;
  /** True when the server was installed with it. */
  readonly system: boolean;
  /** Names of the primary key's columns, in its order. */
  readonly primaryKey?: readonly string[];
  /** MySQL: by which its rows may be read in an order of their own; without PRIMARY. */
  readonly indexes?: readonly IndexData[];
  /** MySQL: expressions by which its rows are put into partitions. */
  readonly partitionedBy?: readonly string[];
  /** False when the proxy's own account may not read all of the relation's columns. */
  readonly readable?: false;
  /** Of a view: why its definition can't stand in the view's place (security barrier, another owner's rights, row security). Completes "the view …". */
  readonly barrier?: string;
  /** Of a view of MySQL's: the account with whose rights it is run, where that isn't the proxy's own. */
  readonly rights?: string;
  /** Why writing to it runs code nobody vetted (rewrite rules); a sentence. */
  readonly hazard?: string;
  /** A function that nobody vetted and a cast of its rows, or of something in them, calls. */
  readonly cast?: string;
}

/** A function, procedure or aggregate that didn't come with the server. */
export interface FunctionData {
  readonly schema: string;
  readonly name: string;
  readonly language: string;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly securityDefiner: boolean;
  /** The extension it is a member of. */
  readonly extension?: string;
}

/** An operator that didn't come with the server. `function` is `schema.name`. */
export interface OperatorData {
  readonly schema: string;
  readonly name: string;
  readonly function: string;
  readonly extension?: string;
}

/** A type that didn't come with the server, or one (an array, a table's rows) in whose values such a type is found. */
export interface TypeData {
  readonly schema: string;
  readonly name: string;
  /** pg_type.typtype: `b` base, `c` composite, `d` domain, `e` enum, `r` range, `m` multirange. */
  readonly kind: string;
  readonly extension?: string;
  /** Why making a value of it runs code nobody vetted: a domain's check, its own or that of something in it. */
  readonly hazard?: string;
  /** A function that nobody vetted and a cast from or to it, or something in it, calls. */
  readonly cast?: string;
}

/** What decides how a MySQL or MariaDB server reads texts and names. */
export interface MysqlServerData {
  readonly flavour: 'mysql' | 'mariadb';
  /** 0: names of databases and tables are told apart by case; 1 and 2: they aren't. */
  readonly lowerCaseTableNames: number;
  /** @@global.sql_mode, with which sessions start. */
  readonly sqlMode: string;
}

export interface CatalogData {
  /** server_version_num: 180004. MYSQL_VERSION_ID: 90100, 101119. */
  readonly serverVersion: number;
  /** Of MySQL and MariaDB only. */
  readonly mysql?: MysqlServerData;
  readonly relations: readonly RelationData[];
  readonly functions: readonly FunctionData[];
  /** Names of the functions that came with the server, schema pg_catalog. */
  readonly builtins: readonly string[];
  readonly operators: readonly OperatorData[];
  readonly types: readonly TypeData[];
  readonly extensions: readonly string[];
  /** PostgreSQL: schemas on the search_path of the proxy's sessions when they start, those that exist, `$user` resolved. */
  readonly searchPath?: readonly string[];
  /** PostgreSQL: the same as the setting has it: `"$user", public`. */
  readonly searchPathSetting?: string;
  /** PostgreSQL: the account of the proxy's sessions. */
  readonly account?: string;
}

export interface CatalogSource {
  /** Reads the whole catalog anew. Rejects when the server can't be asked. */
  load(): Promise<CatalogData>;
}

/** The catalog, indexed by name. Names are matched as the server folds them: exactly. */
export class Catalog {
  readonly data: CatalogData;
  readonly #relations: ReadonlyMap<string, readonly RelationData[]>;
  readonly #qualified: ReadonlyMap<string, readonly RelationData[]>;
  readonly #functions: ReadonlyMap<string, readonly FunctionData[]>;
  readonly #operators: ReadonlyMap<string, readonly OperatorData[]>;
  readonly #types: ReadonlyMap<string, readonly TypeData[]>;
  readonly #builtins: ReadonlySet<string>;

  constructor(data: CatalogData) {
    this.data = data;
    this.#relations = byName(data.relations);
    this.#qualified = Map.groupBy(data.relations, (relation) => `${relation.schema}.${relation.name}`);
    this.#functions = byName(data.functions);
    this.#operators = byName(data.operators);
    this.#types = byName(data.types);
    this.#builtins = new Set(data.builtins);
  }

  /** Every relation the name could mean; without a schema, in any schema, since nobody here knows the search path. */
  relations(schema: string | undefined, name: string): readonly RelationData[] {
    return inSchema(this.#relations.get(name), schema);
  }

  /** By `schema.name`, as `children` gives it. Several only where a dot is part of a name. */
  relationsCalled(qualified: string): readonly RelationData[] {
    return this.#qualified.get(qualified) ?? NONE;
  }

  /** Every function of that name that didn't come with the server. */
  functions(schema: string | undefined, name: string): readonly FunctionData[] {
    return inSchema(this.#functions.get(name), schema);
  }

  operators(schema: string | undefined, name: string): readonly OperatorData[] {
    return inSchema(this.#operators.get(name), schema);
  }

  types(schema: string | undefined, name: string): readonly TypeData[] {
    return inSchema(this.#types.get(name), schema);
  }

  isBuiltin(name: string): boolean {
    return this.#builtins.has(name);
  }
}

const NONE: readonly never[] = [];

function byName<T extends { readonly name: string }>(items: readonly T[]): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(items, (item) => item.name);
}

function inSchema<T extends { readonly schema: string }>(items: readonly T[] | undefined, schema: string | undefined): readonly T[] {
  if (items === undefined) return NONE;
  if (schema === undefined) return items;
  // Each session's own schema for temporary objects has a number; which one is ours isn't known here.
  return items.filter((item) => item.schema === schema || (schema === 'pg_temp' && item.schema.startsWith('pg_temp_')));
}
