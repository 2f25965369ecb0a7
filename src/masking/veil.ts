/** How a statement runs for an agent that sees some columns only as masks: what a conversation has to know, and no more. */

import type { Sight } from './sight.ts';
import type { Edit } from './substitution.ts';

export interface Veil {
  /** Result columns whose origin is masked here are masked in the row, wherever they come from: the origin net. */
  readonly sight: Sight;
  /** Sent in the place of the agent's text; undefined: its own. The same object for the same text and sight. */
  readonly form: Form | undefined;
  /**
   * Does it touch a relation with masked columns? Then the origins of all its rows must be known, asked for if need be, and what the
   * server says beside rows (DETAIL, CONTEXT, messages that quote data) is scrubbed.
   */
  readonly touches: boolean;
}

export interface Form {
  readonly text: string;
  /** From the agent's text: for the places that errors name. */
  readonly edits: readonly Edit[];
}

/**
 * Was `part` of the text `whole` (the statement of a PREPARE) sent as `wanted`, and all else of the whole as it is? A part that stands there twice, and
 * was replaced twice, wasn't; nor was one that only looks like it: in literals and comments nothing is replaced.
 */
export function sentWithin(whole: string, veil: Veil | undefined, part: string, wanted: string): boolean {
  const at = whole.lastIndexOf(part);
  return at >= 0 && (veil?.form?.text ?? whole) === whole.slice(0, at) + wanted + whole.slice(at + part.length);
}
