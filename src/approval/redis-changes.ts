import type { Logger } from 'pino';
import type { Clock } from '../runtime/clock.ts';
import type { RedisConnections } from './redis-connection.ts';
import { REQUEST_STATES } from './request.ts';
import type { RequestState } from './request.ts';
import { SHELVES } from './store.ts';
import type { Shelf, StoreListener } from './store.ts';

/** How often the way through Redis to ourselves is tried out. */
const BEAT_MS = 10_000;

interface ChangesOptions {
  readonly connections: RedisConnections;
  readonly channel: string;
  /** Unique among the processes on the channel. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  readonly listener: StoreListener;
}

/**
 * The subscription. Messages may get lost with a connection, so each new subscription is followed by a resync; and a
 * connection can die without a sign, so we send ourselves a message now and then and reconnect when it doesn't arrive.
 */
export class Changes {
  readonly #options: ChangesOptions;
  #timer: { cancel(): void } | undefined;
  #heard = true;
  #closed = false;

  constructor(options: ChangesOptions) {
    this.#options = options;
    const { changes } = options.connections;
    changes.on('message', (_channel: string, message: string) => this.#take(message));
    changes.on('ready', () => void this.#subscribe());
    if (changes.status === 'ready') void this.#subscribe();
    this.#beatLater();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #subscribe(): Promise<void> {
    const { connections, channel, listener } = this.#options;
    try {
      await connections.changes.subscribe(channel);
      this.#heard = true;
      if (!this.#closed) listener.resync();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'approvals: Redis subscription');
      this.#heard = false;
    }
  }

  #take(message: string): void {
    const [id = '', state = ''] = message.split(' ');
    if (id === this.#options.name) this.#heard = true;
    else if (SHELVES.includes(id as Shelf)) this.#options.listener.recorded?.(id as Shelf);
    else if (REQUEST_STATES.includes(state as RequestState)) this.#options.listener.changed(id, state as RequestState);
  }

  #beatLater(): void {
    this.#timer = this.#options.clock.after(BEAT_MS, () => this.#beat());
  }

  #beat(): void {
    const { connections, channel, name } = this.#options;
    if (!this.#heard) connections.changes.disconnect(true);
    this.#heard = false;
    // While the server is down both connections know, and reconnect by themselves.
    connections.commands.publish(channel, `${name} beat`).catch(() => { this.#heard = true; });
    this.#beatLater();
  }
}
