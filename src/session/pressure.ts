/** Neither side is read further than the other one takes, and what all sessions together keep back has a limit. */

import type { Wire } from '../net/wire.ts';
import type { Conversation } from '../protocol/conversation.ts';
import { Refused } from '../protocol/refusal.ts';
import type { BufferBudget } from './parts.ts';

/** Backlog in bytes at which the other side is made to wait. */
const HIGH_WATER = 256 * 1024;

export interface PressureParts {
  readonly client: Wire;
  readonly upstream: Wire;
  readonly conversation: Pick<Conversation, 'backlog' | 'waiting'>;
  readonly buffered: BufferBudget;
  /** Do rows wait for something else than the client? */
  readonly rows: { readonly waiting: boolean };
}

export class Pressure {
  readonly #parts: PressureParts;
  #kept = 0;

  constructor(parts: PressureParts) {
    this.#parts = parts;
  }

  /** Makes the client wait while too much of it waits here, and lets it go on when it doesn't any more. */
  onClient(): void {
    const { client, upstream, conversation } = this.#parts;
    if (conversation.backlog > HIGH_WATER && conversation.waiting) client.pause();
    else if (upstream.backlog > HIGH_WATER) client.pause();
    else client.resume();
  }

  /** The same of the database. */
  onDatabase(): void {
    const { client, upstream, rows } = this.#parts;
    if (rows.waiting || client.backlog > HIGH_WATER) upstream.pause();
    else upstream.resume();
  }

  /** Counts what is kept of the client's. Throws Refused where all sessions together keep too much. */
  account(): void {
    const { conversation: { backlog }, buffered } = this.#parts;
    const change = backlog - this.#kept;
    if (change === 0) return;
    this.#kept = backlog;
    if (!buffered.change(change) && backlog > HIGH_WATER) {
      throw new Refused({ code: 'too_large', message: 'the proxy\'s buffers are full', detail: { limit: 'limits.buffered' }, hint: 'Send less at once, or try again later.' });
    }
  }

  /** The session is over. */
  release(): void {
    this.#parts.buffered.change(-this.#kept);
    this.#kept = 0;
  }
}
