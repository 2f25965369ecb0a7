/**
 * Socket Mode: presses arrive over a WebSocket we open, so nothing of ours need be reachable from outside.
 *
 * The library's own reconnecting is off: when Slack can't be reached while it reconnects it leaves a rejected promise
 * behind, which ends the process. So the loop is ours.
 */

import { SocketModeReceiver } from '@slack/bolt';
import type { Clock } from '../../runtime/clock.ts';
import { Backoff } from '../backoff.ts';
import { slackLogger } from './log.ts';
import type { Log } from '../log.ts';
import { clientOptions } from './web.ts';

/** From asking for an address to Slack's hello. */
const CONNECT_MS = 30_000;

export interface SocketParts {
  readonly appToken: string;
  readonly apiUrl?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each time the connection was made. */
  readonly connected: () => void;
}

export class SlackSocket {
  /** For Bolt's App; it must not be started by it. */
  readonly receiver: SocketModeReceiver;
  readonly #parts: SocketParts;
  readonly #backoff: Backoff;
  #running: Promise<void> | undefined;
  readonly #ending = new AbortController();

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.clock, this.#ending.signal);
    this.receiver = new SocketModeReceiver({
      appToken: parts.appToken, autoReconnectEnabled: false, logger: slackLogger(parts.log),
      installerOptions: { clientOptions: clientOptions(parts.apiUrl, parts.log) },
    });
  }

  /** Connects and stays connected, in the background. */
  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#hangUp();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      try {
        await this.#oneConnection();
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'slack: no Socket Mode connection; trying again');
      }
      await this.#backoff.wait();
    }
  }

  /** From connecting to the end of it. The end is listened for before connecting, so that none is missed. */
  async #oneConnection(): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const { client } = this.receiver;
    client.once('disconnected', ended.resolve);
    try {
      await this.#connect();
      this.#backoff.reset();
      this.#parts.connected();
      await ended.promise;
    } finally {
      client.off('disconnected', ended.resolve);
    }
  }

  async #connect(): Promise<void> {
    const tooLong = this.#parts.clock.after(CONNECT_MS, () => this.#hangUp());
    try {
      await this.receiver.client.start();
    } finally {
      tooLong.cancel();
    }
    if (this.#ending.signal.aborted) this.#hangUp();
  }

  /** Closing waits for the other side's close frame; nobody needs to wait for that here. */
  #hangUp(): void {
    this.receiver.client.disconnect().catch(() => {});
  }
}
