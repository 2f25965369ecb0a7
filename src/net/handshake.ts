import type { Socket } from 'node:net';
import { Failure } from '../runtime/failure.ts';

export class HandshakeFailure extends Failure {}

/**
 * Reads a socket step by step before a session takes it over. Nothing is read ahead of what is asked for beyond
 * the stream's own buffer, so a flooding peer waits in the kernel.
 */
export class Handshake {
  readonly socket: Socket;
  readonly #signal: AbortSignal;
  #buffer: Buffer = Buffer.alloc(0);

  /** @param signal ends every wait; its reason is thrown. */
  constructor(socket: Socket, signal: AbortSignal) {
    this.socket = socket;
    this.#signal = signal;
    socket.pause();
  }

  /** Resolves with a view of the bytes that are there when at least `count` are; they stay. Throws HandshakeFailure('closed') when the peer is gone. */
  async peek(count: number): Promise<Buffer> {
    while (this.#buffer.length < count) {
      const chunk = await this.#chunk();
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    }
    return this.#buffer;
  }

  async take(count: number): Promise<Buffer> {
    await this.peek(count);
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }

  /** Bytes that have arrived but weren't taken. */
  get pending(): number {
    return this.#buffer.length + this.socket.readableLength;
  }

  /** Hands over what was read but not taken; the handshake is then over. */
  rest(): Buffer {
    const more = this.socket.readableLength > 0 ? (this.socket.read() as Buffer | null) : null;
    return more === null ? this.#buffer : Buffer.concat([this.#buffer, more]);
  }

  async #chunk(): Promise<Buffer> {
    for (;;) {
      this.#signal.throwIfAborted();
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.socket.readableEnded || this.socket.destroyed) throw new HandshakeFailure('closed', 'the connection was closed during the handshake');
      await this.#readable();
    }
  }

  #readable(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        for (const event of ['readable', 'end', 'close', 'error'] as const) socket.off(event, wake);
        this.#signal.removeEventListener('abort', abort);
      };
      const wake = (error?: unknown): void => {
        done();
        if (error instanceof Error) reject(new HandshakeFailure('closed', `the connection broke during the handshake: ${error.message}`, { cause: error }));
        else resolve();
      };
      const abort = (): void => {
        done();
        reject(this.#signal.reason as Error);
      };
      for (const event of ['readable', 'end', 'close', 'error'] as const) socket.on(event, wake);
      this.#signal.addEventListener('abort', abort);
    });
  }
}
