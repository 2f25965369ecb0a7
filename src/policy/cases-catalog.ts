import type { CatalogData, RelationData } from '../sql/catalog.ts';
import type { Understanding } from '../sql/facts.ts';
import { createUnderstanding as understandMysql } from '../sql/mysql/understanding.ts';
import { createUnderstanding as understandPostgres } from '../sql/postgres/understanding.ts';

/** `schema.name` to column names. */
type Tables = Readonly<Record<string, readonly string[]>>;

/** Servers of either protocol that have these tables and nothing else that isn't built in. */
export class CaseServers {
  readonly #tables: Tables;
  readonly #made = new Map<string, Promise<Understanding>>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** @param database the case's; MySQL finds unqualified tables in it */
  understanding(protocol: 'postgres' | 'mysql', database: string): Promise<Understanding> {
    const key = protocol === 'mysql' ? `mysql ${database}` : protocol;
    let made = this.#made.get(key);
    if (made === undefined) this.#made.set(key, (made = protocol === 'mysql' ? this.#mysql(database) : this.#postgres()));
    return made;
  }

  #postgres(): Promise<Understanding> {
    const data: CatalogData = { serverVersion: 180_000, relations: relations(this.#tables, ['pg_catalog', 'information_schema'], true), ...NOTHING };
    return understandPostgres({ catalogSource: { load: () => Promise.resolve(data) } });
  }

  #mysql(database: string): Promise<Understanding> {
    const data: CatalogData = {
      serverVersion: 90_100, mysql: { flavour: 'mysql', lowerCaseTableNames: 0, sqlMode: '' }, ...NOTHING,
      relations: relations(this.#tables, ['mysql', 'information_schema', 'performance_schema', 'sys'], false),
    };
    return understandMysql({ catalogSource: { load: () => Promise.resolve(data) }, database });
  }
}

const NOTHING = { functions: [], builtins: [], operators: [], types: [], extensions: [] };

function relations(tables: Tables, systemSchemas: readonly string[], oids: boolean): RelationData[] {
  return Object.entries(tables).map(([qualified, columns], index) => {
    const [schema = '', name = ''] = qualified.split('.');
    return {
      schema, name, oid: oids ? 16_384 + index : 0, kind: 'r', children: [],
      columns: columns.map((column, at) => ({ name: column, number: at + 1, type: 'text' })),
      system: systemSchemas.includes(schema),
    };
  });
}
