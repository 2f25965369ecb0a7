/** A statement's queries as far as substitution needs them: which clauses there are, and what FROM names. Indexes of tokens, ends exclusive. */

export interface Region {
  readonly from: number;
  readonly to: number;
}

/** `WITH name (columns) AS (query)`. */
export interface Cte {
  readonly name: string;
  readonly columns: readonly string[] | undefined;
  readonly query: Query;
}

/** Operands that set operators join, and what stands behind the last when that is in parentheses. */
export interface Query extends Region {
  readonly ctes: readonly Cte[];
  readonly recursive: boolean;
  readonly operands: readonly (Block | Query)[];
  /** Rows are compared with each other: UNION without ALL, INTERSECT, EXCEPT. */
  readonly dedups: boolean;
  readonly tail: readonly Clause[];
}

export interface Block extends Region {
  readonly is: 'select' | 'values' | 'table';
  readonly distinct: boolean;
  readonly items: readonly Item[];
  readonly tables: Tables;
  readonly clauses: readonly Clause[];
}

/** One item of a list of outputs. */
export interface Item extends Region {
  /** Where the expression ends; behind it an alias may stand. */
  readonly ends: number;
  readonly alias: string | undefined;
}

export type ClauseWord = 'WHERE' | 'GROUP' | 'HAVING' | 'WINDOW' | 'ORDER' | 'LIMIT' | 'FETCH' | 'OFFSET' | 'PROCEDURE' | 'FOR' | 'LOCK' | 'INTO' | 'RETURNING';

/** `from` is the index of its first word. */
export interface Clause extends Region {
  readonly word: ClauseWord;
}

/** What FROM lists, in its order, whatever the parentheses. */
export interface Tables {
  readonly factors: readonly Factor[];
  /** Conditions of joins. */
  readonly on: readonly Region[];
  /** Names in USING. */
  readonly using: readonly number[];
  readonly natural: boolean;
  readonly end: number;
}

export type Factor = Named | Derived | Computed;

interface Listed extends Region {
  readonly alias: string | undefined;
  /** May be without a row for a row of another: the operand of an outer join, or behind one. */
  readonly nullable: boolean;
}

/** `s.t PARTITION (…) FOR SYSTEM_TIME … AS alias USE INDEX (…)`. */
export interface Named extends Listed {
  readonly is: 'named';
  readonly schema: string | undefined;
  readonly name: string;
  /** Where its name ends. */
  readonly ends: number;
  /** What goes with the table and not with its alias. */
  readonly details: readonly Region[];
  /** Parentheses that hold nothing but it, from the inner ones to the outer: `[open, close]`. */
  readonly parentheses: readonly (readonly [number, number])[];
}

export interface Derived extends Listed {
  readonly is: 'derived';
  readonly query: Query;
  readonly columns: readonly string[] | undefined;
}

/** JSON_TABLE(…). */
export interface Computed extends Listed {
  readonly is: 'computed';
  readonly arguments: Region;
}

export const NO_TABLES: Tables = { factors: [], on: [], using: [], natural: false, end: 0 };

/** Why there is no substituted text; a sentence for a person. */
export class Obstacle extends Error {}

export const UNREAD = 'It reads a table with masked columns in a way that isn\'t understood; write it as a plain SELECT.';
