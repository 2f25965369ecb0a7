/**
 * Marks in the store what is still pending at its time to escalate, and records it. Everybody else hears of the mark as of any other change.
 *
 * Which process marks a request makes no difference: that of the connection looks at the time, all look now and then, so a request
 * that nobody waits for (deferred, or after a restart) is marked as well. The store gives each mark to one of them, and that one records it.
 */

import type { Logger } from 'pino';
import type { Journal } from '../journal/events.ts';
import type { Clock } from '../runtime/clock.ts';
import { Deadlines } from '../runtime/deadlines.ts';
import { mayHaveEscalated } from './escalation.ts';
import type { DecisionKeys } from './keys.ts';
import type { ApprovalRequest, RequestDraft } from './request.ts';
import { verifySeal } from './seal.ts';
import type { ApprovalStore } from './store.ts';

/** The store counts the time from when it has heard of the request, so there it comes a little later than here. */
const LATER_MS = 500;
/** A store that never comes to an end must not keep us busy. */
const MOST_AT_ONCE = 1_000;

export interface EscalatorParts {
  readonly store: Pick<ApprovalStore, 'escalate'>;
  readonly keys: DecisionKeys;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  readonly journal?: Pick<Journal, 'append'> | undefined;
}

export class Escalator {
  readonly #parts: EscalatorParts;
  /** One key for all: which requests are due is the store's to say. */
  readonly #due: Deadlines;

  constructor(parts: EscalatorParts) {
    this.#parts = parts;
    this.#due = new Deadlines(parts.clock, () => void this.look());
  }

  /** Looks at the time of this one. */
  expect({ escalation }: RequestDraft): void {
    if (escalation !== undefined) this.#due.add('look', escalation.at + LATER_MS);
  }

  /** Never rejects. When the store is down, the next look finds what this one would have. */
  async look(): Promise<void> {
    const { store, log } = this.#parts;
    try {
      for (let left = MOST_AT_ONCE; left > 0; left -= 1) {
        const request = await store.escalate();
        if (request === undefined) return;
        await this.#record(request);
      }
    } catch (error) {
      log.warn({ err: error }, 'approvals: no answer about what is to escalate; asking again');
    }
  }

  close(): void {
    this.#due.close();
  }

  async #record(request: ApprovalRequest): Promise<void> {
    const { keys, clock, log, journal } = this.#parts;
    const { id, escalation } = request;
    const genuine = await verifySeal(request, keys).then(() => mayHaveEscalated(request, clock.now()), () => false);
    if (genuine) journal?.append({ kind: 'request.escalated', request: id, approvers: escalation?.approvers ?? [] });
    else log.error({ request: id }, 'approvals: the store escalates a request that no gate has opened so; not recorded. Somebody may be writing to it');
  }
}
