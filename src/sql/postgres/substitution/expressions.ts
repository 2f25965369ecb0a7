/** Expressions: which masked columns are in them, and how. */

import type { ColumnRef, FuncCall, Node, NullTest, RowExpr, SubLink } from 'libpg-query';
import { as, open, strings } from '../tree.ts';
import { FIELDS } from '../vocabulary.ts';
import type { Analysis } from './analysis.ts';
import { meaningOf, starColumns } from './columns.ts';
import { NOTHING, Obstacle, union } from './model.ts';
import type { Ctes, Origins, Scope } from './model.ts';

/** Where an expression stands. */
export interface Stand {
  readonly scope: Scope | undefined;
  readonly ctes: Ctes | undefined;
}

/** Built-in functions that make one value of many rows, or many rows of one value. */
const ROWWISE = /^(?:count|sum|avg|min|max|any_value|bool_and|bool_or|every|mode|rank|dense_rank|percent_rank|cume_dist|unnest|xmlagg|generate_(?:series|subscripts)|jsonb?_(?:array_elements|array_elements_text|each|each_text|object_keys|populate_recordset|to_recordset)|jsonb_path_query(?:_tz)?|ts_(?:stat|parse|debug|token_type)|string_to_table|regexp_matches|regexp_split_to_table|grouping)$|_agg$|_agg_(?:strict|unique|unique_strict)$|^(?:bit_|regr_|covar_|var_|stddev|percentile_)|^(?:variance|corr)$/;
const AGGREGATES: ReadonlySet<string> = new Set(['JsonObjectAgg', 'JsonArrayAgg']);

/** Everything masked that the expression is made of. What is used in its own way is noted: tests for NULL, aggregates. */
export function expression(analysis: Analysis, node: Node | undefined, stand: Stand): Origins {
  const opened = open(node);
  return opened === undefined ? NOTHING : content(analysis, opened.kind, opened.content, stand);
}

export function expressions(analysis: Analysis, nodes: readonly Node[] | undefined, stand: Stand): Origins {
  return nodes === undefined ? NOTHING : union(...nodes.map((node) => expression(analysis, node, stand)));
}

function content(analysis: Analysis, kind: string, value: unknown, stand: Stand): Origins {
  analysis.step();
  if (kind === 'ColumnRef') return column(analysis, value as ColumnRef, stand);
  if (kind === 'SubLink') return subLink(analysis, value as SubLink, stand);
  if (kind === 'NullTest') return nullTest(analysis, value as NullTest, stand);
  if (kind === 'SelectStmt') return analysis.query({ SelectStmt: value } as Node, stand.scope, stand.ctes).taint;
  if (kind === 'RangeVar' || kind.endsWith('Stmt')) throw new Obstacle(`A ${kind} stands where none is known.`);
  if (kind === 'FuncCall') refuseQueryTexts(analysis, value as FuncCall);
  const inside = fields(analysis, kind, value, stand);
  if (AGGREGATES.has(kind) || (kind === 'FuncCall' && isRowwise(analysis, value as FuncCall))) analysis.uses.add(inside, 'filtered', 'is combined over rows by a function');
  return inside;
}

function fields(analysis: Analysis, kind: string, value: unknown, stand: Stand): Origins {
  if (kind === 'RowExpr') return union(...((value as RowExpr).args ?? []).map((arg) => spread(analysis, arg, stand)));
  const known = FIELDS.get(kind);
  if (known === undefined) throw new Obstacle(`The statement holds a ${kind}, which isn't understood.`);
  const found: Origins[] = [];
  for (const name in value as object) {
    const holds = known.get(name);
    const held = (value as Record<string, unknown>)[name];
    if (holds === '') continue;
    if (holds !== undefined && holds !== '*') found.push(content(analysis, holds, held, stand));
    else if (Array.isArray(held)) found.push(expressions(analysis, held as Node[], stand));
    else found.push(expression(analysis, held as Node, stand));
  }
  return union(...found);
}

/** ROW(c.*) and VALUES (c.*) spread the columns out; elsewhere a star is the row. */
export function spread(analysis: Analysis, node: Node, stand: Stand): Origins {
  const ref = as('ColumnRef', node);
  const columns = ref === undefined ? undefined : starColumns(analysis, ref, stand.scope);
  if (columns === undefined) return expression(analysis, node, stand);
  analysis.uses.add(columns.own, 'own', 'is read from the table being written');
  return columns.of;
}

function column(analysis: Analysis, ref: ColumnRef, { scope }: Stand): Origins {
  const { of, own } = meaningOf(analysis, ref, scope);
  analysis.uses.add(own, 'own', 'is read from the table being written');
  return of;
}

function nullTest(analysis: Analysis, test: NullTest, stand: Stand): Origins {
  const ref = as('ColumnRef', test.arg);
  if (ref === undefined) return expression(analysis, test.arg, stand);
  const { of, own, bare } = meaningOf(analysis, ref, stand.scope);
  const hidden = [...own].filter(({ column }) => column.hideNulls || !bare);
  analysis.uses.add(hidden, 'own', 'is read from the table being written');
  if (!bare) return of;
  analysis.uses.add([...of, ...[...own].filter(({ column }) => !column.hideNulls)], 'null_test');
  return NOTHING;
}

/** The rows of a subquery are compared (IN, ANY, ALL), are a value, or merely there (EXISTS). */
function subLink(analysis: Analysis, link: SubLink, stand: Stand): Origins {
  const tested = expression(analysis, link.testexpr, stand);
  const answer = analysis.query(link.subselect, stand.scope, stand.ctes);
  if (link.subLinkType === 'EXISTS_SUBLINK') return NOTHING;
  const shown = union(tested, answer.taint);
  if (link.subLinkType === 'ANY_SUBLINK' || link.subLinkType === 'ALL_SUBLINK') analysis.uses.add(shown, 'filtered', 'is compared with the rows of a subquery');
  if (link.subLinkType === 'ARRAY_SUBLINK') analysis.uses.add(shown, 'filtered', 'is gathered over rows');
  return shown;
}

/** Would show what runs in the text's place, where the key of hashes may be. In other texts they show what the agent wrote. */
const QUERY_TEXTS: ReadonlySet<string> = new Set(['current_query', 'pg_stat_get_activity', 'pg_stat_get_backend_activity', 'pg_prepared_statement', 'pg_cursor']);

function refuseQueryTexts(analysis: Analysis, call: FuncCall): void {
  const name = strings(call.funcname).at(-1) ?? '';
  if (QUERY_TEXTS.has(name)) analysis.showsTexts = name;
}

function isRowwise(analysis: Analysis, call: FuncCall): boolean {
  if (call.over !== undefined || call.agg_filter !== undefined || call.agg_order !== undefined || call.agg_distinct === true || call.agg_within_group === true) return true;
  const name = strings(call.funcname).at(-1) ?? '';
  return ROWWISE.test(name) || analysis.around.catalog.functions(undefined, name).length > 0 || !analysis.around.catalog.isBuiltin(name);
}
