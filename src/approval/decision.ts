import { sign, verify } from './jws.ts';
import { SignatureInvalid } from './failures.ts';
import type { DecisionKeys } from './keys.ts';
import type { ApprovalRequest, RequestDraft, SignedDecision } from './request.ts';
import { view } from './view.ts';

/** The signed payload: who decided what about which request, and under which terms. Nothing in it is optional but the reason, and breaking the glass. */
export interface DecisionClaims {
  readonly request: string;
  readonly digest: string;
  /** view(draft): what the person was shown. */
  readonly view: string;
  /** So that an inline approval can't be spent by a deferred statement of the same digest. */
  readonly mode: RequestDraft['mode'];
  readonly decision: 'approve' | 'deny';
  /** E-mail, lower case. */
  readonly person: string;
  readonly channel: string;
  readonly reason?: string;
  readonly breakGlass?: true;
  /** Milliseconds since 1970, by the clock of the desk that signed. */
  readonly at: number;
  readonly quorum: number;
  readonly approvers: readonly string[];
  readonly expiresAt: number;
}

export type Press = Omit<SignedDecision, 'jws'>;

export async function signDecision(request: ApprovalRequest, press: Press, keys: DecisionKeys): Promise<SignedDecision> {
  const claims: DecisionClaims = {
    request: request.id, digest: request.digest, view: view(request), mode: request.mode,
    decision: press.decision, person: press.person, channel: press.channel, ...(press.reason !== undefined && { reason: press.reason }),
    ...(press.breakGlass && { breakGlass: press.breakGlass }),
    at: press.at, quorum: request.quorum, approvers: request.approvers, expiresAt: request.expiresAt,
  };
  return { ...press, jws: await sign('countersign-decision+jws', claims, keys) };
}

/** The claims of a decision's JWS, complete and of the right types; what they say is for the caller to judge. Throws SignatureInvalid. */
export async function verifyDecision(jws: unknown, keys: Pick<DecisionKeys, 'trusted'>): Promise<DecisionClaims> {
  const claims = await verify('countersign-decision+jws', jws, keys);
  if (isDecisionClaims(claims)) return claims;
  throw new SignatureInvalid('The signed record is not a decision.');
}

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string' && value !== '';
const number: Check = (value) => Number.isSafeInteger(value);

const CLAIMS: { readonly [K in keyof Required<DecisionClaims>]: Check } = {
  request: text, digest: text, view: text, person: text, channel: text,
  mode: (value) => value === 'inline' || value === 'deferred',
  decision: (value) => value === 'approve' || value === 'deny',
  reason: (value) => value === undefined || typeof value === 'string',
  breakGlass: (value) => value === undefined || value === true,
  at: number, quorum: number, expiresAt: number,
  approvers: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
};

function isDecisionClaims(claims: unknown): claims is DecisionClaims {
  if (typeof claims !== 'object' || claims === null) return false;
  const members = claims as Record<string, unknown>;
  return Object.keys(members).every((name) => Object.hasOwn(CLAIMS, name)) && Object.entries(CLAIMS).every(([name, check]) => check(members[name]));
}
