/** Names in texts that are made, and what relation a name in a statement means. */

import type { RangeVar } from 'libpg-query';
import type { Catalog, RelationData } from '../../catalog.ts';
import { postgresName } from '../../quoting.ts';
import { Obstacle } from './model.ts';

export const qualifiedName = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${postgresName(schema)}.${postgresName(name)}`;
export const plainName = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;

const ROWS: ReadonlySet<string> = new Set(['r', 'p', 'v', 'm', 'f', 'S', 't']);

/**
 * Undefined when the catalog has no relation of the name, which is then the server's to refuse.
 * @throws {Obstacle} when it may mean several, and one of them is touchy
 */
export function resolve(catalog: Catalog, path: readonly string[] | undefined, range: RangeVar, touchy: (relation: RelationData) => boolean): RelationData | undefined {
  const name = range.relname ?? '';
  const candidates = catalog.relations(range.schemaname, name).filter(({ kind }) => ROWS.has(kind));
  if (range.schemaname === undefined && path !== undefined) {
    for (const schema of path.includes('pg_catalog') ? path : ['pg_catalog', ...path]) {
      const found = candidates.find((candidate) => candidate.schema === schema);
      if (found !== undefined) return found;
    }
    const temporary = candidates.filter(({ schema }) => schema.startsWith('pg_temp'));
    if (temporary.length === 1) return temporary[0];
    if (!candidates.some(touchy)) return undefined;
    throw new Obstacle(`The relation ${name} isn't in a schema of the search path as far as is known; name its schema.`);
  }
  if (candidates.length <= 1) return candidates[0];
  if (!candidates.some(touchy)) return undefined;
  throw new Obstacle(`It can't be told which relation ${name} is meant, and one of that name has masked columns; name its schema.`);
}
