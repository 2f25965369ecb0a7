/** What is wrong with the `sensitive` and `detect` lines of a policy once the databases' columns are known. */

import { nearest } from '../config/nearest.ts';
import type { SearchedColumns } from './detectors/searched.ts';
import type { SensitiveColumns } from './sensitive.ts';
import { columnPattern } from '../policy/pattern.ts';
import type { CatalogData, RelationData } from '../sql/catalog.ts';
import { qualified } from './exposure.ts';
import { misfit } from './masks.ts';
import type { Dialect } from './masks.ts';
import { anchorOf } from './sights.ts';

export interface SensitiveProblem {
  /**
   * `nothing`: a pattern that matches no column of any database, so that perhaps something isn't masked that should be.
   * `misfit`: a mask that isn't one for the column's type; the column is masked by `null`.
   */
  readonly kind: 'nothing' | 'misfit';
  /** Place in the policy's `sensitive`, or its `detect`. */
  readonly line: number;
  readonly sentence: string;
}

/** One database as the problems name it. */
export interface KnownDatabase {
  readonly name: string;
  readonly protocol: Dialect;
  readonly catalog: CatalogData;
}

/** @param databases those whose catalogs are known; without `complete` others may have what a pattern means */
export function sensitiveProblems(policy: { readonly sensitive: readonly SensitiveColumns[] }, databases: readonly KnownDatabase[], complete = true): SensitiveProblem[] {
  const all = known(databases);
  return policy.sensitive.flatMap((line, at) =>
    line.columns.flatMap((pattern) => {
      const found = all.flatMap(({ database, relation }) => matching(relation, pattern).map((column) => ({ database, relation, column })));
      if (found.length === 0) return complete ? [nothing(at, pattern, 'masked', all.map(({ relation }) => relation))] : [];
      return found.flatMap(({ database, relation, column }) => {
        const anchor = anchorOf(relation, new Set([column.name]));
        const wrong = misfit(database.protocol, { column, ...(anchor === undefined ? {} : { anchor }) }, line);
        return wrong === undefined ? [] : [{ kind: 'misfit' as const, line: at, sentence: `${database.name}: ${qualified(relation)}.${column.name}: ${wrong.sentence}` }];
      });
    }));
}

/** Of columns in which something is to be looked for; as above. */
export function detectProblems(policy: { readonly detect: readonly SearchedColumns[] }, databases: readonly KnownDatabase[], complete = true): SensitiveProblem[] {
  if (!complete) return [];
  const relations = known(databases).map(({ relation }) => relation);
  return policy.detect.flatMap(({ columns = [] }, at) =>
    columns.flatMap((pattern) => (relations.some((relation) => matching(relation, pattern).length > 0) ? [] : [nothing(at, pattern, 'looked for', relations)])));
}

function known(databases: readonly KnownDatabase[]): { readonly database: KnownDatabase; readonly relation: RelationData }[] {
  return databases.flatMap((database) => database.catalog.relations.filter(({ system, kind }) => !system && kind !== 'S').map((relation) => ({ database, relation })));
}

function matching(relation: RelationData, pattern: string): RelationData['columns'] {
  const { table, column } = columnPattern(pattern);
  if (!table.maybe(qualified(relation))) return [];
  return relation.columns.filter(({ name }) => column.maybe(name));
}

function nothing(line: number, pattern: string, missed: 'masked' | 'looked for', relations: readonly RelationData[]): SensitiveProblem {
  const withSchema = pattern.split('.').length > 2;
  const names = relations.flatMap((relation) => relation.columns.map(({ name }) => `${withSchema ? qualified(relation) : relation.name}.${name}`));
  const near = nearest(pattern, new Set(names));
  return { kind: 'nothing', line, sentence: `no database has a column ${pattern}, so nothing is ${missed} by it${near === undefined ? '' : `; did you mean "${near}"?`}` };
}
