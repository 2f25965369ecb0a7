/**
 * The gate before the walk: nothing that isn't in the grammar's table gets past it, so neither a newer
 * server grammar nor a walker that forgot a field can hide anything.
 */

import { GRAMMAR } from './grammar.ts';

/** field -> '' for a plain value, '*' for any node or nodes, else the kind of the unwrapped node it holds. */
type Fields = ReadonlyMap<string, string>;

/**
 * Nodes through which a statement reads, writes or calls something. The walker claims each one it has judged;
 * a difference between claimed and surveyed means that it overlooked one.
 */
const TELLING: ReadonlySet<string> = new Set([
  'RangeVar', 'FuncCall', 'A_Expr', 'TypeCast', 'ColumnRef', 'SubLink', 'RangeFunction', 'RangeTableSample', 'JoinExpr', 'VariableSetStmt',
  'SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt',
]);

export const FIELDS: ReadonlyMap<string, Fields> = readGrammar();

function readGrammar(): ReadonlyMap<string, Fields> {
  const kinds = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const word of GRAMMAR.trim().split(/\s+/)) {
    if (word.endsWith(':')) kinds.set(word.slice(0, -1), (current = new Map()));
    else current.set(...fieldOf(word));
  }
  return kinds;
}

function fieldOf(word: string): [string, string] {
  const arrow = word.indexOf('>');
  return arrow < 0 ? [word, ''] : [word.slice(0, arrow), word.slice(arrow + 1) || '*'];
}

export interface Survey {
  /** How many telling nodes the tree holds. */
  telling: number;
  /** The first node kind or field that isn't in the table. */
  stranger?: string;
}

/** Looks at every node of a statement. `tree` is a wrapped node, `{SelectStmt: {…}}`. */
export function survey(tree: unknown): Survey {
  const found: Survey = { telling: 0 };
  surveyWrapped(tree, found);
  return found;
}

function surveyWrapped(value: unknown, found: Survey): void {
  if (Array.isArray(value)) {
    for (const item of value) surveyWrapped(item, found);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    found.stranger ??= typeof value;
    return;
  }
  // An absent node in a list is `{}`, as in the distinctClause of a plain DISTINCT.
  for (const kind in value) surveyNode(kind, (value as Record<string, unknown>)[kind], found);
}

function surveyNode(kind: string, node: unknown, found: Survey): void {
  const fields = FIELDS.get(kind);
  if (fields === undefined || typeof node !== 'object' || node === null) {
    found.stranger ??= kind;
    return;
  }
  if (TELLING.has(kind)) found.telling++;
  for (const name in node) {
    const value = (node as Record<string, unknown>)[name];
    const holds = fields.get(name);
    if (holds === '') checkPlain(`${kind}.${name}`, value, found);
    else if (holds === '*') surveyWrapped(value, found);
    else if (holds === undefined) found.stranger ??= `${kind}.${name}`;
    else surveyNode(holds, value, found);
  }
}

function checkPlain(place: string, value: unknown, found: Survey): void {
  if (typeof value === 'object') found.stranger ??= place;
}
