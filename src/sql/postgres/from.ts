/** The items of FROM: each adds what it stands for to the scope. */

import type { JoinExpr, Node, RangeFunction, RangeSubselect, RangeTableSample, RangeVar, ResTarget, SelectStmt } from 'libpg-query';
import { judgeCall } from './calls.ts';
import { judgeJoinColumns } from './expressions.ts';
import { entryOf, touchRelation } from './relations.ts';
import { findCte } from './scope.ts';
import type { Entry } from './scope.ts';
import { as, strings } from './tree.ts';
import type { Handlers, Walk } from './walk.ts';

export const FROM: Handlers = {
  RangeVar: rangeVar,
  RangeSubselect: rangeSubselect,
  RangeFunction: rangeFunction,
  RangeTableSample: rangeTableSample,
  JoinExpr: join,
  RangeTableFunc: (walk, item) => {
    walk.fields('RangeTableFunc', item);
    addOpaque(walk, item.alias, undefined);
  },
  JsonTable: (walk, item) => {
    walk.fields('JsonTable', item);
    addOpaque(walk, item.alias, undefined);
  },
};

const add = (walk: Walk, entry: Entry): void => void walk.scope?.entries.push(entry);

type AliasNode = { readonly aliasname?: string; readonly colnames?: Node[] } | undefined;

function addOpaque(walk: Walk, alias: AliasNode, outputs: ReadonlySet<string> | undefined): void {
  add(walk, { alias: alias?.aliasname ?? '', sources: [], renamed: strings(alias?.colnames), outputs });
}

function rangeVar(walk: Walk, range: RangeVar): void {
  const cte = range.schemaname === undefined ? findCte(walk.ctes, range.relname ?? '') : undefined;
  if (cte === undefined) return add(walk, entryOf(range, touchRelation(walk, range, 'read', false)));
  walk.claim();
  add(walk, { ...entryOf(range, []), outputs: cte.outputs });
}

function rangeSubselect(walk: Walk, item: RangeSubselect): void {
  const { scope } = walk;
  // Only LATERAL sees its neighbours; for others a name that no inner relation has means one of the query around.
  walk.within(item.lateral === true ? scope : scope?.parent, () => walk.node(item.subquery));
  addOpaque(walk, item.alias, outputsOf(item.subquery));
}

function rangeFunction(walk: Walk, item: RangeFunction): void {
  walk.claim();
  // Each function is a list of the call and its column definitions.
  walk.nodes(item.functions);
  for (const node of item.coldeflist ?? []) walk.kind('TypeName', as('ColumnDef', node)?.typeName);
  addOpaque(walk, item.alias, undefined);
}

const SAMPLERS: ReadonlySet<string> = new Set(['bernoulli', 'system']);

function rangeTableSample(walk: Walk, item: RangeTableSample): void {
  walk.claim();
  walk.node(item.relation);
  const method = strings(item.method);
  const builtin = SAMPLERS.has(method.at(-1) ?? '') && (method.length === 1 || method[0] === 'pg_catalog');
  if (!builtin || walk.catalog.functions(undefined, method.at(-1) ?? '').length > 0) judgeCall(walk, method, []);
  walk.nodes(item.args);
  walk.node(item.repeatable);
}

function join(walk: Walk, item: JoinExpr): void {
  walk.claim();
  const before = walk.scope?.entries.length ?? 0;
  walk.node(item.larg);
  walk.node(item.rarg);
  judgeJoinColumns(walk, item);
  walk.node(item.quals);
  const inside = walk.scope?.entries.slice(before) ?? [];
  if (item.alias !== undefined) add(walk, joined(item.alias, inside));
  if (item.join_using_alias !== undefined) add(walk, joined(item.join_using_alias, inside));
}

/** `(a JOIN b …) AS j`: j stands for all of them. Which column the third name of `j(x, y, z)` is, isn't worked out. */
function joined({ aliasname = '', colnames }: NonNullable<AliasNode>, inside: readonly Entry[]): Entry {
  const sources = inside.flatMap((entry) => entry.sources);
  return { alias: aliasname, sources: colnames === undefined ? sources : sources.map(({ touch }) => ({ touch, columns: undefined })), renamed: [], outputs: undefined };
}

/** The names of a query's columns as far as they are plain to see; undefined when a star or an expression hides one. */
export function outputsOf(query: Node | undefined): ReadonlySet<string> | undefined {
  let select: SelectStmt | undefined = as('SelectStmt', query);
  while (select?.larg !== undefined) select = select.larg;
  return select === undefined ? undefined : targetNames(select.targetList);
}

/** As outputsOf, of one target list. Its names are what ORDER BY and GROUP BY may use, beside columns. */
export function targetNames(targets: readonly Node[] | undefined): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const node of targets ?? []) {
    const name = targetName(as('ResTarget', node));
    if (name === undefined || name === '*') return undefined;
    names.add(name);
  }
  return targets === undefined ? undefined : names;
}

function targetName(target: ResTarget | undefined): string | undefined {
  const named = as('ColumnRef', target?.val)?.fields ?? as('FuncCall', target?.val)?.funcname;
  return target?.name ?? (named === undefined ? undefined : strings(named).at(-1));
}
