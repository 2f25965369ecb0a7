import { sameEmail } from '../identity/email.ts';
import { verifyDecision } from './decision.ts';
import type { DecisionClaims } from './decision.ts';
import type { DecisionKeys } from './keys.ts';
import type { RequestDraft, SignedDecision } from './request.ts';
import { view } from './view.ts';
import { approversOf } from './voters.ts';

/** How far the clocks of two replicas may be apart before a decision counts as coming from the future. */
export const CLOCK_SKEW_MS = 60_000;

/** What this process knows by itself of a request: never what a store says of it. */
export interface Own {
  readonly id: string;
  readonly draft: RequestDraft;
}

export interface Verification {
  /** Enough different people, each allowed, have signed for exactly this, in time; and nobody has denied it. */
  readonly approved: boolean;
  /** Those that verify, with the contents that were signed. */
  readonly decisions: readonly SignedDecision[];
  /** Sentences about those that don't: each is an attack or a fault, worth a loud log. */
  readonly problems: readonly string[];
}

/** Judges the decisions a store offers for a request of our own. Never throws. */
export async function verifyDecisions(own: Own, offered: readonly { readonly jws: unknown }[], keys: DecisionKeys, now: number): Promise<Verification> {
  const decisions: SignedDecision[] = [];
  const problems: string[] = [];
  const expected = view(own.draft);
  for (const { jws } of offered) {
    try {
      const claims = await verifyDecision(jws, keys);
      const problem = mismatch(claims, own, expected, now);
      if (problem === undefined) decisions.push(signedBy(claims, jws as string));
      else problems.push(problem);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { approved: meetsQuorum(decisions, own.draft, now), decisions, problems };
}

function meetsQuorum(decisions: readonly SignedDecision[], draft: RequestDraft, now: number): boolean {
  return now < draft.expiresAt && suffice(decisions, draft.quorum);
}

/** Have enough different people approved, or one by breaking the glass, and nobody denied? */
export function suffice(decisions: readonly Pick<SignedDecision, 'decision' | 'person' | 'breakGlass'>[], quorum: number): boolean {
  const broken = decisions.some((one) => one.decision === 'approve' && one.breakGlass === true);
  const denied = decisions.some((one) => one.decision === 'deny');
  return !denied && quorum >= 1 && (broken || approversOf(decisions).size >= quorum);
}

/** Why the claims don't count for this request now; undefined when they do. */
function mismatch(claims: DecisionClaims, own: Own, expectedView: string, now: number): string | undefined {
  return unfit(claims, own, expectedView) ?? untimely(claims, own.draft, now);
}

/** What of a draft a decision has to fit, whenever that is looked at. */
export type Terms = Pick<RequestDraft, 'digest' | 'mode' | 'quorum' | 'approvers' | 'breakGlass' | 'expiresAt'> & { readonly agent: Pick<RequestDraft['agent'], 'owner' | 'actsFor'> };

/** Why the claims aren't about this request under these terms, or not by somebody who may; undefined when they are. */
export function unfit(claims: DecisionClaims, { id, draft }: { readonly id: string; readonly draft: Terms }, expectedView: string): string | undefined {
  if (claims.request !== id) return `It is a decision about ${claims.request}.`;
  if (claims.digest !== draft.digest) return 'It is a decision about other bytes.';
  if (claims.mode !== draft.mode) return `It is a decision about a statement held ${claims.mode}.`;
  if (claims.view !== expectedView) return 'The person was shown something else.';
  if (claims.quorum !== draft.quorum || !sameNames(claims.approvers, draft.approvers)) return 'It was decided under other terms.';
  if (claims.breakGlass === true && (draft.breakGlass === undefined || claims.decision !== 'approve' || claims.reason === undefined)) return 'Nobody may break the glass for it.';
  if (sameEmail(claims.person, draft.agent.owner)) return `${claims.person} owns the agent.`;
  if (draft.agent.actsFor !== undefined && sameEmail(claims.person, draft.agent.actsFor)) return `The agent acts for ${claims.person}.`;
  if (draft.mode === 'inline' && claims.expiresAt !== draft.expiresAt) return 'It was decided under another time limit.';
  return undefined;
}

/** A deferred statement is opened in one session and released in another, so only its length of time is our own knowledge. */
function untimely(claims: DecisionClaims, draft: RequestDraft, now: number): string | undefined {
  if (claims.at > now + CLOCK_SKEW_MS) return 'It was signed in the future.';
  if (now >= claims.expiresAt) return 'Its time is over.';
  if (now - claims.at > draft.expiresAt - draft.createdAt + CLOCK_SKEW_MS) return 'It is older than the time limit.';
  return undefined;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());
}

/** The decision as a person took it, from what was signed. */
export function signedBy(claims: DecisionClaims, jws: string): SignedDecision {
  const { decision, person, channel, reason, breakGlass, at } = claims;
  return { decision, person, channel, ...(reason !== undefined && { reason }), ...(breakGlass && { breakGlass }), at, jws };
}
