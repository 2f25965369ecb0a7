/** Columns whose way through a statement is followed, and how they are used on it. */

import type { MaskedColumn } from '../../../masking/sight.ts';
import type { ColumnUse, Use } from '../../../masking/substitution.ts';

export interface Origin {
  /** `schema.name`. */
  readonly relation: string;
  readonly column: string;
  /** Undefined when every column is followed, masked or not. */
  readonly masked: MaskedColumn | undefined;
  /** Of a table that the statement writes: nothing masks it there. */
  readonly own: boolean;
}

/** A column that a query or a relation gives. */
export interface Given {
  /** As the server would name it. */
  readonly name: string;
  /** Nothing but a column. */
  readonly plain: boolean;
  readonly of: ReadonlySet<Origin>;
}

/** All columns, in order. */
export interface Shape {
  readonly columns: readonly Given[];
  /** There may be others, or they may stand in another order. */
  readonly vague: boolean;
}

export const everyOrigin = ({ columns }: Shape): Set<Origin> => new Set(columns.flatMap(({ of }) => [...of]));

/** Names are compared as neither server tells them apart, rather than as one does: without case and accents. */
export const fold = (name: string): string => (PLAIN.test(name) ? name.toLowerCase() : name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toUpperCase().toLowerCase());
// oxlint-disable-next-line no-control-regex -- ASCII
export const PLAIN = /^[\x00-\x7f]*$/;

/** Where uses are noted. */
export interface UseLog {
  use(origins: Iterable<Origin>, use: Use, because?: string, value?: string | number): void;
}

export class Uses implements UseLog {
  readonly #found = new Map<string, ColumnUse>();
  /** Constants that columns were looked up by, in the whole text: in many subqueries values could be guessed by the hundred. */
  constants = 0;

  use(origins: Iterable<Origin>, use: Use, because?: string, value?: string | number): void {
    for (const origin of origins) {
      const real = origin.own ? ownUse(origin, use) : use;
      const note: ColumnUse = { relation: origin.relation, column: origin.column, use: real, ...(because === undefined ? {} : { because }), ...(value === undefined ? {} : { value }) };
      // Once in each way; values that are written are told one by one.
      const key = JSON.stringify([note.relation, note.column, note.use, real === 'written' ? (value ?? null) : null]);
      if (!this.#found.has(key)) this.#found.set(key, note);
    }
  }

  get all(): ColumnUse[] {
    return [...this.#found.values()];
  }
}

/** A write's target shows its values as they are. Whether they are NULL is public unless the mask hides it. */
export function ownUse({ masked }: Origin, use: Use): Use {
  // Plain columns that RETURNING shows can be masked in the answer.
  if (use === 'written' || use === 'lookup' || use === 'projected') return use;
  return use === 'null_test' && masked?.hideNulls !== true ? use : 'own';
}
