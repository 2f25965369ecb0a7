/** What names mean at one place of a query: the relations of FROM, and the queries around it. */

import type { RelationData } from '../catalog.ts';
import type { Touch } from './findings.ts';

/** One relation that an alias may stand for. `columns` is undefined when the catalog doesn't know it. */
export interface Source {
  readonly touch: Touch;
  readonly columns: readonly string[] | undefined;
}

/** One entry of FROM. Subqueries, CTEs and functions have no sources: what they read is found where they are defined. */
export interface Entry {
  readonly alias: string;
  readonly sources: readonly Source[];
  /** The alias's column list, `t(a, b)`: the first columns have these names and no other. */
  readonly renamed: readonly string[];
  /** Output column names of what has no sources; undefined when they can't be told. */
  readonly outputs: ReadonlySet<string> | undefined;
}

export interface Scope {
  readonly entries: Entry[];
  readonly parent: Scope | undefined;
}

/** WITH queries visible at a place, innermost first. */
export interface Ctes {
  readonly name: string;
  readonly outputs: ReadonlySet<string> | undefined;
  readonly parent: Ctes | undefined;
}

export const sourceOf = (touch: Touch, relation: RelationData | undefined): Source => ({ touch, columns: relation?.columns.map((column) => column.name) });

export function findCte(ctes: Ctes | undefined, name: string): Ctes | undefined {
  for (let cte = ctes; cte !== undefined; cte = cte.parent) if (cte.name === name) return cte;
  return undefined;
}

/** How much work it is to look for a column: one for each relation in sight. */
export function weight(scope: Scope | undefined): number {
  let sum = 0;
  for (let at = scope; at !== undefined; at = at.parent) for (const { sources } of at.entries) sum += 1 + sources.length;
  return sum;
}

/**
 * Marks what `column` reads. The innermost query that has the column gives it its meaning, as at the server.
 * False when nothing in sight has or could have it: then the catalog is older than the statement, and whole rows are marked.
 */
export function readColumn(scope: Scope | undefined, column: string): boolean {
  for (let at = scope; at !== undefined; at = at.parent) {
    let hit = false;
    for (const entry of at.entries) hit = readEntryColumn(entry, column) || hit;
    if (hit) return true;
  }
  return !readAnything(scope, column);
}

/** Marks all rows in sight, unless something in sight may have the column. True when there was something to mark. */
function readAnything(scope: Scope | undefined, column: string): boolean {
  const entries: Entry[] = [];
  for (let at = scope; at !== undefined; at = at.parent) entries.push(...at.entries);
  if (entries.some((entry) => mayHave(entry, column))) return false;
  for (const entry of entries) readAll(entry);
  return entries.length > 0;
}

const mayHave = ({ sources, outputs }: Entry, column: string): boolean =>
  sources.length === 0 ? outputs === undefined || outputs.has(column) : sources.some((source) => source.columns === undefined);

function readEntryColumn(entry: Entry, column: string): boolean {
  // The bare alias is the whole row: row_to_json(c).
  if (entry.alias === column) return readAll(entry);
  const index = entry.renamed.indexOf(column);
  let hit = index >= 0;
  for (const source of entry.sources) hit = readSourceColumn(source, column, index) || hit;
  return hit;
}

function readSourceColumn({ touch, columns }: Source, column: string, renamedIndex: number): boolean {
  if (renamedIndex >= 0) {
    touch.columns.add(columns?.[renamedIndex] ?? '*');
    return true;
  }
  // Nothing is known of an unknown relation: it may or may not be the one meant, so it doesn't end the search.
  if (columns === undefined) touch.columns.add('*');
  if (columns === undefined || !(columns.includes(column) || SYSTEM_COLUMNS.has(column))) return false;
  touch.columns.add(column);
  return true;
}

const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/** The entries that `alias.` means: those of the innermost query that has the alias. */
export function entriesNamed(scope: Scope | undefined, alias: string): readonly Entry[] {
  for (let at = scope; at !== undefined; at = at.parent) {
    const entries = at.entries.filter((entry) => entry.alias === alias);
    if (entries.length > 0) return entries;
  }
  return [];
}

/** Does what an alias stands for have a column: all that it may stand for, only some, or (as far as is known) nothing? */
export type Having = 'all' | 'some' | 'none';

/** Marks what `alias.column` reads. Unless all have the column, it may be a function, `f(alias)`. */
export function readQualified(entry: Entry, column: string): Having {
  const index = entry.renamed.indexOf(column);
  if (entry.sources.length === 0) return index >= 0 || (entry.renamed.length === 0 && entry.outputs?.has(column) === true) ? 'all' : 'some';
  let hit = index >= 0;
  for (const source of entry.sources) hit = readSourceColumn(source, column, index) || hit;
  if (!hit) readAll(entry);
  if (index >= 0 || SYSTEM_COLUMNS.has(column) || entry.sources.every(({ columns }) => columns?.slice(entry.renamed.length).includes(column) === true)) return 'all';
  return hit ? 'some' : 'none';
}

export function readAll(entry: Entry): true {
  for (const source of entry.sources) source.touch.columns.add('*');
  return true;
}
