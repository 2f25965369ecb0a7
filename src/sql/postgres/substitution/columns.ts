/** What column names mean at one place of a query. */

import type { ColumnRef } from 'libpg-query';
import { strings } from '../tree.ts';
import type { Analysis } from './analysis.ts';
import { NOTHING, Obstacle, union } from './model.ts';
import type { Column, Entry, Origins, Scope } from './model.ts';
import { qualifiedName } from './names.ts';

export interface Meaning {
  readonly of: Origins;
  readonly bare: boolean;
  /** The only entry that it can mean, and the column's name there. */
  readonly entry?: Entry;
  readonly name?: string;
  /** Masked columns of a write's target: read as they are. */
  readonly own: Origins;
}

const NONE: Meaning = { of: NOTHING, bare: false, own: NOTHING };
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/** Also adapts the name where it can't stand as it is: a whole row, a schema. */
export function meaningOf(analysis: Analysis, ref: ColumnRef, scope: Scope | undefined): Meaning {
  analysis.step();
  const parts = strings(ref.fields);
  const [first = '', second = ''] = parts;
  if (parts.length === 1) return first === '*' ? wholeLevel(scope) : unqualified(analysis, ref, first, scope);
  if (parts.length === 2) {
    const entry = entryNamed(scope, first);
    if (entry === undefined) return NONE;
    return second === '*' ? wholeRow(analysis, ref, entry, true) : columnIn(entry, second);
  }
  const [schema = '', alias = '', column = ''] = parts.slice(-3);
  const entry = entryNamed(scope, alias, schema);
  if (entry === undefined) return NONE;
  if (entry.place !== undefined) dropSchema(analysis, ref, parts.length - 2);
  return column === '*' ? wholeRow(analysis, ref, entry, true) : columnIn(entry, column);
}

/** `schema.t.column` -> `t.column`: a subquery's alias has no schema. */
function dropSchema(analysis: Analysis, ref: ColumnRef, drop: number): void {
  if (drop > 1) throw new Obstacle('A column of a relation with masked columns is named with its database; leave the database out.');
  const first = analysis.tokenAt(ref.location);
  const start = analysis.tokens.get(first)?.start ?? 0;
  const end = analysis.tokens.get(first + 2 * drop)?.start ?? start;
  analysis.edit(start, end, '');
}

export function entryNamed(scope: Scope | undefined, alias: string, schema?: string): Entry | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const found = at.entries.find((entry) => entry.alias === alias && (schema === undefined || entry.schema === schema));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The innermost query that has the column gives it its meaning; what may have it is added. */
function unqualified(analysis: Analysis, ref: ColumnRef, name: string, scope: Scope | undefined): Meaning {
  const possible: Meaning[] = [];
  for (let at = scope; at !== undefined; at = at.parent) {
    const hits = at.entries.filter((entry) => hasColumn(entry, name));
    for (const entry of at.entries) if (entry.columns === undefined) possible.push({ of: entry.taint, bare: false, own: NOTHING });
    if (hits.length === 0) continue;
    const found = hits.map((entry) => columnIn(entry, name));
    const [only] = found;
    if (found.length === 1 && possible.length === 0 && only !== undefined) return only;
    return { ...both([...found, ...possible]), bare: found.every(({ bare }) => bare) && possible.every(({ of }) => of.size === 0) };
  }
  const entry = entryNamed(scope, name);
  return both([...possible, ...(entry === undefined ? [] : [wholeRow(analysis, ref, entry, false)])]);
}

const both = (meanings: readonly Meaning[]): Meaning => ({ of: union(...meanings.map(({ of }) => of)), own: union(...meanings.map(({ own }) => own)), bare: false });

const hasColumn = (entry: Entry, name: string): boolean => entry.columns?.some((column) => column.name === name) === true || (entry.relation !== undefined && SYSTEM_COLUMNS.has(name));

function columnIn(entry: Entry, name: string): Meaning {
  const found = entry.columns?.filter((column) => column.name === name) ?? [];
  if (found.length > 0) {
    entry.named.add(name);
    const of = union(...found.map((column) => column.of));
    return { of: entry.target ? NOTHING : of, own: entry.target ? of : NOTHING, bare: found.every(({ bare }) => bare), entry, name };
  }
  if (entry.relation !== undefined && SYSTEM_COLUMNS.has(name)) {
    if (entry.place?.definition === undefined) entry.place?.systemColumns.add(name);
    return { ...NONE, entry, name };
  }
  if (entry.columns === undefined) return { of: entry.taint, bare: false, own: NOTHING };
  // Function notation, f(alias).
  return { ...rowOf(entry), bare: false };
}

function rowOf(entry: Entry): Meaning {
  const of = union(entry.taint, ...(entry.columns ?? []).map((column: Column) => column.of));
  return { of: entry.target ? NOTHING : of, own: entry.target ? of : NOTHING, bare: false };
}

/** What `alias.*` spreads out to; undefined when the name isn't that. */
export function starColumns(analysis: Analysis, ref: ColumnRef, scope: Scope | undefined): (Meaning & { readonly columns: readonly Column[] | undefined }) | undefined {
  const parts = strings(ref.fields);
  if (parts.at(-1) !== '*' || parts.length < 2) return undefined;
  const entry = entryNamed(scope, parts.at(-2) ?? '', parts.at(-3));
  if (entry === undefined) return undefined;
  if (entry.place !== undefined && parts.length > 2) dropSchema(analysis, ref, parts.length - 2);
  nameAll(entry);
  return { ...rowOf(entry), columns: entry.columns };
}

export function nameAll(entry: Entry): void {
  if (entry.place !== undefined) entry.place.whole = true;
  for (const { name } of entry.columns ?? []) entry.named.add(name);
}

function wholeLevel(scope: Scope | undefined): Meaning {
  return both((scope?.entries ?? []).map(rowOf));
}

/** A row of a subquery has no type with a name; the cast gives it the table's again. */
function wholeRow(analysis: Analysis, ref: ColumnRef, entry: Entry, star: boolean): Meaning {
  if (entry.place !== undefined) {
    if (entry.nullable) throw new Obstacle(`Whole rows of ${entry.alias}, which has masked columns, can't be read behind an outer join; name the columns instead.`);
    entry.place.whole = true;
    const last = analysis.tokens.endOfName(analysis.tokenAt(ref.location));
    const end = analysis.tokens.get(last)?.end ?? 0;
    analysis.edit(end, end, `::${qualifiedName(entry.place.relation)}`);
  }
  return { ...rowOf(entry), ...(star ? {} : { entry }) };
}
