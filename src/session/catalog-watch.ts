/** Notices that others have changed a database's catalog: asks for its mark every two seconds, and has the catalog read when it is another one. */

import type { ChangeMark } from '../protocol/change-mark.ts';
import type { Clock } from '../runtime/clock.ts';

const MARK_MS = 2_000;
/** A mark may miss a change: so often the catalog is read anyway. */
const READ_MS = 60_000;
/** Where the catalog changes all the time (temporary tables, for instance), reading it takes about this share of the time at most. */
const SHARE = 1 / 5;

export interface CatalogWatchOptions {
  readonly mark: ChangeMark;
  readonly clock: Clock;
  /** Reads the catalog. Resolves when that is done, or has failed. */
  readonly look: () => Promise<void>;
}

export class CatalogWatch {
  readonly #options: CatalogWatchOptions;
  #mark: string | undefined;
  #readAt: number;
  /** When the catalog is read whatever the mark says. Soon after a change, then less and less: what was counted when it began may end later. */
  #readAfterMs = READ_MS;
  #timer: { cancel(): void } | undefined;
  #closed = false;

  constructor(options: CatalogWatchOptions) {
    this.#options = options;
    this.#readAt = options.clock.monotonic();
    this.#again(MARK_MS);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    return this.#options.mark.close();
  }

  #again(ms: number): void {
    if (!this.#closed) this.#timer = this.#options.clock.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { clock } = this.#options;
    // A database that can't be asked is full or restarting: sessions find out by themselves.
    const mark = await this.#options.mark.read().catch(() => this.#mark);
    if (this.#closed) return;
    const changed = mark !== this.#mark;
    const begun = clock.monotonic();
    if (!changed && begun - this.#readAt < this.#readAfterMs) return this.#again(MARK_MS);
    this.#mark = mark;
    this.#readAt = begun;
    this.#readAfterMs = changed ? MARK_MS : Math.min(this.#readAfterMs * 2, READ_MS);
    await this.#options.look();
    this.#again(Math.max(MARK_MS, (clock.monotonic() - begun) / SHARE));
  }
}
