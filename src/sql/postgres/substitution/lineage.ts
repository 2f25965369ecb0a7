/** Which columns of tables a view's columns may show, and which decide about its rows. */

import type { Catalog, RelationData } from '../../catalog.ts';
import { Sight } from '../../../masking/sight.ts';
import type { MaskedRelation } from '../../../masking/sight.ts';
import type { Parser } from '../parser.ts';
import { open, strings } from '../tree.ts';
import { SeenViews } from './views.ts';

export interface Lineage {
  /** By the view's column: `schema.table.column` of what it may show; `unknown` when that can't be proven. */
  readonly columns: ReadonlyMap<string, readonly string[] | 'unknown'>;
  /** By which rows are filtered, joined, grouped, aggregated or ordered; `unknown` when that can't be told. */
  readonly rows: readonly string[] | 'unknown';
}

/** By `schema.name` of each view and materialized view that has a definition. */
export function lineage(catalog: Catalog, parser: Parser): ReadonlyMap<string, Lineage> {
  const views = new SeenViews(parser, catalog, everything(catalog), true);
  const found = new Map<string, Lineage>();
  for (const relation of catalog.data.relations) {
    if (relation.definition !== undefined) found.set(`${relation.schema}.${relation.name}`, lineageOf(catalog, parser, views, relation));
  }
  return found;
}

/** A sight that masks every column of all that isn't a view with a definition: what each use is of then shows where values go. */
function everything(catalog: Catalog): Sight {
  const relations = catalog.data.relations.filter(({ kind, definition }) => kind !== 'v' || definition === undefined).map(({ schema, name, oid, columns }): MaskedRelation => ({
    schema, name, oid,
    columns: columns.map((column) => ({ name: column.name, number: column.number, type: column.type, mask: 'null', sql: ['NULL'], hideNulls: false, filtered: 'mask', derived: 'mask', copied: 'hold' })),
  }));
  return new Sight({ key: 'lineage', relations });
}

const ROWS: ReadonlySet<string> = new Set(['filtered', 'lookup', 'null_test', 'own']);

function lineageOf(catalog: Catalog, parser: Parser, views: SeenViews, view: RelationData): Lineage {
  const unknown: Lineage = { columns: new Map(view.columns.map(({ name }) => [name, 'unknown'])), rows: 'unknown' };
  try {
    const { columns, uses } = views.analyse(view, view.definition ?? '');
    if (columns === undefined || runsCode(catalog, parser, view, new Set())) return unknown;
    const rows = uses.list().filter(({ use }) => ROWS.has(use)).map(({ relation, column }) => `${relation}.${column}`);
    return {
      columns: new Map(columns.map(({ name, of }) => [name, [...of].map(({ relation, column }) => `${relation}.${column.name}`)])),
      rows: [...new Set(rows)],
    };
  } catch {
    return unknown;
  }
}

/** Does it, or a view in it, call a function of a user, which may read anything? */
function runsCode(catalog: Catalog, parser: Parser, view: RelationData, seen: Set<RelationData>): boolean {
  if (seen.has(view) || view.definition === undefined) return false;
  seen.add(view);
  const looked = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    const here = Array.isArray(value) ? undefined : open(value as never);
    const content = here?.content as { funcname?: never; name?: never; relname?: string; schemaname?: string } | undefined;
    if (here?.kind === 'FuncCall' && calls(catalog, strings(content?.funcname))) return true;
    if (here?.kind === 'A_Expr' && catalog.operators(undefined, strings(content?.name).at(-1) ?? '').length > 0) return true;
    if (here?.kind === 'RangeVar' && catalog.relations(content?.schemaname, content?.relname ?? '').some((inner) => inner.kind === 'v' && runsCode(catalog, parser, inner, seen))) return true;
    return Object.values(value).some(looked);
  };
  return looked(parser.parse(view.definition).stmts);
}

const calls = (catalog: Catalog, parts: readonly string[]): boolean => {
  const name = parts.at(-1) ?? '';
  return catalog.functions(undefined, name).length > 0 || !catalog.isBuiltin(name);
};
