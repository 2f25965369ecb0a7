import type { Facts } from './facts.ts';

/** Facts of what could not be understood. @param doubt a sentence for a person */
export function doubtful(doubt: string): Facts {
  return { statements: [], effects: [{ effect: 'unknown', objects: [], because: doubt }], tables: [], unbounded: false, doubt, unresolved: false, integersFree: false };
}
