/** What expressions do: read columns, call functions and operators, make values of types, ask subqueries. */

import type { A_Expr, A_Indirection, ColumnRef, FuncCall, JoinExpr, SubLink } from 'libpg-query';
import { judgeCall, judgeNotation, judgeOldCall, judgeOperator, judgeType } from './calls.ts';
import { entriesNamed, readAll, readColumn, readQualified, weight } from './scope.ts';
import type { Entry } from './scope.ts';
import { as, strings } from './tree.ts';
import type { Kind } from './tree.ts';
import type { Handlers, Walk } from './walk.ts';

/** Nodes that mean nothing beyond what they hold. */
export const CONTAINERS: ReadonlySet<string> = new Set([
  'A_Const', 'Integer', 'Float', 'Boolean', 'String', 'BitString', 'List', 'A_Star', 'A_Indices', 'A_ArrayExpr', 'ParamRef', 'ResTarget', 'MultiAssignRef',
  'BoolExpr', 'CaseWhen', 'CoalesceExpr', 'MinMaxExpr', 'NullTest', 'BooleanTest', 'RowExpr', 'NamedArgExpr', 'CollateClause', 'SetToDefault',
  'CurrentOfExpr', 'SQLValueFunction', 'GroupingFunc', 'GroupingSet', 'WindowDef', 'XmlExpr', 'XmlSerialize',
  'JsonFormat', 'JsonReturning', 'JsonOutput', 'JsonValueExpr', 'JsonArgument', 'JsonBehavior', 'JsonIsPredicate', 'JsonKeyValue', 'JsonArrayQueryConstructor',
  'JsonAggConstructor', 'JsonTablePathSpec', 'JsonTableColumn', 'RangeTableFuncCol', 'ReturnStmt', 'Alias', 'CTESearchClause', 'CTECycleClause', 'ReturningOption',
]);

/** Syntax that looks like a call, and was one before PostgreSQL 16 or 17. */
const NEW_SYNTAX = {
  MergeSupportFunc: ['merge_action'],
  JsonFuncExpr: ['json_value', 'json_query', 'json_exists'],
  JsonParseExpr: ['json'],
  JsonScalarExpr: ['json_scalar'],
  JsonSerializeExpr: ['json_serialize'],
  JsonObjectConstructor: ['json_object'],
  JsonArrayConstructor: ['json_array'],
  JsonObjectAgg: ['json_objectagg'],
  JsonArrayAgg: ['json_arrayagg'],
} as const satisfies { readonly [K in Kind]?: readonly string[] };

const newSyntax: Handlers = Object.fromEntries(Object.entries(NEW_SYNTAX).map(([kind, calls]) => [kind, (walk: Walk, expr: unknown): void => {
  for (const name of calls) judgeOldCall(walk, name);
  walk.fields(kind, expr);
}]));

export const EXPRESSIONS: Handlers = {
  ...newSyntax,
  ColumnRef: columnRef,
  FuncCall: funcCall,
  A_Expr: operatorExpr,
  A_Indirection: indirection,
  SubLink: subLink,
  CaseExpr: (walk, expr) => {
    if (expr.arg !== undefined) judgeOperator(walk, ['=']);
    walk.fields('CaseExpr', expr);
  },
  TypeCast: (walk, cast) => {
    walk.claim();
    walk.fields('TypeCast', cast);
  },
  TypeName: (walk, type) => {
    judgeType(walk, type);
    walk.nodes(type.typmods);
  },
  SortBy: (walk, sort) => {
    if (sort.useOp !== undefined) judgeOperator(walk, strings(sort.useOp));
    walk.node(sort.node);
  },
};

function columnRef(walk: Walk, ref: ColumnRef): void {
  walk.claim();
  walk.spend(weight(walk.scope));
  const parts = strings(ref.fields);
  const last = parts.at(-1) ?? '';
  const alias = parts.at(-2);
  if (alias === undefined) {
    if (last === '*') readStar(walk);
    else if (!readColumn(walk.scope, last)) walk.found.unresolved = true;
    return;
  }
  const entries = entriesNamed(walk.scope, alias);
  for (const entry of entries) {
    if (last === '*') readAll(entry);
    else qualifiedColumn(walk, entry, last);
  }
  // An alias that nothing here explains (NEW and OLD of rules, another database's name): whatever it is, its attribute may be a call.
  if (entries.length === 0) judgeNotation(walk, last);
}

/** Without a column of that name: a function called by it, or a column younger than the catalog. */
function qualifiedColumn(walk: Walk, entry: Entry, name: string): void {
  const having = readQualified(entry, name);
  if (having === 'all') return;
  judgeNotation(walk, name);
  if (having === 'none' && walk.catalog.functions(undefined, name).length === 0) walk.found.unresolved = true;
}

function readStar(walk: Walk): void {
  for (const entry of walk.scope?.entries ?? []) readAll(entry);
}

function funcCall(walk: Walk, call: FuncCall): void {
  walk.claim();
  judgeCall(walk, strings(call.funcname), call.args ?? []);
  walk.nodes(call.args);
  walk.nodes(call.agg_order);
  walk.node(call.agg_filter);
  walk.kind('WindowDef', call.over);
}

/** Operators that a piece of syntax stands for, beside those that the tree names itself. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  AEXPR_DISTINCT: ['='],
  AEXPR_NOT_DISTINCT: ['='],
  AEXPR_NULLIF: ['='],
  AEXPR_BETWEEN: ['>=', '<='],
  AEXPR_BETWEEN_SYM: ['>=', '<='],
  AEXPR_NOT_BETWEEN: ['<', '>'],
  AEXPR_NOT_BETWEEN_SYM: ['<', '>'],
};

function operatorExpr(walk: Walk, expr: A_Expr): void {
  walk.claim();
  const implied = IMPLIED[expr.kind ?? ''];
  if (implied === undefined) judgeOperator(walk, strings(expr.name));
  else for (const operator of implied) judgeOperator(walk, [operator]);
  // lexpr first, so that a long chain a + b + c, which leans left, nests no deeper than it must.
  walk.node(expr.lexpr);
  walk.node(expr.rexpr);
}

/** `(row).field`, `array[i]`, `(table).*`. */
function indirection(walk: Walk, expr: A_Indirection): void {
  walk.node(expr.arg);
  for (const step of expr.indirection ?? []) {
    const field = as('String', step)?.sval;
    if (field === undefined) walk.node(step);
    else judgeNotation(walk, field);
  }
}

function subLink(walk: Walk, link: SubLink): void {
  walk.claim();
  if (link.testexpr !== undefined) judgeOperator(walk, link.operName === undefined ? ['='] : strings(link.operName));
  walk.node(link.testexpr);
  walk.node(link.subselect);
}

/** JOIN … USING compares by `=`; NATURAL uses whatever columns both sides have. */
export function judgeJoinColumns(walk: Walk, join: JoinExpr): void {
  const columns = strings(join.usingClause);
  walk.spend(weight(walk.scope) * (columns.length + (join.isNatural === true ? 1 : 0)));
  if (columns.length > 0 || join.isNatural === true) judgeOperator(walk, ['=']);
  if (join.isNatural === true) readStar(walk);
  const { scope } = walk;
  if (scope !== undefined) for (const column of columns) readColumn({ entries: scope.entries, parent: undefined }, column);
}
