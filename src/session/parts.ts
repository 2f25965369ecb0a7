/** What a session is made of, passed in by the composition root. */

import type { Logger } from 'pino';
import type { Approvals } from '../approval/request.ts';
import type { Config } from '../config/config.ts';
import type { Journal } from '../journal/events.ts';
import type { Policy } from '../policy/verdict.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SessionMetrics } from '../telemetry/metrics.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Cancellation } from '../sql/facts.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { Database } from './database.ts';
import type { LookupBudget } from './lookup-budget.ts';
import type { HourCounts } from './rows/hour-counts.ts';
import type { Session } from './session.ts';

/** A KILL that names its session. */
export interface Cancels extends Cancellation {
  readonly connection: number;
}

export interface SessionParts {
  readonly config: Config;
  readonly journal: Journal;
  readonly approvals: Approvals;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SessionMetrics;
  /** The policy in force now. */
  policy(): Policy;
  database(name: string): Database;
  /** Why this agent may not go on; undefined: it may. */
  frozen(agent: string): Refusal | undefined;
  /** Why nobody's statements may run just now (`approvals.store_down: refuse_all`); undefined: they may. */
  standstill(): Refusal | undefined;
  /** Cancels or ends another session of the same agent on the same database; false when it has no such session. */
  cancel(by: Session, wanted: Cancels): boolean;
  readonly lookups: LookupBudget;
  readonly hourCounts: HourCounts;
  /** Undefined: nobody collects spans. */
  readonly tracing?: Tracing | undefined;
  /** Bytes that all sessions together keep back. */
  readonly buffered: BufferBudget;
}

/** One count for all sessions of the process, so that many small buffers can't be one big one. */
export class BufferBudget {
  readonly #limit: number;
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns false when the change brings the sum over the limit */
  change(by: number): boolean {
    this.#bytes += by;
    return by <= 0 || this.#bytes <= this.#limit;
  }
}
