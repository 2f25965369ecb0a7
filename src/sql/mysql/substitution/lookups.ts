/** Conditions of WHERE that hold for every row of the answer, and those among them that compare a column with constants. */

import { isSymbol, isWord } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import type { Expressions } from './expressions.ts';
import type { Outline } from './outline.ts';
import type { ColumnName } from './scope.ts';
import type { Region } from './tree.ts';

/** `column = constant`, `column IN (constants)`, `column < constant`. */
export interface Comparison extends ColumnName {
  /** The whole condition. */
  readonly region: Region;
  /** `=`, `IN` or another comparison. */
  readonly operator: string;
  /** Each of one or more tokens. */
  readonly constants: readonly Region[];
}

/** In a list that is longer, values could be guessed by the hundred. */
export const MOST_CONSTANTS = 10;

const COMPARISONS = ['=', '<', '>', '<=', '>=', '<>', '!='] as const;
const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

/** What AND joins outside of everything else, through parentheses, too. Empty when that can't be told. */
export function conjuncts(outline: Outline, region: Region): Region[] {
  const { tokens } = outline;
  const parts: Region[] = [];
  let start = region.from;
  let cases = 0;
  let betweens = 0;
  for (let at = region.from; at < region.to; at++) {
    const token = tokens[at];
    if (isSymbol(token, '(')) at = outline.closing(at);
    else if (isWord(token, 'CASE')) cases++;
    else if (isWord(token, 'END') && cases > 0) cases--;
    else if (cases > 0) continue;
    else if (isWord(token, 'OR', 'XOR') || isSymbol(token, '||') || isSymbol(token, ':=')) return [];
    else if (isWord(token, 'BETWEEN')) betweens++;
    else if (isWord(token, 'AND') && betweens > 0) betweens--;
    else if (isWord(token, 'AND') || isSymbol(token, '&&')) {
      parts.push({ from: start, to: at });
      start = at + 1;
    }
  }
  parts.push({ from: start, to: region.to });
  return parts.flatMap((part) => inner(outline, part) ?? [part]);
}

/** Of a part that is nothing but parentheses around conditions. */
function inner(outline: Outline, { from, to }: Region): Region[] | undefined {
  if (!isSymbol(outline.tokens[from], '(') || outline.closing(from) !== to - 1 || outline.startsQuery(from + 1)) return undefined;
  const parts = conjuncts(outline, { from: from + 1, to: to - 1 });
  return parts.length === 0 ? undefined : parts;
}

export function comparison(outline: Outline, expressions: Expressions, region: Region): Comparison | undefined {
  const { tokens } = outline;
  const column = expressions.columnAt(region.from, region.to);
  if (column !== undefined) {
    const operator = operatorAt(tokens, column.end);
    const constants = operator === undefined ? undefined : operator === 'IN' ? list(outline, column.end + 1, region.to) : constant(tokens, column.end + 1, region.to);
    if (operator !== undefined && constants !== undefined) return { qualifier: column.qualifier, name: column.name, region, operator, constants };
  }
  // `constant = column`.
  const middle = [1, 2].map((ahead) => region.from + ahead).find((at) => COMPARISONS.some((each) => isSymbol(tokens[at], each)));
  const right = middle === undefined ? undefined : expressions.columnAt(middle + 1, region.to);
  const left = middle === undefined ? undefined : constant(tokens, region.from, middle);
  if (middle === undefined || right === undefined || right.end !== region.to || left === undefined) return undefined;
  const operator = tokens[middle]?.text ?? '';
  return { qualifier: right.qualifier, name: right.name, region, operator: MIRRORED[operator] ?? operator, constants: left };
}

function operatorAt(tokens: readonly Token[], at: number): string | undefined {
  if (isWord(tokens[at], 'IN')) return 'IN';
  return COMPARISONS.find((each) => isSymbol(tokens[at], each));
}

/** Strings side by side are one; a number may have a sign. */
function constant(tokens: readonly Token[], from: number, to: number): Region[] | undefined {
  const part = tokens.slice(from, to);
  const [first, second] = part;
  const fits = part.length > 0 && (part.every(({ kind }) => kind === 'string') || (part.length === 1 && (isSymbol(first, '?') || first?.kind === 'number')) || (part.length === 2 && isSymbol(first, '-') && second?.kind === 'number'));
  return fits ? [{ from, to }] : undefined;
}

function list(outline: Outline, open: number, to: number): Region[] | undefined {
  if (!isSymbol(outline.tokens[open], '(') || outline.closing(open) !== to - 1) return undefined;
  const parts = outline.parts(open + 1, to - 1);
  const constants = parts.flatMap(({ from, to: end }) => constant(outline.tokens, from, end) ?? []);
  return constants.length === parts.length && parts.length > 0 && parts.length <= MOST_CONSTANTS ? constants : undefined;
}

/** How values of a type are compared: what is equal to a constant of the same kind. */
type Kind = 'string' | 'integer' | 'decimal' | 'date' | 'datetime';

export function kindOf(type: string): Kind | undefined {
  const lower = type.toLowerCase();
  if (/^(?:varchar|char|tinytext|text|mediumtext|longtext|enum)\b/.test(lower)) return 'string';
  if (/^(?:tinyint|smallint|mediumint|int|bigint)\b/.test(lower)) return 'integer';
  if (lower.startsWith('decimal')) return 'decimal';
  if (lower === 'date') return 'date';
  return /^(?:datetime|timestamp)\b/.test(lower) ? 'datetime' : undefined;
}

const FITS: Readonly<Record<Kind, (token: Token) => boolean>> = {
  string: ({ kind, written }) => kind === 'string' && written !== undefined,
  integer: ({ kind, text }) => kind === 'number' && /^\d{1,20}$/.test(text),
  decimal: ({ kind, text }) => kind === 'number' && /^\d{1,40}(?:\.\d{0,30})?$/.test(text),
  date: ({ kind, text }) => kind === 'string' && /^\d{4}-\d\d-\d\d$/.test(text),
  datetime: ({ kind, text }) => kind === 'string' && /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?$/.test(text),
};

/** A parameter's type is known when it runs only; whatever it is then, it is compared as the column's is. A call of CONCAT takes the column's collation, a cast of its own would be another. */
const AS_PARAMETER: Readonly<Record<Kind, string>> = {
  string: 'CONCAT(?)',
  integer: 'CAST(? AS DECIMAL(65,30))',
  decimal: 'CAST(? AS DECIMAL(65,30))',
  date: 'CAST(? AS DATE)',
  datetime: 'CAST(? AS DATETIME(6))',
};

/** A constant as the column's own values are compared with it. Undefined when it is of another kind, so that more than equal values would be found. */
export function asColumn(outline: Outline, type: string, region: Region): string | undefined {
  const kind = kindOf(type);
  if (kind === undefined) return undefined;
  const part = outline.tokens.slice(region.from, region.to);
  if (isSymbol(part[0], '?')) return AS_PARAMETER[kind];
  const values = isSymbol(part[0], '-') && kind !== 'string' ? part.slice(1) : part;
  if (!values.every(FITS[kind]) || (kind !== 'string' && values.length > 1)) return undefined;
  // Raw bytes in a string would be looked for as they are.
  return part.map(({ start, end }) => outline.text.slice(start, end)).join(' ');
}

export const parametersIn = (tokens: readonly Token[], from: number, to: number): number => tokens.slice(from, to).filter((token) => isSymbol(token, '?')).length;
