/** SELECT in all its forms. */

import type { ColumnRef, Node, ResTarget, SelectStmt, SortBy } from 'libpg-query';
import { as, strings } from '../tree.ts';
import type { Analysis, Answer } from './analysis.ts';
import { entryNamed, meaningOf, nameAll, starColumns } from './columns.ts';
import { conjunction } from './conditions.ts';
import { withQueries } from './ctes.ts';
import { expression, expressions, spread } from './expressions.ts';
import { fromItem } from './from.ts';
import type { Level, Star } from './from.ts';
import { keepGroups } from './groups.ts';
import { NOTHING, union } from './model.ts';
import type { Column, Ctes, Scope } from './model.ts';

export const answerOf = (columns: Star, taint = union(...(columns ?? []).map(({ of }) => of))): Answer => ({ columns, taint });

export function select(analysis: Analysis, stmt: SelectStmt, around: Scope | undefined, outer: Ctes | undefined): Answer {
  analysis.step();
  const ctes = withQueries(analysis, stmt.withClause, around, outer);
  const level: Level = { scope: { entries: [], parent: around }, ctes };
  const answer = stmt.larg === undefined || stmt.rarg === undefined ? plain(analysis, stmt, level) : setOperation(analysis, stmt, level, around);
  analysis.uses.add(union(expression(analysis, stmt.limitCount, level), expression(analysis, stmt.limitOffset, level)), 'filtered', 'decides how many rows there are');
  return answer;
}

function setOperation(analysis: Analysis, stmt: SelectStmt, level: Level, around: Scope | undefined): Answer {
  const left = select(analysis, stmt.larg ?? {}, around, level.ctes);
  const right = select(analysis, stmt.rarg ?? {}, around, level.ctes);
  const taint = union(left.taint, right.taint);
  if (stmt.all !== true || stmt.op !== 'SETOP_UNION') analysis.uses.add(taint, 'filtered', 'is compared to find equal rows');
  const columns = left.columns?.length === right.columns?.length ? left.columns?.map((column, index) => {
    const other = right.columns?.[index];
    return { name: column.name, of: union(column.of, other?.of ?? NOTHING), bare: column.bare && (other?.bare === true || other?.of.size === 0) };
  }) : undefined;
  for (const node of stmt.sortClause ?? []) {
    const sorted = sortedOutput(as('SortBy', node)?.node, columns);
    analysis.uses.add(sorted?.of ?? taint, 'filtered', 'orders the rows');
  }
  return { columns, taint };
}

function plain(analysis: Analysis, stmt: SelectStmt, level: Level): Answer {
  const stars = (stmt.fromClause ?? []).map((node) => fromItem(analysis, node, level));
  if (stmt.valuesLists !== undefined) return values(analysis, stmt, level);
  conjunction(analysis, stmt.whereClause, level, undefined, 'is compared in WHERE');
  const answer = targets(analysis, stmt.targetList, level, stars);
  const outputs = answer.columns;
  for (const node of stmt.groupClause ?? []) noteSorted(analysis, node, level, outputs, 'groups the rows', true);
  analysis.uses.add(expression(analysis, stmt.havingClause, level), 'filtered', 'is compared in HAVING');
  analysis.uses.add(expressions(analysis, stmt.windowClause, level), 'filtered', 'is used in a window');
  if (stmt.distinctClause !== undefined) distinct(analysis, stmt.distinctClause, level, answer);
  for (const node of stmt.sortClause ?? []) {
    const sort: SortBy | undefined = as('SortBy', node);
    if (sort !== undefined) noteSorted(analysis, sort.node ?? node, level, outputs, 'orders the rows', false);
  }
  keepGroups(analysis, stmt, level);
  return answer;
}

function distinct(analysis: Analysis, clause: readonly Node[], level: Level, answer: Answer): void {
  const on = clause.filter((node) => Object.keys(node).length > 0);
  if (on.length === 0) analysis.uses.add(answer.taint, 'filtered', 'is compared by DISTINCT');
  for (const node of on) noteSorted(analysis, node, level, answer.columns, 'is compared by DISTINCT ON', false);
}

/** ORDER BY and DISTINCT ON prefer names of the output, GROUP BY those of the tables. Numbers mean outputs. */
function noteSorted(analysis: Analysis, node: Node, level: Level, outputs: Star, because: string, tablesFirst: boolean): void {
  const set = as('GroupingSet', node);
  if (set !== undefined) {
    for (const each of set.content ?? []) noteSorted(analysis, each, level, outputs, because, tablesFirst);
    return;
  }
  const output = sortedOutput(node, outputs);
  const byName = output !== undefined && 'ColumnRef' in node;
  const table = byName && tablesFirst ? level.scope.entries.some(({ columns }) => columns?.some(({ name }) => name === output.name) === true) : false;
  if (output !== undefined && !table) analysis.uses.add(output.of, 'filtered', because);
  else analysis.uses.add(expression(analysis, node, level), 'filtered', because);
}

function sortedOutput(node: Node | undefined, outputs: Star): Column | undefined {
  const number = as('A_Const', node)?.ival;
  if (number !== undefined) return outputs?.[(number.ival ?? 0) - 1];
  const names = strings(as('ColumnRef', node)?.fields);
  return names.length === 1 ? outputs?.find(({ name }) => name === names[0]) : undefined;
}

function values(analysis: Analysis, stmt: SelectStmt, level: Level): Answer {
  const rows = (stmt.valuesLists ?? []).map((node) => (as('List', node)?.items ?? []).map((item) => spread(analysis, item, level)));
  const [first = []] = rows;
  const sorted = expressions(analysis, stmt.sortClause, level);
  const columns = first.map((_, index) => ({ name: `column${index + 1}`, of: union(...rows.map((row) => row[index] ?? NOTHING)), bare: false }));
  const answer = answerOf(columns);
  if (stmt.sortClause !== undefined) analysis.uses.add(union(sorted, answer.taint), 'filtered', 'orders the rows');
  return answer;
}

/** A target list's columns. */
export function targets(analysis: Analysis, list: readonly Node[] | undefined, level: Level, stars: readonly Star[]): Answer {
  const columns: Column[] = [];
  let known = true;
  let taint = NOTHING;
  for (const node of list ?? []) {
    const target = as('ResTarget', node);
    const found = output(analysis, target, level, stars);
    taint = union(taint, found.taint);
    if (found.columns === undefined) known = false;
    else columns.push(...found.columns);
  }
  return { columns: known ? columns : undefined, taint };
}

function output(analysis: Analysis, target: ResTarget | undefined, level: Level, stars: readonly Star[]): Answer {
  const ref = as('ColumnRef', target?.val);
  if (ref !== undefined) return named(analysis, ref, target?.name, level, stars);
  const of = expression(analysis, target?.val, level);
  // (row).* spreads out to columns that aren't known here.
  if (as('A_Star', as('A_Indirection', target?.val)?.indirection?.at(-1)) !== undefined) return { columns: undefined, taint: of };
  return answerOf([{ name: target?.name ?? figured(target?.val), of, bare: false }]);
}

function named(analysis: Analysis, ref: ColumnRef, name: string | undefined, level: Level, stars: readonly Star[]): Answer {
  const parts = strings(ref.fields);
  if (parts.length === 1 && parts[0] === '*') {
    for (const entry of level.scope.entries) nameAll(entry);
    const taint = union(...level.scope.entries.flatMap((entry) => [entry.taint, ...(entry.columns ?? []).map(({ of }) => of)]));
    return stars.includes(undefined) ? { columns: undefined, taint } : answerOf(stars.flatMap((star) => star ?? []));
  }
  const spread = starColumns(analysis, ref, level.scope);
  if (spread !== undefined) {
    analysis.uses.add(spread.own, 'own', 'is read from the table being written');
    return spread.columns === undefined ? { columns: undefined, taint: spread.of } : answerOf(spread.columns);
  }
  // The name of an alias alone is a row.
  const { of, own, bare } = meaningOf(analysis, ref, level.scope);
  analysis.uses.add(own, 'own', 'is read from the table being written');
  const last = parts.at(-1) ?? '';
  return answerOf([{ name: name ?? last, of, bare: bare && (parts.length > 1 || entryNamed(level.scope, last)?.columns?.length !== 0) }]);
}

/** As FigureColname in parse_target.c, as far as it is needed. */
function figured(node: Node | undefined): string {
  const call = as('FuncCall', node);
  if (call !== undefined) return strings(call.funcname).at(-1) ?? '?column?';
  const cast = as('TypeCast', node);
  if (cast !== undefined) {
    const inner = as('ColumnRef', cast.arg) === undefined ? figured(cast.arg) : (strings(as('ColumnRef', cast.arg)?.fields).at(-1) ?? '');
    return inner === '?column?' ? (strings(cast.typeName?.names).at(-1) ?? inner) : inner;
  }
  if (as('CoalesceExpr', node) !== undefined) return 'coalesce';
  if (as('CaseExpr', node) !== undefined) return 'case';
  return as('SubLink', node)?.subLinkType === 'EXISTS_SUBLINK' ? 'exists' : '?column?';
}
