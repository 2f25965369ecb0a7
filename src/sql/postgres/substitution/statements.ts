/** A statement of any kind: what of it reads, and where its rows go. */

import type { CopyStmt, Node, RangeVar, SelectStmt } from 'libpg-query';
import { postgresName } from '../../quoting.ts';
import { as, open, strings } from '../tree.ts';
import type { Analysis, Answer } from './analysis.ts';
import { expression } from './expressions.ts';
import { entry } from './from.ts';
import { Obstacle, union, NOTHING } from './model.ts';
import type { Column, Ctes, Scope } from './model.ts';
import { qualifiedName } from './names.ts';
import { maskedColumns } from './places.ts';
import { answerOf, select } from './query.ts';
import { insert, merge, remove, update } from './write.ts';

/** What can have rows to return. */
export function query(analysis: Analysis, node: Node | undefined, scope: Scope | undefined, ctes: Ctes | undefined, nested: boolean): Answer {
  const opened = open(node);
  switch (opened?.kind ?? '') {
    case 'SelectStmt':
      return select(analysis, opened?.content as never, scope, ctes);
    case 'InsertStmt':
      return insert(analysis, opened?.content as never, scope, ctes, nested);
    case 'UpdateStmt':
      return update(analysis, opened?.content as never, scope, ctes, nested);
    case 'DeleteStmt':
      return remove(analysis, opened?.content as never, scope, ctes, nested);
    case 'MergeStmt':
      return merge(analysis, opened?.content as never, scope, ctes, nested);
    default:
      throw new Obstacle(`A ${opened?.kind ?? 'query'} can't be read through masks.`);
  }
}

/** Kinds that name relations but neither read nor show their rows. */
const READS_NOTHING: ReadonlySet<string> = new Set([
  'TransactionStmt', 'VariableSetStmt', 'VariableShowStmt', 'TruncateStmt', 'LockStmt', 'VacuumStmt', 'ReindexStmt', 'CommentStmt', 'GrantStmt',
  'DropStmt', 'RenameStmt', 'AlterOwnerStmt', 'AlterObjectSchemaStmt', 'DeallocateStmt', 'FetchStmt', 'ClosePortalStmt', 'ListenStmt', 'UnlistenStmt',
  'NotifyStmt', 'DiscardStmt', 'ConstraintsSetStmt', 'CheckPointStmt', 'SecLabelStmt', 'CreateSeqStmt', 'AlterSeqStmt', 'RefreshMatViewStmt',
]);

/** The columns of the rows that go to the client; undefined where none do, or nobody can tell which. */
export function statement(analysis: Analysis, node: Node | undefined): readonly Column[] | undefined {
  const opened = open(node);
  const stmt = opened?.content as Record<string, never> | undefined;
  refuseHiding(analysis, node);
  switch (opened?.kind ?? '') {
    case 'SelectStmt':
      return answered(analysis, node, goesInto(as('SelectStmt', node)));
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      return answered(analysis, node, false);
    case 'DeclareCursorStmt':
      return answered(analysis, stmt?.['query'], false);
    case 'PrepareStmt':
      return statement(analysis, stmt?.['query']);
    case 'CreateTableAsStmt':
    case 'ViewStmt':
      if (as('ExecuteStmt', stmt?.['query']) !== undefined) return undefined;
      return answered(analysis, stmt?.['query'], true);
    case 'ExplainStmt':
      // The rows that a plan expects would tell whether a value is there.
      analysis.lookups = false;
      return statement(analysis, stmt?.['query']), undefined;
    case 'CopyStmt':
      return copy(analysis, as('CopyStmt', node) ?? {});
    default:
      return other(analysis, opened?.kind ?? '', node);
  }
}

/**
 * The catalog doesn't know a session's temporary tables, which stand before all others of their name: what reads or writes one would reach the lasting table.
 * @throws {Obstacle}
 */
function refuseHiding(analysis: Analysis, node: Node | undefined): void {
  const made = as('CreateStmt', node)?.relation ?? as('CreateTableAsStmt', node)?.into?.rel ?? as('ViewStmt', node)?.view ?? intoOf(as('SelectStmt', node));
  const temporary = made?.relpersistence === 't' || made?.schemaname?.startsWith('pg_temp') === true;
  // A temporary table isn't in the catalog under its old name, either.
  const renamed = as('RenameStmt', node);
  const unknown = renamed?.relation !== undefined && analysis.around.catalog.relations(renamed.relation.schemaname, renamed.relation.relname ?? '').length === 0;
  const name = temporary ? made?.relname : unknown ? renamed.newname : undefined;
  const hidden = name === undefined ? undefined : analysis.around.catalog.relations(undefined, name).find(analysis.isTouchy);
  if (hidden !== undefined) throw new Obstacle(`A temporary table would hide ${analysis.nameOf(hidden)}, which has masked columns; give it another name.`);
}

const intoOf = (stmt: SelectStmt | undefined): RangeVar | undefined => (stmt === undefined ? undefined : stmt.intoClause?.rel ?? intoOf(stmt.larg));

/** Of a UNION the first query has the INTO. */
const goesInto = (stmt: SelectStmt | undefined): boolean => stmt !== undefined && (stmt.intoClause !== undefined || goesInto(stmt.larg));

function answered(analysis: Analysis, node: Node | undefined, stored: boolean): readonly Column[] | undefined {
  const { columns, taint } = query(analysis, node, undefined, undefined, false);
  const shown = stored ? 'copied' : 'derived';
  if (columns === undefined) analysis.uses.add(taint, shown, stored ? 'is written to a table' : undefined);
  for (const { of, bare } of columns ?? []) analysis.uses.add(of, bare && !stored ? 'projected' : shown, stored ? 'would be shown by what is created' : undefined);
  return stored || columns?.length === 0 ? undefined : columns;
}

function copy(analysis: Analysis, stmt: CopyStmt): readonly Column[] | undefined {
  if (stmt.query !== undefined) {
    const columns = answered(analysis, stmt.query, false);
    // Its rows come without their origins, by which RETURNING is masked.
    if (analysis.written !== undefined) throw new Obstacle(`COPY can't show what a write to ${analysis.nameOf(analysis.written)} returns, which has masked columns; run it without COPY.`);
    return columns;
  }
  const relation = stmt.relation === undefined ? undefined : analysis.resolve(stmt.relation);
  if (stmt.relation === undefined || relation === undefined) return undefined;
  if (!analysis.isTouchy(relation)) {
    analysis.qualify(stmt.relation, relation);
    return undefined;
  }
  const columns = analysis.columnsOf(relation);
  const names = stmt.attlist === undefined ? relation.columns.filter(({ generated }) => generated === undefined).map(({ name }) => name) : strings(stmt.attlist);
  if (stmt.is_from === true) {
    const row = entry({ aliasname: relation.name }, { columns, taint: NOTHING }, { relation, target: true });
    expression(analysis, stmt.whereClause, { scope: { entries: [row], parent: undefined }, ctes: undefined });
    for (const column of columns) if (names.includes(column.name)) analysis.uses.add(column.of, 'written');
    analysis.qualify(stmt.relation, relation);
    return undefined;
  }
  if (relation.kind !== 'r') throw new Obstacle(`${analysis.nameOf(relation)} has masked columns and is no plain table; use COPY (SELECT …) TO.`);
  const shown = names.map((name) => columns.find((column) => column.name === name));
  if (shown.includes(undefined)) throw new Obstacle(`COPY names a column that ${analysis.nameOf(relation)} doesn't have.`);
  const masked = analysis.around.sight.relation(relation.schema, relation.name);
  copyQuery(analysis, stmt, names, maskedColumns(relation, { masked }).filter((_, index) => names.includes(relation.columns[index]?.name ?? '')),
    relation.columns.map(({ name }) => name), `${qualifiedName(relation)}${masked?.guard === undefined ? '' : ` WHERE ${masked.guard}`}`);
  analysis.uses.add(union(...shown.map((column) => column?.of ?? NOTHING)), 'projected');
  return answerOf(shown.flatMap((column) => column ?? [])).columns;
}

/** COPY copies a table without those that inherit from it. */
function copyQuery(analysis: Analysis, stmt: CopyStmt, names: readonly string[], columns: readonly string[], order: readonly string[], from: string): void {
  const { tokens } = analysis;
  const first = analysis.tokenAt(stmt.relation?.location);
  let last = tokens.endOfName(first);
  if (stmt.attlist !== undefined) last = tokens.closing(last + 1);
  const given = order.filter((each) => names.includes(each));
  const listed = names.map((each) => columns[given.indexOf(each)] ?? postgresName(each));
  analysis.edit(tokens.get(first)?.start ?? 0, tokens.get(last)?.end ?? 0, `(SELECT ${listed.join(', ')} FROM ONLY ${from})`);
}

function other(analysis: Analysis, kind: string, node: Node | undefined): undefined {
  if (READS_NOTHING.has(kind)) return undefined;
  if (kind === 'IndexStmt' && isPlainIndex(node)) return ordered(analysis, as('IndexStmt', node)?.relation, (as('IndexStmt', node)?.indexParams ?? []).map((each) => as('IndexElem', each)?.name ?? ''));
  if (kind === 'ClusterStmt') return ordered(analysis, as('ClusterStmt', node)?.relation, undefined);
  const create = as('CreateStmt', node);
  // A foreign key or LIKE names a table without showing what is in it. The table's own name is new in its schema, or the server says so.
  const looked = create === undefined ? node : ({ CreateStmt: { ...create, relation: undefined, constraints: undefined, tableElts: create.tableElts?.filter((each) => 'ColumnDef' in each && each.ColumnDef.raw_default !== undefined) } } as unknown as Node);
  for (const range of ranges(looked)) {
    const name = range.relname ?? '';
    const found = analysis.around.catalog.relations(range.schemaname, name).find(analysis.isTouchy);
    if (found !== undefined) throw new Obstacle(`The statement concerns ${analysis.nameOf(found)}, which has masked columns, in a way that can't be read through masks.`);
  }
  return undefined;
}

/**
 * Rows that no ORDER BY sorts may come in the order of an index, or as CLUSTER has laid them down; and where values must be unique, whether it can be made tells of them.
 * @param names of the columns that count; undefined: all
 */
function ordered(analysis: Analysis, range: RangeVar | undefined, names: readonly string[] | undefined): undefined {
  const relation = range === undefined ? undefined : analysis.resolve(range);
  if (relation === undefined) return;
  for (const { name, of } of analysis.columnsOf(relation)) if (names?.includes(name) !== false) analysis.uses.add(of, 'own', 'decides how rows are ordered and which are equal');
}

function isPlainIndex(node: Node | undefined): boolean {
  const index = as('IndexStmt', node);
  return index !== undefined && index.whereClause === undefined && (index.indexParams ?? []).every((each) => as('IndexElem', each)?.expr === undefined);
}

/** Everything in a tree that looks like a relation's name. */
function ranges(value: unknown): { readonly schemaname?: string; readonly relname?: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...('relname' in value ? [value as { readonly schemaname?: string; readonly relname?: string }] : []), ...Object.values(value).flatMap(ranges)];
}
