/** Which columns of a database show masked values: those the policy names, and all through which these could be seen. */

import { columnPattern } from '../policy/pattern.ts';
import type { SensitiveColumns } from './sensitive.ts';
import type { CatalogData, ColumnData, RelationData } from '../sql/catalog.ts';
import { BESIDE, beside, RECORDED, strongest, termsOf } from './terms.ts';
import type { Terms } from './terms.ts';

/** What a view shows. Columns are named `schema.table.column`. */
export interface ViewLineage {
  /** By output column: what it may show. */
  readonly columns: ReadonlyMap<string, readonly string[] | 'unknown'>;
  /** What decides which rows it shows. */
  readonly filters: readonly string[];
}

/** Undefined: it can't be told what the view shows. */
export type Lineage = (relation: RelationData) => ViewLineage | undefined;

/** All names that a column has ever been seen under: `table` is `schema.name`. The present one first. */
export type NamesOf = (relation: RelationData, column: ColumnData) => readonly { readonly table: string; readonly column: string }[];

/** By column name. Relations through which masked values only decide about rows have an empty map. */
export type Exposed = Map<RelationData, Map<string, Terms>>;

export const qualified = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;

/** Names of a relation's columns in which the server keeps values or statements; MySQL's in lower case. */
export type Records = (relation: RelationData) => readonly string[];

export interface Knowledge {
  readonly names: NamesOf;
  readonly lineage: Lineage;
  readonly records: Records;
}

/** Empty when no line of the policy means any column. Else the server's own records of values are among them. */
export function exposed(catalog: CatalogData, sensitive: readonly SensitiveColumns[], { names, lineage, records: recorded }: Knowledge): Exposed {
  const found = named(catalog, sensitive, names);
  if (found.size === 0) return found;
  // First: somebody's view may show them.
  records(catalog, found, recorded);
  const spread = [inheritance(catalog), generated(catalog), views(catalog, lineage)];
  while (spread.map((step) => step(found)).some(Boolean));
  return found;
}

/** Columns that the catalog doesn't know are exposed by the name given. */
function records({ relations }: CatalogData, found: Exposed, of: Records): void {
  for (const relation of relations) {
    const names = of(relation);
    if (names.length === 0) continue;
    const known = relation.columns.map(({ name }) => name).filter((name) => names.includes(name) || (relation.oid === 0 && names.includes(name.toLowerCase())));
    for (const name of relation.columns.length === 0 ? names : known) expose(found, relation, name, RECORDED);
  }
}

/** Says whether anything is new. */
function expose(found: Exposed, relation: RelationData, column: string, terms: Terms): boolean {
  const columns = found.get(relation) ?? new Map<string, Terms>();
  found.set(relation, columns);
  const before = columns.get(column);
  const now = before === undefined ? terms : strongest(before, terms);
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(now)) return false;
  columns.set(column, now);
  return true;
}

function named(catalog: CatalogData, sensitive: readonly SensitiveColumns[], names: NamesOf): Exposed {
  const found: Exposed = new Map();
  const lines = sensitive.map((line) => ({ terms: termsOf(line), patterns: line.columns.map(columnPattern) }));
  for (const relation of catalog.relations) {
    if (relation.system || relation.kind === 'S') continue;
    for (const column of relation.columns) {
      const known = names(relation, column);
      for (const { terms, patterns } of lines) {
        if (patterns.some((pattern) => known.some((name) => pattern.column.maybe(name.column) && pattern.table.maybe(name.table)))) expose(found, relation, column.name, terms);
      }
    }
  }
  return found;
}

type Step = (found: Exposed) => boolean;

/** A parent shows its children's rows, and a child has its parent's columns. */
function inheritance({ relations }: CatalogData): Step {
  const byName = Map.groupBy(relations, qualified);
  const pairs = relations.flatMap((parent) => parent.children.flatMap((child) => (byName.get(child) ?? []).flatMap((relation) => [[parent, relation], [relation, parent]] as const)));
  return (found) => pairs.map(([from, to]) => {
    const columns = new Set(to.columns.map(({ name }) => name));
    return [...found.get(from) ?? []].map(([column, terms]) => columns.has(column) && expose(found, to, column, terms)).some(Boolean);
  }).some(Boolean);
}

function generated({ relations }: CatalogData): Step {
  const computed = relations.flatMap((relation) => relation.columns.flatMap(({ name, generated: expression }) => (expression === undefined ? [] : [{ relation, name, expression }])));
  return (found) => computed.map(({ relation, name, expression }) =>
    [...found.get(relation)?.keys() ?? []].some((column) => column !== name && mentions(expression, column)) && expose(found, relation, name, BESIDE)).some(Boolean);
}

function views({ relations, functions }: CatalogData, lineage: Lineage): Step {
  const all = relations.filter(({ kind, system }) => (kind === 'v' || kind === 'm') && !system).map((view) => ({ view, shows: lineage(view), calls: callsAny(view.definition, functions) }));
  return (found) => all.map(({ view, shows, calls }) => {
    const masked = new Map([...found].flatMap(([relation, columns]) => [...columns].map(([column, terms]) => [`${qualified(relation)}.${column}`.toLowerCase(), terms] as const)));
    const reads = calls || [...found.keys()].some((relation) => relation !== view && (view.definition === undefined || view.definition === '' || mentions(view.definition, relation.name)));
    const news = view.columns.map(({ name }) => {
      const sources = shows === undefined ? 'unknown' : shows.columns.get(name) ?? 'unknown';
      if (sources === 'unknown') return reads && expose(found, view, name, BESIDE);
      const shown = sources.flatMap((source) => masked.get(source.toLowerCase()) ?? []);
      return shown.length > 0 && expose(found, view, name, beside(shown));
    }).some(Boolean);
    if (found.has(view) || shows?.filters.some((source) => masked.has(source.toLowerCase())) !== true) return news;
    found.set(view, new Map());
    return true;
  }).some(Boolean);
}

/** What a function of users reads isn't known. */
function callsAny(definition: string | undefined, functions: CatalogData['functions']): boolean {
  return definition !== undefined && functions.some(({ name, extension }) => extension === undefined && mentions(definition, name));
}

/** Could the SQL text have the name in it, quoted or not, in upper or lower case? */
export function mentions(text: string, name: string): boolean {
  const lower = text.toLowerCase();
  return [name, name.replaceAll('"', '""'), name.replaceAll('`', '``')].some((written) => {
    const word = written.toLowerCase();
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
      if (!isWord(lower[at - 1]) && !isWord(lower[at + word.length])) return true;
    }
    return false;
  });
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_$]/u.test(character);
}
