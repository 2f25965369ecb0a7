/** Effects as bits, so that coverage is a mask operation. */

import { EFFECTS } from '../sql/facts.ts';
import type { Effect, EffectUse } from '../sql/facts.ts';

export type EffectSet = number;

const BITS: ReadonlyMap<string, number> = new Map(EFFECTS.map((effect, index) => [effect, 1 << index]));

export const UNKNOWN: EffectSet = bit('unknown');

/** A word that isn't an effect counts as `unknown`: nothing may slip past because a rule can't name it. */
export function bit(effect: Effect): EffectSet {
  return BITS.get(effect) ?? 1 << EFFECTS.indexOf('unknown');
}

export function setOf(effects: readonly Effect[]): EffectSet {
  return effects.reduce((set, effect) => set | bit(effect), 0);
}

export function setOfUses(uses: readonly EffectUse[]): EffectSet {
  let set = 0;
  for (const use of uses) set |= bit(use.effect);
  return set;
}

/** In the order of EFFECTS. */
export function listOf(set: EffectSet): Effect[] {
  return EFFECTS.filter((_, index) => (set & (1 << index)) !== 0);
}
