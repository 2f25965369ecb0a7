import type { ParameterValue } from './statement.ts';

/** One statement as it would run. */
export interface Estimated {
  readonly text: string;
  readonly parameters: readonly ParameterValue[];
  /** The session's settings that say what its names mean: `search_path`, `database`. */
  readonly settings: ReadonlyMap<string, string>;
}

/**
 * How many rows a statement would give or change, as the database's planner guesses it without running it; undefined when that can't be told, or not in
 * time. Never rejects. Planning may evaluate functions: to be asked only of statements that call nothing but the server's own harmless ones.
 */
export type EstimateQuestion = (asked: Estimated) => Promise<number | undefined>;

/** How long people wait for a guess. Milliseconds. */
export const ESTIMATE_MS = 1_000;
