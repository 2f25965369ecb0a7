import type { HoldTerms } from './verdict.ts';

/** Terms and whose they are: a rule's name, or `default`. */
export interface NamedTerms {
  readonly rule: string;
  readonly terms: HoldTerms;
}

/**
 * One hold for several reasons at once. It must be no easier to release than each of them alone: the largest
 * quorum, the shortest time, and only groups that every one of them names. When they have no group in common, nobody
 * may release it (undefined): the caller denies and says so, since choosing one would let an agent pick its
 * approvers by adding a second, harmless reason.
 *
 * Mode and channel come from the first by name; `default` comes last. Others may be asked later, or break the glass, only where every reason says so, as late as the
 * latest and of the groups that all name.
 */
export function combine(all: readonly NamedTerms[]): HoldTerms | undefined {
  const [first, ...others] = all.toSorted(byRule);
  if (first === undefined) return undefined;
  let { approvers, quorum, withinMs, escalate, breakGlass } = first.terms;
  for (const { terms } of others) {
    approvers = approvers.filter((group) => terms.approvers.includes(group));
    quorum = Math.max(quorum, terms.quorum);
    withinMs = Math.min(withinMs, terms.withinMs);
    escalate = bothEscalate(escalate, terms.escalate);
    breakGlass = common(breakGlass, terms.breakGlass);
  }
  if (approvers.length === 0) return undefined;
  const { mode, channel } = first.terms;
  return { approvers, quorum, withinMs, mode, ...(channel !== undefined && { channel }), ...(escalate && { escalate }), ...(breakGlass && { breakGlass }) };
}

function bothEscalate(a: HoldTerms['escalate'], b: HoldTerms['escalate']): HoldTerms['escalate'] {
  const to = common(a?.to, b?.to);
  return to && { to, afterMs: Math.max(a?.afterMs ?? 0, b?.afterMs ?? 0) };
}

function common(a: readonly string[] | undefined, b: readonly string[] | undefined): readonly string[] | undefined {
  const both = a?.filter((group) => b?.includes(group) === true);
  return both === undefined || both.length === 0 ? undefined : both;
}

function byRule(a: NamedTerms, b: NamedTerms): number {
  const last = Number(a.rule === 'default') - Number(b.rule === 'default');
  return last !== 0 ? last : a.rule < b.rule ? -1 : 1;
}
