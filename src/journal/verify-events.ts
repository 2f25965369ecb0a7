import type { KeyObject } from 'node:crypto';
import type { DecisionClaims } from '../approval/decision.ts';
import type { JournalRecord } from './events.ts';
import { RequestChecks } from './verify-requests.ts';
import type { Checked } from './verify-signatures.ts';
import { isSigned, SignatureChecks } from './verify-signatures.ts';

/** What records say that people have done. */
export interface Witnessed {
  readonly decisions: Checked;
  readonly freezes: Checked;
  readonly signOuts: Checked;
  /** Statements that ran by a request; unchecked are those of which this journal doesn't have the request, or not enough decisions. */
  readonly releases: Checked;
}

/** What is said about people and requests, beyond that it is on record. */
export class EventChecks {
  readonly #signatures: SignatureChecks;
  readonly #requests = new RequestChecks();

  /** @param keys that people's decisions, freezes and sign-outs are signed with */
  constructor(keys: readonly KeyObject[] | undefined) {
    this.#signatures = new SignatureChecks(keys);
  }

  get counts(): Witnessed {
    const { decision, freeze, 'sign-out': signOuts } = this.#signatures.counts;
    return { decisions: decision, freezes: freeze, signOuts, releases: this.#requests.releases };
  }

  /** What is wrong, if anything; at once unless there is a signature. @param whole the record with what it refers to */
  check({ event: { kind }, time }: JournalRecord, whole: readonly JournalRecord[]): string | undefined | Promise<string | undefined> {
    const event = kind === 'statements' ? undefined : whole[0]?.event;
    if (event === undefined) return undefined;
    if (event.kind === 'request.opened') return this.#requests.opened(event);
    if (event.kind === 'statement') return event.fate === 'run' && event.request !== undefined ? this.#requests.ran({ ...event, request: event.request }, Date.parse(time)) : undefined;
    return isSigned(event) ? this.#signed(event) : undefined;
  }

  async #signed(event: Parameters<SignatureChecks['check']>[0]): Promise<string | undefined> {
    const testimony = await this.#signatures.check(event);
    if (testimony === undefined) return undefined;
    if ('wrong' in testimony) return testimony.wrong;
    return event.kind === 'request.decided' ? this.#requests.decided(testimony.claims as DecisionClaims) : undefined;
  }
}
