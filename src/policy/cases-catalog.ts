import type { CatalogData } from '../sql/catalog.ts';
import { createUnderstanding } from '../sql/postgres/understanding.ts';
import type { Understanding } from '../sql/facts.ts';

/** A server that has these tables (`schema.name` to column names) and nothing else that isn't built in. */
export function understandTables(tables: Readonly<Record<string, readonly string[]>>): Promise<Understanding> {
  return createUnderstanding({ catalogSource: { load: () => Promise.resolve(catalogOf(tables)) } });
}

function catalogOf(tables: Readonly<Record<string, readonly string[]>>): CatalogData {
  const relations = Object.entries(tables).map(([qualified, columns], index) => {
    const [schema = '', name = ''] = qualified.split('.');
    return {
      schema, name, oid: 16_384 + index, kind: 'r', children: [],
      columns: columns.map((column, at) => ({ name: column, number: at + 1, type: 'text' })),
      system: schema === 'pg_catalog' || schema === 'information_schema',
    };
  });
  return { serverVersion: 180_000, relations, functions: [], builtins: [], operators: [], types: [], extensions: [] };
}
