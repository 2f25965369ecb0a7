/** One line of a policy's `sensitive`: which columns are masked, how, and what happens to uses other than a plain output. */

import type { MaskName } from './sight.ts';

export interface SensitiveColumns {
  /** Patterns: `customers.email`, `public.customers.*`. */
  readonly columns: readonly string[];
  readonly mask: MaskName;
  /** Of the mask `constant`: what it shows. Without it, as `redact`. */
  readonly value?: string;
  readonly filtered: 'equality' | 'mask' | 'hold' | 'deny';
  readonly derived: 'mask' | 'hold' | 'deny';
  readonly copied: 'hold' | 'deny';
  /** Groups of agents that see real values. */
  readonly unmask: readonly string[];
  readonly hideNulls: boolean;
}
