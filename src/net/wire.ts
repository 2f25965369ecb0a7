/**
 * One socket as the proxy uses it: bytes arrive by a synchronous callback, leave in one write per turn, and the
 * backlog is known, so that either side can be made to wait.
 */

import { Socket, type SocketConstructorOpts } from 'node:net';

export interface WireHandler {
  /** @param chunk only valid during the call, unless it (or a part of it) is written to a wire in it: written bytes are safe. */
  bytes(chunk: Buffer): void;
  /** The backlog is gone. */
  drained(): void;
  /** The peer is done sending. */
  ended(): void;
  /** Called once, last. */
  closed(error: Error | undefined): void;
}

export interface Wire {
  readonly remote: string;
  readonly encrypted: boolean;
  /** Bytes written that the operating system hasn't taken yet. */
  readonly backlog: number;
  /** From here on bytes are delivered. */
  start(handler: WireHandler): void;
  /** The buffers belong to the wire from here on. */
  write(buffers: readonly Buffer[]): void;
  /** Stop reading from the peer, until `resume`. */
  pause(): void;
  resume(): void;
  /** Sends what is left, then closes. */
  end(): void;
  destroy(error?: Error): void;
}

/** A plain socket reads into a buffer of its own: a small one, since most wait most of the time, and a large one while much comes. */
const SMALL_BYTES = 4 * 1024;
const LARGE_BYTES = 64 * 1024;
/** Large ones that no socket has, for whoever needs one next. */
const SPARE: Buffer[] = [];
const MOST_SPARE = 64;

/** Has anything been written since this was last false that the operating system hasn't taken yet? */
let leftBehind = false;

/**
 * The buffer for a socket's next read. No other socket ever reads into it: Node is given it before it is known which socket's bytes come next, and what
 * was written from it may wait for its peer while others go on.
 */
class ReadBuffer {
  #buffer: Buffer = Buffer.allocUnsafeSlow(SMALL_BYTES);
  #bytes = 0;
  #inUse = false;

  /** @param bytes that came into it; @param inUse a write may still point into it */
  delivered(bytes: number, inUse: boolean): void {
    this.#bytes = bytes;
    this.#inUse = inUse;
  }

  readonly next = (): Buffer => {
    const wanted = this.#wanted();
    if (this.#inUse || wanted !== this.#buffer.length) {
      if (!this.#inUse && this.#buffer.length === LARGE_BYTES && SPARE.length < MOST_SPARE) SPARE.push(this.#buffer);
      this.#buffer = (wanted === LARGE_BYTES ? SPARE.pop() : undefined) ?? Buffer.allocUnsafeSlow(wanted);
    }
    this.#bytes = 0;
    this.#inUse = false;
    return this.#buffer;
  };

  #wanted(): number {
    if (this.#bytes === this.#buffer.length) return LARGE_BYTES;
    return this.#bytes < SMALL_BYTES ? SMALL_BYTES : this.#buffer.length;
  }
}

/** A socket that is only connected, its handle not yet read by a stream of its own. */
interface HandleOwner {
  _handle: { reading: boolean; readStop(): void } | null;
}

/**
 * Takes over an accepted plain socket: its handle moves to a socket that reads into buffers of ours.
 * Node offers `onread` only to the constructor (documentation, net.Socket `onread`), which a server's sockets don't pass through.
 */
export function plainWire(accepted: Socket): Wire {
  const owner = accepted as unknown as HandleOwner;
  const handle = owner._handle;
  const remote = remoteName(accepted);
  if (handle === null) throw new Error('the socket is closed already');
  handle.reading = false;
  handle.readStop();
  owner._handle = null;
  accepted.destroy();
  return new SocketWire(remote, false, (deliver) => {
    const read = new ReadBuffer();
    const onread = {
      buffer: read.next,
      callback: (bytes: number, buffer: Buffer): boolean => {
        leftBehind = false;
        const goOn = deliver(buffer.subarray(0, bytes));
        read.delivered(bytes, leftBehind);
        return goOn;
      },
    };
    const socket = new Socket({ handle, allowHalfOpen: true, onread } as unknown as SocketConstructorOpts);
    socket.setNoDelay(true);
    return socket;
  });
}

/** An ordinary stream as a wire: TLS sockets, whose bytes come decrypted in buffers of their own. */
export function streamWire(socket: Socket, encrypted: boolean): Wire {
  return new SocketWire(remoteName(socket), encrypted, () => socket);
}

export function remoteName(socket: Socket): string {
  return `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
}

class SocketWire implements Wire {
  readonly remote: string;
  readonly encrypted: boolean;
  readonly #socket: Socket;
  #handler: WireHandler | undefined;
  #error: Error | undefined;
  #paused = false;

  /** @param open the socket; it may give bytes to `deliver`, which says whether to go on reading, rather than as `data` */
  constructor(remote: string, encrypted: boolean, open: (deliver: (chunk: Buffer) => boolean) => Socket) {
    this.remote = remote;
    this.encrypted = encrypted;
    this.#socket = open((chunk) => this.#deliver(chunk));
    this.#socket.on('error', (error) => (this.#error = error));
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  start(handler: WireHandler): void {
    const socket = this.#socket;
    this.#handler = handler;
    socket.on('data', (chunk: Buffer) => void this.#deliver(chunk));
    socket.on('drain', () => this.#guard(() => handler.drained()));
    socket.on('end', () => this.#guard(() => handler.ended()));
    socket.on('close', () => handler.closed(this.#error));
    if (socket.destroyed) queueMicrotask(() => handler.closed(this.#error));
    else socket.resume();
  }

  write(buffers: readonly Buffer[]): void {
    const socket = this.#socket;
    if (buffers.length === 0 || !socket.writable) return;
    if (buffers.length === 1) socket.write(buffers[0] as Buffer);
    else {
      socket.cork();
      for (const buffer of buffers) socket.write(buffer);
      socket.uncork();
    }
    if (socket.writableLength > 0) leftBehind = true;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  end(): void {
    const socket = this.#socket;
    socket.end();
    // A peer that doesn't close its side after ours must not keep the socket for ever.
    const timer = setTimeout(() => socket.destroy(), 5_000);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #deliver(chunk: Buffer): boolean {
    this.#guard(() => this.#handler?.bytes(chunk));
    return !this.#paused;
  }

  /** An exception in a handler ends this connection and no other. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}
