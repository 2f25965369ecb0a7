/** Stand-in until the real one is merged. */
import type { MaskedColumn, Sight } from './sight.ts';
import type { Substitution } from './substitution.ts';

export type UsesRuling = { readonly action: 'mask' } | { readonly action: 'hold' | 'deny'; readonly reason: string };

export function judgeUses({ obstacle }: Substitution, _: Sight): UsesRuling {
  return obstacle === undefined ? { action: 'mask' } : { action: 'deny', reason: obstacle };
}

export const isMaskOutput = (_column: MaskedColumn, _text: string): boolean => false;
