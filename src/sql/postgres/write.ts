/** INSERT, UPDATE, DELETE, MERGE. */

import type { DeleteStmt, InsertStmt, MergeStmt, MergeWhenClause, Node, OnConflictClause, RangeVar, ReturningClause, UpdateStmt } from 'libpg-query';
import type { Effect } from '../facts.ts';
import { rows } from './query.ts';
import { entryOf, touchRelation } from './relations.ts';
import type { Entry, Source } from './scope.ts';
import { as } from './tree.ts';
import type { Handlers, Walk } from './walk.ts';

export const WRITE: Handlers = {
  InsertStmt: insert,
  UpdateStmt: update,
  DeleteStmt: remove,
  MergeStmt: merge,
  ReturningClause: returning,
};

/** The target of a write: never a WITH query, whatever its name. */
function target(walk: Walk, range: RangeVar | undefined, effect: Effect): Entry {
  return range === undefined ? { alias: '', sources: [], renamed: [], outputs: undefined } : entryOf(range, touchRelation(walk, range, effect, true));
}

const alsoCalled = (entry: Entry, alias: string): Entry => ({ ...entry, alias });

function insert(walk: Walk, stmt: InsertStmt): void {
  walk.claim();
  walk.within({ entries: [], parent: walk.scope }, () => {
    walk.kind('WithClause', stmt.withClause);
    const into = target(walk, stmt.relation, 'insert');
    writeColumns(walk, into, stmt.cols);
    walk.within(undefined, () => given(walk, stmt.selectStmt));
    walk.scope?.entries.push(into);
    if (stmt.onConflictClause !== undefined) onConflict(walk, into, stmt.onConflictClause);
    if (stmt.returningClause !== undefined) returnRows(walk, into, stmt.returningClause);
  });
}

function given(walk: Walk, source: Node | undefined): void {
  const select = as('SelectStmt', source);
  if (select?.valuesLists === undefined) walk.node(source);
  else rows(walk, select);
}

/** The columns an INSERT gives; without a list it gives them all. */
function writeColumns(walk: Walk, into: Entry, cols: readonly Node[] | undefined): void {
  if (cols === undefined) for (const source of into.sources) source.touch.columns.add('*');
  else for (const node of cols) writeColumn(walk, into.sources, node);
}

function writeColumn(walk: Walk, sources: readonly Source[], node: Node): void {
  const column = as('ResTarget', node);
  for (const { touch, columns } of sources) touch.columns.add(columns === undefined || columns.includes(column?.name ?? '') ? (column?.name ?? '*') : '*');
  walk.nodes(column?.indirection);
  walk.node(column?.val);
}

function onConflict(walk: Walk, into: Entry, clause: OnConflictClause): void {
  walk.scope?.entries.push(alsoCalled(into, 'excluded'));
  walk.nodes(clause.infer?.indexElems);
  walk.node(clause.infer?.whereClause);
  if (clause.action !== 'ONCONFLICT_UPDATE') return;
  for (const source of into.sources) walk.found.effect('update', source.touch.name);
  for (const node of clause.targetList ?? []) writeColumn(walk, into.sources, node);
  walk.node(clause.whereClause);
}

/** Rows that come back are read. PostgreSQL 18 names the row before and after `old` and `new`, or as WITH (…) says. */
function returnRows(walk: Walk, into: Entry, clause: ReturningClause): void {
  for (const source of into.sources) {
    source.touch.read = true;
    walk.found.effect('read', source.touch.name);
  }
  const named = (clause.options ?? []).map((node) => as('ReturningOption', node)?.value ?? '');
  for (const alias of ['old', 'new', ...named]) walk.scope?.entries.push(alsoCalled(into, alias));
  walk.kind('ReturningClause', clause);
}

function returning(walk: Walk, clause: ReturningClause): void {
  walk.nodes(clause.exprs);
}

function update(walk: Walk, stmt: UpdateStmt): void {
  walk.claim();
  walk.within({ entries: [], parent: walk.scope }, () => {
    walk.kind('WithClause', stmt.withClause);
    const into = target(walk, stmt.relation, 'update');
    walk.scope?.entries.push(into);
    walk.nodes(stmt.fromClause);
    for (const node of stmt.targetList ?? []) writeColumn(walk, into.sources, node);
    where(walk, into, stmt.whereClause);
    if (stmt.returningClause !== undefined) returnRows(walk, into, stmt.returningClause);
  });
}

function remove(walk: Walk, stmt: DeleteStmt): void {
  walk.claim();
  walk.within({ entries: [], parent: walk.scope }, () => {
    walk.kind('WithClause', stmt.withClause);
    const from = target(walk, stmt.relation, 'delete');
    for (const source of from.sources) source.touch.columns.add('*');
    walk.scope?.entries.push(from);
    walk.nodes(stmt.usingClause);
    where(walk, from, stmt.whereClause);
    if (stmt.returningClause !== undefined) returnRows(walk, from, stmt.returningClause);
  });
}

function where(walk: Walk, into: Entry, condition: Node | undefined): void {
  if (!selects(condition)) walk.found.unbounded = true;
  else for (const source of into.sources) source.touch.read = true;
  walk.node(condition);
}

/** Whether a condition looks at rows at all: `WHERE true` and `WHERE 1 = 1` bound nothing. */
function selects(condition: unknown): boolean {
  if (typeof condition !== 'object' || condition === null) return false;
  if ('ColumnRef' in condition || 'CurrentOfExpr' in condition) return true;
  return Object.values(condition).some(selects);
}

const MERGE_EFFECTS: Readonly<Record<string, Effect>> = { CMD_INSERT: 'insert', CMD_UPDATE: 'update', CMD_DELETE: 'delete' };

function merge(walk: Walk, stmt: MergeStmt): void {
  walk.claim();
  walk.within({ entries: [], parent: walk.scope }, () => {
    walk.kind('WithClause', stmt.withClause);
    const clauses = (stmt.mergeWhenClauses ?? []).flatMap((node) => as('MergeWhenClause', node) ?? []);
    const effects = clauses.flatMap((clause) => MERGE_EFFECTS[clause.commandType ?? ''] ?? []);
    const into = target(walk, stmt.relation, effects[0] ?? 'update');
    for (const source of into.sources) {
      source.touch.read = true;
      for (const effect of effects) walk.found.effect(effect, source.touch.name);
    }
    walk.scope?.entries.push(into);
    walk.found.effect('read');
    walk.node(stmt.sourceRelation);
    walk.node(stmt.joinCondition);
    if (!selects(stmt.joinCondition) && effects.some((effect) => effect !== 'insert')) walk.found.unbounded = true;
    for (const clause of clauses) {
      mergeClause(walk, into, clause);
      if (changesOthers(clause)) walk.found.unbounded = true;
    }
    if (stmt.returningClause !== undefined) returnRows(walk, into, stmt.returningClause);
  });
}

/** WHEN NOT MATCHED BY SOURCE concerns every row that the join condition leaves out. */
const changesOthers = ({ matchKind, commandType, condition }: MergeWhenClause): boolean =>
  matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE' && commandType !== 'CMD_NOTHING' && !selects(condition);

function mergeClause(walk: Walk, into: Entry, clause: MergeWhenClause): void {
  walk.node(clause.condition);
  if (clause.commandType === 'CMD_INSERT') writeColumns(walk, into, clause.targetList);
  else for (const node of clause.targetList ?? []) writeColumn(walk, into.sources, node);
  if (clause.commandType === 'CMD_DELETE') for (const source of into.sources) source.touch.columns.add('*');
  walk.nodes(clause.values);
}
