/** A policy after reading: what its files say, with defaults filled in, sorted by name so that order can't matter. */

import type { SearchedColumns } from '../masking/detectors/searched.ts';
import type { SensitiveColumns } from '../masking/sensitive.ts';
import type { Effect } from '../sql/facts.ts';
import type { Condition } from './condition.ts';
import type { Action, HoldTerms, Span } from './verdict.ts';

export interface Rule {
  readonly name: string;
  readonly action: Action;
  /** Undefined: any. Every other condition likewise. */
  readonly effects?: readonly Effect[];
  readonly tables?: readonly string[];
  readonly columns?: readonly string[];
  readonly databases?: readonly string[];
  readonly agents?: readonly string[];
  readonly groups?: readonly string[];
  readonly kinds?: readonly string[];
  readonly unbounded?: boolean;
  /** Holds or denies only what comes after so many rows. */
  readonly rowsOver?: { readonly [per in Span]?: number | undefined };
  readonly when?: Condition;
  /** Present exactly when the action is `hold`. */
  readonly hold?: HoldTerms;
  /** What the author wants people to read beside the verdict. */
  readonly because?: string;
  readonly place: { readonly file: string; readonly line: number };
}

export type { SensitiveColumns } from '../masking/sensitive.ts';

export interface PolicyModel {
  readonly version: string;
  readonly observes: boolean;
  readonly fallback: 'hold' | 'deny';
  /** Terms of holds by default. */
  readonly hold: HoldTerms;
  readonly sensitive: readonly SensitiveColumns[];
  readonly detect: readonly SearchedColumns[];
  readonly rules: readonly Rule[];
}
