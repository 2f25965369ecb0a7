/** What becomes of a text in which relations with masked columns are read through subqueries that mask them. Plain data. */

/** `text` stands in the place of `[start, end)` of the agent's text. UTF-16 offsets. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * How a statement uses a masked column:
 * - `projected`: a plain output; `null_test`: IS [NOT] NULL; `derived`: inside a scalar expression of the output
 * - `lookup`: compared for equality with constants or parameters where that works on real values, inside the substitution
 * - `filtered`: anything else that compares or combines rows by it
 * - `copied`: written somewhere else; `written`: a value is assigned to it, which reads nothing
 * - `own`: a write reads its target's own column, where nothing can be substituted
 */
export const USES = ['projected', 'null_test', 'derived', 'lookup', 'filtered', 'copied', 'written', 'own'] as const;
export type Use = (typeof USES)[number];

export interface ColumnUse {
  /** `schema.name` of the relation. */
  readonly relation: string;
  readonly column: string;
  readonly use: Use;
  /** Completes "customers.email …": "is compared in WHERE", "orders the rows". */
  readonly because?: string;
  /** Of `written`: the constant's text, or the number of the parameter ($1 is 1), where the value is one. */
  readonly value?: string | number;
}

/** One column that the statement's answer has. */
export interface OutputColumn {
  readonly name: string;
  /** `clean`: no masked column is in it; `masked`: it shows the mask; `derived`: an expression over masks. */
  readonly sees: 'clean' | 'masked' | 'derived';
  /** `schema.name.column` of the masked columns in it. */
  readonly of: readonly string[];
}

export interface Substitution {
  /** What runs in the text's place. Undefined when there is no such text: then nothing of it may run but with real values. */
  readonly text?: string;
  /** From the agent's text to `text`: in order, none overlapping another. */
  readonly edits: readonly Edit[];
  /** Of all masked columns that the text uses, through views too; none twice in the same way. */
  readonly uses: readonly ColumnUse[];
  /** Of the last statement that has an answer; undefined where it can't be told. */
  readonly outputs?: readonly OutputColumn[];
  /** Why there is no `text`. A sentence for a person, that says what to do instead where something can be done. */
  readonly obstacle?: string;
}

/** Where a place in the text that ran (a server's error position) is in the agent's text. UTF-16 offsets. Inside an edit: its start. */
export function originalOffset(edits: readonly Edit[], offset: number): number {
  let shift = 0;
  for (const { start, end, text } of edits) {
    const begins = start + shift;
    if (offset < begins) break;
    if (offset < begins + text.length) return start;
    shift += text.length - (end - start);
  }
  return offset - shift;
}

/** @throws RangeError when edits are out of order, or overlap */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    if (edit.start < at || edit.end < edit.start || edit.end > text.length) throw new RangeError('edits out of order');
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}
