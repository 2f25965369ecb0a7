/** `mode: observe`: what would be held or denied runs, and is on record as that. Masks stay as they are. */

import type { Effect, Facts } from '../sql/facts.ts';
import type { Verdict } from './verdict.ts';

/** What the policy says, whether or not it only observes. */
export const said = (verdict: Verdict): Verdict => verdict.observed ?? verdict;

/** Masks and detectors follow into all that a statement with these effects does. */
const FOLLOWED: ReadonlySet<Effect> = new Set(['read', 'insert', 'update', 'delete', 'import', 'export', 'drop', 'truncate', 'transaction', 'session', 'lock', 'notify']);

/**
 * For agents from which something is hidden. Code, files of the server, triggers or grants may bring out values that nothing masks or searches then: a policy
 * that only observes must not show what it would have kept, so these are held and denied in spite of it.
 */
export function keptHidden(verdict: Verdict, { effects }: Facts): Verdict {
  return effects.every(({ effect }) => FOLLOWED.has(effect)) ? verdict : said(verdict);
}
