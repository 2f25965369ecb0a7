import { normalEmail } from '../identity/email.ts';

/** Who has approved: each person once, however often and however their address is written. */
export function approversOf(decisions: readonly { readonly decision: string; readonly person: string }[]): ReadonlySet<string> {
  return new Set(decisions.filter(({ decision }) => decision === 'approve').map(({ person }) => normalEmail(person)));
}
