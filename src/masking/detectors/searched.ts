/** One line of a policy's `detect`: what is looked for in which columns' values. */

import type { DetectorName } from './detector.ts';

export interface SearchedColumns {
  readonly find: readonly DetectorName[];
  /** Patterns, as those of SensitiveColumns. Undefined: all columns, and what is computed. */
  readonly columns?: readonly string[];
  /** Patterns of databases' names; undefined: all. */
  readonly databases?: readonly string[];
  /** Hits are replaced by what they are: `[email]`. */
  readonly mask: 'redact';
  /** Groups of agents that see values as they are. */
  readonly unmask: readonly string[];
}
