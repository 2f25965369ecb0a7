import type { KeyObject } from 'node:crypto';
import { verifyDecision } from '../approval/decision.ts';
import type { DecisionClaims } from '../approval/decision.ts';
import { deskKeys } from '../approval/keys.ts';
import type { DecisionKeys } from '../approval/keys.ts';
import type { JournalEvent, JournalRecord } from './events.ts';

export interface Decisions {
  readonly verified: number;
  /** No decision key was given. */
  readonly unchecked: number;
}

type Decided = Extract<JournalEvent, { kind: 'request.decided' }>;

/** Every recorded decision is the one that was signed, about the request as it was opened. */
export class DecisionChecks {
  readonly #keys: Pick<DecisionKeys, 'trusted'> | undefined;
  readonly #digests = new Map<string, string>();
  #verified = 0;
  #unchecked = 0;

  constructor(keys: readonly KeyObject[] | undefined) {
    this.#keys = keys === undefined || keys.length === 0 ? undefined : deskKeys(keys);
  }

  get counts(): Decisions {
    return { verified: this.#verified, unchecked: this.#unchecked };
  }

  /** Undefined at once for what is no decision; else resolves to what is wrong, if anything. */
  check(event: JournalRecord['event']): Promise<string | undefined> | undefined {
    if (event.kind === 'request.opened') this.#digests.set(event.request, event.digest);
    return event.kind === 'request.decided' ? this.#decision(event) : undefined;
  }

  async #decision(event: Decided): Promise<string | undefined> {
    if (this.#keys === undefined) {
      this.#unchecked += 1;
      return undefined;
    }
    let claims: DecisionClaims;
    try {
      claims = await verifyDecision(event.jws, this.#keys);
    } catch {
      return 'the signature of the decision is wrong';
    }
    const wrong = differs(event, claims) ?? this.#otherRequest(event, claims);
    if (wrong === undefined) this.#verified += 1;
    return wrong;
  }

  /** A decision may be recorded by another replica than the one that opened the request; then there is nothing to compare with. */
  #otherRequest(event: Decided, claims: DecisionClaims): string | undefined {
    const digest = this.#digests.get(event.request);
    return digest === undefined || digest === claims.digest ? undefined : 'the decision was signed for another digest than the request has';
  }
}

function differs(event: Decided, claims: DecisionClaims): string | undefined {
  const fields = ['request', 'person', 'channel', 'decision', 'reason', 'breakGlass'] as const;
  const field = fields.find((name) => event[name] !== claims[name]);
  return field === undefined ? undefined : `the decision's ${field} isn't the one that was signed`;
}
