/** INSERT, UPDATE, DELETE, MERGE: the target can't be substituted, so what reads its own masked columns is said. */

import type { DeleteStmt, InsertStmt, MergeStmt, Node, OnConflictClause, RangeVar, ReturningClause, UpdateStmt } from 'libpg-query';
import { as, constant, strings } from '../tree.ts';
import type { Analysis, Answer } from './analysis.ts';
import { meaningOf, nameAll } from './columns.ts';
import { conjunction } from './conditions.ts';
import { withQueries } from './ctes.ts';
import { expression, expressions } from './expressions.ts';
import { entry as makeEntry, fromItem } from './from.ts';
import type { Level } from './from.ts';
import { NOTHING, Obstacle } from './model.ts';
import type { Column, Ctes, Entry, Origins, Scope } from './model.ts';
import { answerOf, targets } from './query.ts';

const OWN = 'is read from the table being written';
const NO_COMPUTING = 'RETURNING computes with real values of masked columns; return the columns as they are, or others.';
const NO_HANDING_ON = 'RETURNING hands real values of masked columns to the rest of the statement; return other columns, or make it a statement of its own.';

function target(analysis: Analysis, range: RangeVar | undefined): Entry {
  const alias = { aliasname: range?.relname ?? '', ...range?.alias };
  const relation = range === undefined ? undefined : analysis.resolve(range);
  if (range === undefined || relation === undefined) return makeEntry(alias, { columns: undefined, taint: NOTHING });
  analysis.qualify(range, relation);
  if (analysis.isTouchy(relation)) analysis.written = relation;
  const schema = range.alias === undefined ? relation.schema : undefined;
  const view = relation.kind === 'v' && !relation.system && analysis.isTouchy(relation) && analysis.around.sight.relation(relation.schema, relation.name) === undefined;
  const columns = view ? analysis.around.view(relation)?.columns : analysis.columnsOf(relation);
  if (columns === undefined) throw new Obstacle(`It can't be told what of masked columns the view ${analysis.nameOf(relation)} shows; write to its table instead.`);
  return makeEntry(alias, { columns, taint: NOTHING }, { schema, relation, target: true });
}

const columnOf = (entry: Entry, name: string | undefined): Column | undefined => entry.columns?.find((column) => column.name === name);

function level(analysis: Analysis, stmt: { withClause?: InsertStmt['withClause'] }, scope: Scope | undefined, ctes: Ctes | undefined): Level {
  return { scope: { entries: [], parent: scope }, ctes: withQueries(analysis, stmt.withClause, scope, ctes) };
}

export function insert(analysis: Analysis, stmt: InsertStmt, around: Scope | undefined, outer: Ctes | undefined, nested: boolean): Answer {
  const here = level(analysis, stmt, around, outer);
  const into = target(analysis, stmt.relation);
  const names = stmt.cols === undefined ? (into.columns ?? []).map(({ name }) => name) : stmt.cols.map((node) => as('ResTarget', node)?.name ?? '');
  for (const node of stmt.cols ?? []) expressions(analysis, as('ResTarget', node)?.indirection, here);
  if (stmt.selectStmt !== undefined) {
    const given = analysis.query(stmt.selectStmt, here.scope, here.ctes);
    analysis.uses.add(given.taint, 'copied', 'is written to a table');
  }
  const rows = as('SelectStmt', stmt.selectStmt)?.valuesLists;
  const only = rows?.length === 1 ? as('List', rows[0])?.items : undefined;
  for (const [index, name] of names.entries()) if (only === undefined || index < only.length) written(analysis, into, name, only?.[index]);
  here.scope.entries.push(into);
  const before = analysis.uses.ownReads;
  if (stmt.onConflictClause !== undefined) conflict(analysis, stmt.onConflictClause, into, here);
  return returning(analysis, stmt.returningClause, { into, here, nested, stored: analysis.uses.ownReads > before });
}

function written(analysis: Analysis, into: Entry, name: string | undefined, value: Node | undefined): void {
  const number = as('ParamRef', value)?.number;
  analysis.uses.add(columnOf(into, name)?.of ?? NOTHING, 'written', undefined, number ?? constant(value));
}

function conflict(analysis: Analysis, clause: OnConflictClause, into: Entry, here: Level): void {
  for (const node of clause.infer?.indexElems ?? []) {
    const element = as('IndexElem', node);
    for (const origin of columnOf(into, element?.name)?.of ?? []) {
      analysis.uses.add([origin], origin.column.filtered === 'equality' ? 'lookup' : 'own', 'decides which rows conflict');
    }
    expression(analysis, element?.expr, here);
  }
  expression(analysis, clause.infer?.whereClause, here);
  here.scope.entries.push({ ...into, alias: 'excluded', schema: undefined, columns: into.columns?.map(({ name }) => ({ name, of: NOTHING, bare: false })) });
  assign(analysis, clause.targetList, into, here);
  analysis.uses.add(expression(analysis, clause.whereClause, here), 'filtered', 'is compared in ON CONFLICT');
  here.scope.entries.pop();
}

/** SET: what stands right of `=` is written. */
function assign(analysis: Analysis, list: readonly Node[] | undefined, into: Entry, here: Level): void {
  for (const node of list ?? []) {
    const set = as('ResTarget', node);
    expressions(analysis, set?.indirection, here);
    // Writing a part of a value reads the rest of it, but shows nothing.
    analysis.uses.add(expression(analysis, set?.val, here), 'copied', 'is written to a table');
    written(analysis, into, set?.name, set?.indirection === undefined ? set?.val : undefined);
  }
}

export function update(analysis: Analysis, stmt: UpdateStmt, around: Scope | undefined, outer: Ctes | undefined, nested: boolean): Answer {
  const here = level(analysis, stmt, around, outer);
  const into = target(analysis, stmt.relation);
  here.scope.entries.push(into);
  const from = stmt.fromClause ?? [];
  for (const node of from) fromItem(analysis, node, here);
  conjunction(analysis, stmt.whereClause, here, undefined, 'is compared in WHERE');
  const before = analysis.uses.ownReads;
  assign(analysis, stmt.targetList, into, here);
  return returning(analysis, stmt.returningClause, { into, here, nested, stored: analysis.uses.ownReads > before });
}

export function remove(analysis: Analysis, stmt: DeleteStmt, around: Scope | undefined, outer: Ctes | undefined, nested: boolean): Answer {
  const here = level(analysis, stmt, around, outer);
  const into = target(analysis, stmt.relation);
  here.scope.entries.push(into);
  for (const node of stmt.usingClause ?? []) fromItem(analysis, node, here);
  conjunction(analysis, stmt.whereClause, here, undefined, 'is compared in WHERE');
  return returning(analysis, stmt.returningClause, { into, here, nested, stored: false });
}

export function merge(analysis: Analysis, stmt: MergeStmt, around: Scope | undefined, outer: Ctes | undefined, nested: boolean): Answer {
  const here = level(analysis, stmt, around, outer);
  const into = target(analysis, stmt.relation);
  if (stmt.sourceRelation === undefined) throw new Obstacle('MERGE has no source.');
  fromItem(analysis, stmt.sourceRelation, here);
  here.scope.entries.push(into);
  analysis.uses.add(expression(analysis, stmt.joinCondition, here), 'filtered', 'is compared in MERGE … ON');
  const before = analysis.uses.ownReads;
  for (const node of stmt.mergeWhenClauses ?? []) {
    const clause = as('MergeWhenClause', node);
    analysis.uses.add(expression(analysis, clause?.condition, here), 'filtered', 'is compared in MERGE … WHEN');
    if (clause?.commandType !== 'CMD_INSERT') assign(analysis, clause?.targetList, into, here);
    else {
      const names = clause.targetList?.map((each) => as('ResTarget', each)?.name ?? '') ?? (into.columns ?? []).map(({ name }) => name);
      for (const [index, value] of (clause.values ?? []).entries()) {
        analysis.uses.add(expression(analysis, value, here), 'copied', 'is written to a table');
        written(analysis, into, names[index], value);
      }
    }
  }
  return returning(analysis, stmt.returningClause, { into, here, nested, stored: analysis.uses.ownReads > before });
}

interface Written {
  readonly into: Entry;
  readonly here: Level;
  readonly nested: boolean;
  /** What is stored, or whether it is, was made of the target's own masked values. */
  readonly stored: boolean;
}

/**
 * Plain columns of the target are masked in the rows that come back, by their origin; within another query there is no such place.
 * @throws {Obstacle} where real values would be in the answer, which nobody who releases the statement could keep out of it
 */
function returning(analysis: Analysis, clause: ReturningClause | undefined, { into, here, nested, stored }: Written): Answer {
  if (clause === undefined) return answerOf([]);
  if (stored) throw new Obstacle('RETURNING could show real values of masked columns that the statement stores in others; leave RETURNING out.');
  const before = analysis.uses.ownReads;
  const named = (clause.options ?? []).map((node) => as('ReturningOption', node)?.value ?? '');
  const aliases = ['old', 'new', ...named].filter((alias) => !here.scope.entries.some((entry) => entry.alias === alias));
  // Only by their names: an unqualified column is the target's.
  const versions = aliases.map((alias): Entry => ({ ...into, alias, schema: undefined }));
  const columns: Column[] = [];
  let known = true;
  let taint: Origins = NOTHING;
  for (const node of clause.exprs ?? []) {
    const plain = nested ? undefined : plainColumns(analysis, node, into, here, versions);
    const answer = plain === undefined ? targets(analysis, [node], scopeWith(here, versions), here.scope.entries.map((entry) => entry.columns)) : answerOf(plain);
    if (plain === undefined && isStar(node)) analysis.uses.add((into.columns ?? []).flatMap(({ of }) => [...of]), 'own', OWN);
    taint = new Set([...taint, ...answer.taint]);
    if (answer.columns === undefined) known = false;
    else columns.push(...answer.columns);
  }
  if (analysis.uses.ownReads > before) throw new Obstacle(nested ? NO_HANDING_ON : NO_COMPUTING);
  return { columns: known ? columns : undefined, taint };
}

const isStar = (node: Node): boolean => strings(as('ColumnRef', as('ResTarget', node)?.val)?.fields).join('.') === '*';

/** `old` and `new` are looked for only where a name is qualified. */
function scopeWith(here: Level, versions: readonly Entry[]): Level {
  return { scope: { entries: [...here.scope.entries], parent: { entries: [...versions], parent: here.scope.parent } }, ctes: here.ctes };
}

/** `*`, `t.*`, `column`, `t.column` of a target that is a table; undefined: it is something else. */
function plainColumns(analysis: Analysis, node: Node, into: Entry, here: Level, versions: readonly Entry[]): readonly Column[] | undefined {
  const ref = as('ColumnRef', as('ResTarget', node)?.val);
  if (ref === undefined || into.relation?.kind === 'v') return undefined;
  const parts = strings(ref.fields);
  if (parts.at(-1) === '*') {
    if (parts.length === 1) {
      for (const entry of here.scope.entries) nameAll(entry);
      return here.scope.entries.some(({ columns }) => columns === undefined) ? undefined : here.scope.entries.flatMap(({ columns }) => columns ?? []);
    }
    return [into, ...versions].find(({ alias }) => alias === parts.at(-2))?.columns;
  }
  const { own, of, bare, name } = meaningOf(analysis, ref, scopeWith(here, versions).scope);
  return bare && own.size > 0 && of.size === 0 ? [{ name: as('ResTarget', node)?.name ?? name ?? '', of: own, bare }] : undefined;
}
