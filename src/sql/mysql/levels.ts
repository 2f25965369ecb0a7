import { isSymbol } from './tokens.ts';
import type { Token } from './tokens.ts';

/** The parts between commas outside of parentheses: `[from, to)` of each. */
export function levels(tokens: readonly Token[], from: number, to: number): (readonly [number, number])[] {
  const parts: (readonly [number, number])[] = [];
  let depth = 0;
  let start = from;
  for (let at = from; at < to; at++) {
    if (isSymbol(tokens[at], '(')) depth++;
    else if (isSymbol(tokens[at], ')')) depth--;
    else if (depth === 0 && isSymbol(tokens[at], ',')) {
      parts.push([start, at]);
      start = at + 1;
    }
  }
  parts.push([start, to]);
  return parts;
}
