/** One webhook: what it is told, how it goes, and what was given up. */

import type { ApprovalRequest } from '../../approval/request.ts';
import type { ApprovalStore } from '../../approval/store.ts';
import { CLOCK_SKEW_MS } from '../../approval/verify.ts';
import type { WebhookConfig } from '../../config/config.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Deliveries } from './deliveries.ts';
import type { DeadLetter, DeliveriesParts } from './deliveries.ts';
import type { WebhookLog, WebhookMetrics } from './metrics.ts';
import { newsOf } from './news.ts';
import type { News } from './news.ts';

export interface WebhookStatus {
  readonly name: string;
  /** Scheme, host and port only: the rest may hold a secret. */
  readonly address: string;
  /** `elsewhere`: another replica sends. `disabled`: the receiver said 410 Gone. */
  readonly state: 'sending' | 'elsewhere' | 'disabled';
  readonly waiting: number;
  /** Since the start of this process. */
  readonly delivered: number;
  /** The last ones given up by this process, newest last. */
  readonly dead: readonly DeadLetter[];
}

export interface HookParts {
  readonly config: WebhookConfig;
  readonly store: Pick<ApprovalStore, 'bookmark'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: WebhookLog;
  readonly metrics: WebhookMetrics;
  readonly send: (config: WebhookConfig, news: News, ended: AbortSignal) => ReturnType<DeliveriesParts['send']>;
}

const MOST_DEAD = 100;
const REMEMBERED = 20_000;
/** Changes this close before the bookmark are looked at again: readers may see changes in another order than they came. */
const OVERLAP_MS = 30_000;

export class Hook {
  readonly #parts: HookParts;
  readonly #dead: DeadLetter[] = [];
  readonly #seen = new Set<string>();
  #deliveries: Deliveries | undefined;
  #disabled = false;
  #complete = false;
  #delivered = 0;
  #marked = 0;
  #newest = 0;
  /** What happened before this was told by whoever had the turn then. */
  #from = 0;

  constructor(parts: HookParts) {
    this.#parts = parts;
  }

  get status(): WebhookStatus {
    const { name, url } = this.#parts.config;
    return {
      name, address: new URL(url).origin, state: this.#disabled ? 'disabled' : this.#deliveries === undefined ? 'elsewhere' : 'sending',
      waiting: this.#deliveries?.waiting ?? 0, delivered: this.#delivered, dead: [...this.#dead],
    };
  }

  /** @returns since when changes have to be looked at, by the store's clock. Rejects when the store doesn't answer. */
  async begin(ended: AbortSignal): Promise<number> {
    const { config, store, clock, random, send } = this.#parts;
    const there = await store.bookmark(this.#bookmark);
    this.#marked = there === 0 ? await store.bookmark(this.#bookmark, clock.now()) : there;
    this.#newest = this.#marked;
    const since = this.#marked - OVERLAP_MS;
    this.#from = since - CLOCK_SKEW_MS;
    this.#deliveries = new Deliveries({
      clock, random, send: (news) => send(config, news, ended), gone: () => this.#disable(),
      told: (how, news, why) => this.#told(how, news, why),
    });
    return since;
  }

  /** The request as it is now. */
  offer(request: ApprovalRequest): void {
    if (this.#deliveries === undefined) return;
    this.#newest = Math.max(this.#newest, request.changedAt);
    if (this.#disabled) return;
    for (const news of newsOf(request)) {
      if (news.at < this.#from || !this.#parts.config.events.includes(news.type) || this.#seen.has(news.id)) continue;
      this.#remember(news.id);
      this.#deliveries.add(news, request.changedAt);
    }
  }

  /** All that has changed since `begin` said was offered. */
  caughtUp(): void {
    this.#complete = true;
  }

  /** Writes down how far everything is told. Rejects when the store doesn't answer. */
  async mark(): Promise<void> {
    if (!this.#complete) return;
    const told = this.#deliveries?.oldest() ?? this.#newest;
    if (told <= this.#marked) return;
    this.#marked = await this.#parts.store.bookmark(this.#bookmark, told);
  }

  /** Whoever has the turn next goes on from the bookmark. */
  async end(): Promise<void> {
    await this.mark().catch(() => {});
    this.#deliveries?.stop();
    this.#deliveries = undefined;
    this.#complete = false;
    this.#seen.clear();
  }

  get #bookmark(): string {
    return `webhook:${this.#parts.config.name}`;
  }

  #told(how: 'delivered' | 'failed' | 'dead', news: News, why: string): void {
    const { config: { name }, log, metrics, clock } = this.#parts;
    metrics.told(name, how);
    if (how === 'delivered') this.#delivered += 1;
    const line = { webhook: name, event: news.id, request: news.request, why };
    if (how === 'failed') log.warn(line, 'webhook: not delivered yet; trying again');
    if (how !== 'dead') return;
    log.error(line, 'webhook: given up');
    this.#dead.push({ news, why, at: clock.now() });
    if (this.#dead.length > MOST_DEAD) this.#dead.shift();
  }

  #disable(): void {
    this.#disabled = true;
    this.#parts.log.error({ webhook: this.#parts.config.name }, 'webhook: the receiver answered 410 Gone, so it is told nothing more until a restart');
    this.#deliveries?.abandon('the receiver answered 410 Gone');
  }

  #remember(id: string): void {
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }
}
