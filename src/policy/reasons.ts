/** Verdicts in sentences, for the agent's error message and the approver's page. */

import type { Facts } from '../sql/facts.ts';
import { listOf, setOf } from './effect-set.ts';
import type { EffectSet } from './effect-set.ts';
import type { Rule } from './model.ts';

const DONE = { allow: 'allowed', mask: 'masked', hold: 'held', deny: 'denied' } as const;

/** `export is held by rule exports: leaves the database`. */
export function ruleReason(rule: Rule, all: EffectSet): string {
  const named = rule.effects === undefined ? all : all & setOf(rule.effects);
  const why = rule.because === undefined ? '' : `: ${rule.because}`;
  return `${effectWords(named)} ${DONE[rule.action]} by rule ${rule.name}${why}`;
}

/** Says which effects no rule covers, and why the text wasn't understood. */
export function coverageReason(facts: Facts, uncovered: EffectSet, done: 'held' | 'denied'): string {
  if (facts.doubt !== undefined) return `the statement wasn't understood (${facts.doubt}), so it is ${done}`;
  return `no rule covers ${describe(listOf(uncovered))} here, so the statement is ${done} by default`;
}

export function effectWords(set: EffectSet): string {
  const names = listOf(set);
  return names.length === 0 ? 'the statement is' : `${describe(names)} ${names.length === 1 ? 'is' : 'are'}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function describe(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
