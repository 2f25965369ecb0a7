/** WHERE and ON: conditions on masked columns that work on the real values go inside the substitution. */

import type { A_Expr, Node } from 'libpg-query';
import { postgresName, postgresString } from '../../quoting.ts';
import { as, strings } from '../tree.ts';
import type { Analysis } from './analysis.ts';
import { meaningOf } from './columns.ts';
import type { Meaning } from './columns.ts';
import { expression } from './expressions.ts';
import type { Stand } from './expressions.ts';
import type { Entry, Origin } from './model.ts';

/** A list longer than this isn't a lookup. */
const MOST_CONSTANTS = 10;

/**
 * @param sure entries whose conditions may move inside, where no outer join keeps rows that don't fulfil them; undefined: all that
 *  aren't nullable
 */
export function conjunction(analysis: Analysis, node: Node | undefined, stand: Stand, sure: readonly Entry[] | undefined, because: string): void {
  for (const each of conjuncts(node)) {
    if (lookup(analysis, each, stand, sure)) continue;
    analysis.uses.add(expression(analysis, each, stand), 'filtered', because);
  }
}

function conjuncts(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  const and = as('BoolExpr', node);
  return and?.boolop === 'AND_EXPR' ? (and.args ?? []).flatMap(conjuncts) : [node];
}

interface Comparison {
  readonly column: Node;
  readonly values: readonly Node[];
  readonly list: boolean;
}

function lookup(analysis: Analysis, node: Node, stand: Stand, sure: readonly Entry[] | undefined): boolean {
  const found = as('A_Expr', node);
  const compared = found === undefined ? undefined : comparison(found);
  const ref = as('ColumnRef', compared?.column);
  if (found === undefined || compared === undefined || ref === undefined || !analysis.lookups) return false;
  if (analysis.around.catalog.operators(undefined, '=').length > 0) return false;
  const meaning = meaningOf(analysis, ref, stand.scope);
  const entry = meaning.entry;
  const [origin] = [...meaning.of, ...meaning.own];
  if (entry === undefined || origin === undefined || !meaning.bare || origin.column.filtered !== 'equality' || meaning.of.size + meaning.own.size !== 1) return false;
  if (stand.scope?.entries.includes(entry) !== true) return false;
  const text = textOf(origin.column.type, compared);
  const values = compared.values.map((value) => literal(value, origin.column.type, text));
  if (values.length === 0 || values.length > MOST_CONSTANTS || values.includes(undefined)) return false;
  if (entry.target) return own(analysis, origin);
  return goInside(analysis, { node, found, compared, meaning, origin, values: values as string[] }, sure);
}

function own(analysis: Analysis, origin: Origin): true {
  analysis.uses.add([origin], 'lookup', 'is looked up in the table being written');
  return true;
}

interface Lookup {
  readonly node: Node;
  readonly found: A_Expr;
  readonly compared: Comparison;
  readonly meaning: Meaning;
  readonly origin: Origin;
  readonly values: readonly string[];
}

function goInside(analysis: Analysis, { node, found, compared, meaning, origin, values }: Lookup, sure: readonly Entry[] | undefined): boolean {
  const { entry } = meaning;
  const place = entry?.place;
  if (entry === undefined || place === undefined || place.definition !== undefined || meaning.name !== origin.column.name || entry.nullable || (sure !== undefined && !sure.includes(entry))) return false;
  const span = spanOf(analysis, found, compared);
  if (span === undefined) return false;
  const conditions = values.map((value) => `${postgresName(origin.column.name)} OPERATOR(pg_catalog.=) ${value}`);
  place.conditions.set(node, conditions.length === 1 ? (conditions[0] ?? '') : `(${conditions.join(' OR ')})`);
  // Behind a quote no space is needed: WHERE'x'=a AND.
  const text = analysis.tokens.text;
  const close = /\w/.test(text[span.start - 1] ?? ' ') || /\w/.test(text[span.end] ?? ' ');
  analysis.edit(span.start, span.end, close ? '(TRUE)' : 'TRUE');
  analysis.uses.add([origin], 'lookup');
  return true;
}

function comparison(found: A_Expr): Comparison | undefined {
  if (strings(found.name).join('.') !== '=' || found.lexpr === undefined || found.rexpr === undefined) return undefined;
  if (found.kind === 'AEXPR_IN') return { column: found.lexpr, values: as('List', found.rexpr)?.items ?? [], list: true };
  if (found.kind !== 'AEXPR_OP') return undefined;
  if ('ColumnRef' in found.lexpr) return { column: found.lexpr, values: [found.rexpr], list: false };
  return { column: found.rexpr, values: [found.lexpr], list: false };
}

const TEXTS = /^(?:text|character varying(?:\(\d+\))?)$/;
const WHOLE = /^(?:smallint|integer|bigint)$/;
/** Types whose equality is the same whatever the session's settings, and the type that a constant is made to be. */
const BASE = /^(uuid|smallint|integer|bigint|numeric|date)(?:\(\d+(?:,-?\d+)?\))?$/;

/**
 * What a constant or parameter of unknown type becomes beside a text: with one of them the operator is text's, in a list they are of the common type (server: parse_expr.c,
 * transformAExprIn). It doesn't matter for the rows, but drivers are told of it.
 */
function textOf(type: string, { values, list }: Comparison): 'text' | 'varchar' {
  return list && values.length > 1 && type !== 'text' ? 'varchar' : 'text';
}

/** A constant or parameter as SQL of the column's type without its length, which would cut it. Undefined: it isn't one. */
function literal(node: Node, type: string, text: 'text' | 'varchar'): string | undefined {
  const base = TEXTS.test(type) ? text : BASE.exec(type)?.[1];
  if (base === undefined) return undefined;
  const cast = as('TypeCast', node);
  if (cast !== undefined) {
    const name = strings(cast.typeName?.names).join('.');
    const plain = cast.typeName?.typmods === undefined && cast.typeName?.arrayBounds === undefined && (name === 'text' || name === 'pg_catalog.text');
    return base === text && plain && cast.arg !== undefined && as('TypeCast', cast.arg) === undefined ? literal(cast.arg, type, 'text') : undefined;
  }
  const number = as('ParamRef', node)?.number;
  if (number !== undefined) return `$${number}::pg_catalog.${TYPE_NAMES[base] ?? base}`;
  const value = as('A_Const', node);
  if (value === undefined || value.isnull === true) return undefined;
  if (value.sval !== undefined) return `${postgresString(value.sval.sval ?? '')}::pg_catalog.${TYPE_NAMES[base] ?? base}`;
  if (value.ival !== undefined && (WHOLE.test(base) || base === 'numeric')) return String(value.ival.ival ?? 0);
  return undefined;
}

const TYPE_NAMES: Readonly<Record<string, string>> = { smallint: 'int2', integer: 'int4', bigint: 'int8' };

/** From the left side's beginning to the right side's end, if nothing but these stands there. */
function spanOf(analysis: Analysis, found: A_Expr, { column, values, list }: Comparison): { readonly start: number; readonly end: number } | undefined {
  const { tokens } = analysis;
  const left = found.lexpr === column ? column : values[0];
  const right = found.lexpr === column ? values[0] : column;
  const first = startOf(analysis, left);
  const operator = analysis.tokenAt(found.location);
  if (first === undefined || endOf(analysis, left, first) + 1 !== operator) return undefined;
  const last = list ? tokens.closing(operator + 1) : endOf(analysis, right, operator + 1);
  const from = tokens.get(first)?.start;
  const end = tokens.get(last)?.end;
  return from === undefined || end === undefined || (!list && startOf(analysis, right) !== operator + 1) ? undefined : { start: from, end };
}

function startOf(analysis: Analysis, node: Node | undefined): number | undefined {
  const cast = as('TypeCast', node);
  const location = as('ColumnRef', node)?.location ?? as('ParamRef', node)?.location ?? as('A_Const', node)?.location;
  // Absent is the text's beginning, where no condition stands.
  if (cast !== undefined) return analysis.tokens.word(analysis.tokenAt(cast.location)) === ':' ? startOf(analysis, cast.arg) : undefined;
  return location === undefined ? undefined : analysis.tokenAt(location);
}

/** The last token of what begins there: a name, a parameter, a constant with its sign, a cast by `::name`. */
function endOf(analysis: Analysis, node: Node | undefined, first: number): number {
  const { tokens } = analysis;
  const cast = as('TypeCast', node);
  if (cast !== undefined) return tokens.endOfName(endOf(analysis, cast.arg, first) + 3);
  if (as('ColumnRef', node) !== undefined) return tokens.endOfName(first);
  let at = tokens.word(first) === '-' ? first + 1 : first;
  while (tokens.get(at)?.kind === 'string' && tokens.get(at + 1)?.kind === 'string') at++;
  return at;
}
