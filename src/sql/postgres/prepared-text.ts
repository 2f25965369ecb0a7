/** The text after the AS of `PREPARE name [(types)] AS …`. */

import type { Node } from 'libpg-query';
import type { Parser } from './parser.ts';
import { ParseFailure } from './parser.ts';

/** More words AS than this before the right one aren't written in good faith. */
const CANDIDATES = 16;

/**
 * The tree doesn't say where the query begins, and an AS may stand in a comment or a quoted name first. So each
 * place is tried, and only a text whose tree is the prepared query's own will do; else it is the whole statement,
 * which has the same effects.
 */
export function preparedText(parser: Parser, statement: string, query: Node | undefined): string {
  const wanted = withoutPlaces(query);
  for (const { index } of [...statement.matchAll(/\bas\b/giu)].slice(0, CANDIDATES)) {
    const candidate = statement.slice(index + 2).trim();
    if (withoutPlaces(onlyStatement(parser, candidate)) === wanted) return candidate;
  }
  return statement;
}

function onlyStatement(parser: Parser, text: string): Node | undefined {
  try {
    const { stmts } = parser.parse(text);
    return stmts?.length === 1 ? stmts[0]?.stmt : undefined;
  } catch (error) {
    if (error instanceof ParseFailure && error.code === 'syntax') return undefined;
    throw error;
  }
}

const PLACES: ReadonlySet<string> = new Set(['location', 'list_start', 'list_end', 'rexpr_list_start', 'rexpr_list_end', 'name_location', 'stmt_location', 'stmt_len']);

const withoutPlaces = (tree: unknown): string => JSON.stringify(tree, (key, value: unknown) => (PLACES.has(key) ? undefined : value)) ?? '';
