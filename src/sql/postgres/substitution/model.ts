/** What the columns of a query's parts show of masked ones. */

import type { CommonTableExpr, Node, RangeTableSample, RangeVar } from 'libpg-query';
import type { RelationData } from '../../catalog.ts';
import type { ColumnUse, Use } from '../../../masking/substitution.ts';
import type { MaskedColumn, MaskedRelation } from '../../../masking/sight.ts';

/** There is no text with masks for this statement. The message is for a person. */
export class Obstacle extends Error {}

/** A masked column of a relation that is read. */
export interface Origin {
  /** `schema.name`. */
  readonly relation: string;
  readonly column: MaskedColumn;
}

export type Origins = ReadonlySet<Origin>;
export const NOTHING: Origins = new Set();

export const union = (...sets: readonly Origins[]): Origins => {
  const filled = sets.filter((set) => set.size > 0);
  return filled.length === 0 ? NOTHING : filled.length === 1 && filled[0] !== undefined ? filled[0] : new Set(filled.flatMap((set) => [...set]));
};

/** A column of something in FROM, or of a query's answer. */
export interface Column {
  readonly name: string;
  readonly of: Origins;
  /** It is the masked column itself and not an expression over it. */
  readonly bare: boolean;
}

/** A place in FROM where a relation with masked columns is read. */
export interface Place {
  readonly range: RangeVar;
  readonly relation: RelationData;
  readonly masked: MaskedRelation | undefined;
  /** Stands in the place of a view. */
  readonly definition: string | undefined;
  sample: RangeTableSample | undefined;
  readonly systemColumns: Set<string>;
  /** Conditions that moved inside, by the node they were. */
  readonly conditions: Map<Node, string>;
  /** All its columns are meant somewhere: by a star, as a row. */
  whole: boolean;
}

export interface Entry {
  readonly alias: string;
  /** Of a relation that is named without an alias: `schema.name.column` may mean it. */
  readonly schema: string | undefined;
  /** Undefined when they aren't known. */
  readonly columns: readonly Column[] | undefined;
  /** What any column of it shows when they aren't known. */
  readonly taint: Origins;
  /** A table, which has system columns. */
  readonly relation: RelationData | undefined;
  readonly place: Place | undefined;
  /** The target of a write: its own columns are read as they are. */
  readonly target: boolean;
  /** Its rows may be all NULL, since an outer join found none. */
  nullable: boolean;
  /** Columns of it that were named. */
  readonly named: Set<string>;
}

export interface Scope {
  readonly entries: Entry[];
  readonly parent: Scope | undefined;
}

/** A WITH query. It is looked at when it is first named, since with RECURSIVE that may be before its own place. */
export interface Cte {
  readonly name: string;
  readonly node: CommonTableExpr;
  readonly recursive: boolean;
  readonly scope: Scope | undefined;
  /** What its query may name. */
  around: Ctes | undefined;
  state: 'fresh' | 'running' | 'done';
  refersToItself: boolean;
  columns: readonly Column[] | undefined;
  taint: Origins;
}

export interface Ctes {
  readonly cte: Cte;
  readonly parent: Ctes | undefined;
}

/** The uses found so far, none twice in the same way. */
export class Uses {
  readonly #found = new Map<string, ColumnUse>();
  /** How often a write was found to read its target's own values, the same one again included. */
  ownReads = 0;

  add(origins: Iterable<Origin>, use: Use, because?: string, value?: string | number): void {
    for (const { relation, column } of origins) {
      if (use === 'own') this.ownReads++;
      const key = JSON.stringify([relation, column.name, use, value]);
      if (this.#found.has(key)) continue;
      this.#found.set(key, { relation, column: column.name, use, ...(because === undefined ? {} : { because }), ...(value === undefined ? {} : { value }) });
    }
  }

  absorb(uses: readonly ColumnUse[]): void {
    for (const use of uses) {
      const key = JSON.stringify([use.relation, use.column, use.use, use.value]);
      if (!this.#found.has(key)) this.#found.set(key, use);
    }
  }

  list(): readonly ColumnUse[] {
    return [...this.#found.values()];
  }
}
