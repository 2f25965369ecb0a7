/**
 * Cuts a byte stream into frames, whatever the chunking. Knows no protocol and does no I/O.
 *
 * Two kinds of frames: those that must be seen whole are collected (their size is bounded by the format
 * before memory is spent), the others are handed on piece by piece as they arrive, without a copy.
 */

/** What a protocol's frames look like. */
export interface FrameFormat {
  /** Bytes needed before `size` can be asked. */
  readonly headerBytes: number;
  /**
   * Size of the whole frame in bytes, header included.
   * Throws Malformed for a length that can't be, or that is over the limit of its kind.
   */
  size(bytes: Buffer, at: number): number;
  /** Must this frame be handed on in one piece? */
  whole(bytes: Buffer, at: number, size: number): boolean;
}

export interface FrameSink {
  /** A whole frame: `bytes[start, end)`. The bytes are only valid during the call unless `retain` says otherwise. */
  frame(bytes: Buffer, start: number, end: number): void;
  /**
   * A piece of a frame that needn't be whole. The first piece holds at least the header.
   * @param first is this the frame's first piece
   * @param last is it the frame's last one (a frame in one chunk is both)
   */
  piece(bytes: Buffer, start: number, end: number, first: boolean, last: boolean): void;
  /**
   * Takes a run of frames that lie whole in the bytes, at once: rows come by the million. Asked where a frame begins.
   * @returns where the run ends; `start` when it takes none, and each is handed on by itself
   */
  run?(bytes: Buffer, start: number): number;
}

const NOTHING = Buffer.alloc(0);

export class FrameScanner {
  readonly #format: FrameFormat;
  readonly #sink: FrameSink;
  /** Bytes of a frame whose header, or (if it must be whole) body, isn't complete yet. */
  #held: Buffer = NOTHING;
  #heldBytes = 0;
  /** Size of the frame in `#held` once its header is known, else 0. */
  #wanted = 0;
  /** Bytes still to come of a frame that is handed on in pieces. */
  #streaming = 0;
  #stopped = false;
  /** What came behind the stop, or was stopped at. */
  #dammed: Buffer[] = [];

  constructor(format: FrameFormat, sink: FrameSink) {
    this.#format = format;
    this.#sink = sink;
  }

  /** Is the stream between two frames? Only there may bytes of our own be put in. */
  get atBoundary(): boolean {
    return this.#streaming === 0;
  }

  /** Bytes kept back because their frame isn't complete. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** @param chunk may be reused by the caller after the call: what is kept is copied. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#streaming > 0) at = this.#stream(chunk, at);
      else if (this.#heldBytes > 0) at = this.#complete(chunk, at);
      else at = this.#scan(chunk, at);
    }
    if (at < chunk.length) this.#dammed.push(Buffer.from(chunk.subarray(at)));
  }

  /** To be called by the sink while it is given a frame, or the first piece of one: it doesn't take it, and nothing else comes before `resume`. */
  stop(): void {
    this.#stopped = true;
  }

  /** Goes on with the frame at which it was stopped. */
  resume(): void {
    const dammed = this.#dammed;
    this.#dammed = [];
    this.#stopped = false;
    if (dammed.length > 0) this.push(dammed.length === 1 ? (dammed[0] as Buffer) : Buffer.concat(dammed));
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  #stream(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#streaming);
    this.#streaming -= end - at;
    this.#sink.piece(chunk, at, end, false, this.#streaming === 0);
    return end;
  }

  /** The fast path: as many frames as lie whole in the chunk, without a copy. */
  #scan(chunk: Buffer, start: number): number {
    const { headerBytes } = this.#format;
    let at = this.#sink.run?.(chunk, start) ?? start;
    while (chunk.length - at >= headerBytes) {
      const size = this.#format.size(chunk, at);
      const end = at + size;
      const whole = this.#format.whole(chunk, at, size);
      if (end <= chunk.length) {
        if (whole) this.#sink.frame(chunk, at, end);
        else this.#sink.piece(chunk, at, end, true, true);
        if (this.#stopped) return this.#leave(at);
        at = this.#sink.run?.(chunk, end) ?? end;
        continue;
      }
      if (whole) break;
      this.#streaming = end - chunk.length;
      this.#sink.piece(chunk, at, chunk.length, true, false);
      return this.#stopped ? this.#leave(at) : chunk.length;
    }
    if (at < chunk.length) this.#hold(chunk.subarray(at));
    return chunk.length;
  }

  /** Adds to the frame in `#held` until its header, then (if it must be whole) its body is there. */
  #complete(chunk: Buffer, at: number): number {
    const target = this.#wanted || this.#format.headerBytes;
    const end = Math.min(chunk.length, at + target - this.#heldBytes);
    this.#hold(chunk.subarray(at, end));
    if (this.#heldBytes < target) return end;
    const held = this.#held.subarray(0, this.#heldBytes);
    if (this.#wanted === 0) {
      const size = this.#format.size(held, 0);
      if (this.#format.whole(held, 0, size) && size > held.length) {
        this.#wanted = size;
        return end;
      }
      this.#release();
      this.#streaming = size - held.length;
      if (this.#streaming === 0 && this.#format.whole(held, 0, size)) this.#sink.frame(held, 0, held.length);
      else this.#sink.piece(held, 0, held.length, true, this.#streaming === 0);
    } else {
      this.#release();
      this.#sink.frame(held, 0, held.length);
    }
    if (this.#stopped) this.#dammed.push(held);
    return this.#stopped ? this.#leave(end) : end;
  }

  /** Nothing of the frame was taken. @returns where the bytes behind begin */
  #leave(at: number): number {
    this.#streaming = 0;
    return at;
  }

  /** Copies into one growing buffer: a peer that sends byte by byte costs no more than its bytes. */
  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const needed = this.#heldBytes + bytes.length;
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(this.#held.length * 2, this.#wanted), 32));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldBytes);
    this.#heldBytes = needed;
    if (this.#wanted === 0 && needed > this.#format.headerBytes) this.#wanted = this.#format.size(this.#held, 0);
  }

  #release(): void {
    this.#held = NOTHING;
    this.#heldBytes = 0;
    this.#wanted = 0;
  }
}
