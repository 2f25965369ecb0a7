/** The client's messages, cut into the parts that are judged together. Knows frames, not what statements mean. */

import { FrameScanner } from '../framing/scanner.ts';
import { Malformed } from '../framing/malformed.ts';
import { Refused } from '../protocol/refusal.ts';
import { Frontend, frontendFormat, MessageTooLarge } from './messages/frame.ts';

/** One whole message: `bytes[start, end)`, owned. */
export interface Frame {
  readonly type: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * A part of the conversation:
 * - `query`: one Query message
 * - `segment`: messages of the extended protocol up to a Sync or Flush, or up to where waiting for one would need too much memory
 * - `data`: (a piece of) a COPY message, which runs nothing; CopyDone and CopyFail end the data
 * - `terminate`
 */
export type Part =
  | { readonly kind: 'query'; readonly frames: readonly Frame[]; readonly size: number }
  | { readonly kind: 'segment'; readonly frames: readonly Frame[]; readonly size: number; readonly sync: boolean }
  | { readonly kind: 'data'; bytes: Buffer; readonly size: number; owned: boolean; readonly ends: boolean }
  | { readonly kind: 'terminate'; readonly frames: readonly Frame[]; readonly size: number };

export interface InboxLimits {
  readonly messageBytes: number;
}

/** A segment is judged and forwarded in parts when it grows beyond this: a pipeline of a million rows mustn't wait for its Sync in memory. */
const SEGMENT_BYTES = 1024 * 1024;

export class Inbox {
  readonly #scanner: FrameScanner;
  #parts: Part[] = [];
  #frames: Frame[] = [];
  #frameBytes = 0;
  #partBytes = 0;
  /** The chunk being received and, once a frame of it must outlive the call, its copy. */
  #chunk: Buffer | undefined;
  #copy: Buffer | undefined;

  constructor(limits: InboxLimits) {
    this.#scanner = new FrameScanner(frontendFormat(limits), {
      frame: (bytes, start, end) => this.#frame(bytes, start, end),
      piece: (bytes, start, end) => this.#data(bytes, start, end, false),
    });
  }

  /** Bytes that wait here. */
  get backlog(): number {
    return this.#partBytes + this.#frameBytes + this.#scanner.heldBytes;
  }

  get head(): Part | undefined {
    return this.#parts[0];
  }

  shift(): void {
    const part = this.#parts.shift();
    if (part) this.#partBytes -= part.size;
  }

  /** Throws Malformed or Refused; the connection can't go on then. */
  receive(chunk: Buffer): void {
    this.#chunk = chunk;
    try {
      this.#scanner.push(chunk);
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      throw new Refused({ code: 'too_large', message: error.message, detail: { limit: 'limits.message', bytes: error.limit }, hint: 'Send less in one message, or raise limits.message in the proxy\'s configuration.' });
    } finally {
      this.#chunk = undefined;
      this.#copy = undefined;
    }
  }

  /** Copies COPY data that still points into the last chunk. */
  keep(): void {
    for (const part of this.#parts) {
      if (part.kind !== 'data' || part.owned) continue;
      part.bytes = Buffer.from(part.bytes);
      part.owned = true;
    }
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start] as number;
    if (type === Frontend.CopyDone || type === Frontend.CopyFail) {
      this.#data(bytes, start, end, true);
      return;
    }
    const frame: Frame = { type, bytes: this.#own(bytes), start, end };
    switch (type) {
      case Frontend.Query:
        this.#closeSegment(false);
        this.#add({ kind: 'query', frames: [frame], size: end - start });
        return;
      case Frontend.Terminate:
        this.#closeSegment(false);
        this.#add({ kind: 'terminate', frames: [frame], size: end - start });
        return;
      case Frontend.Bind:
        // With the Execute that follows it, a Bind should be judged together; a run of Binds must end somewhere, too.
        if (this.#frameBytes > SEGMENT_BYTES) this.#closeSegment(false);
        this.#frames.push(frame);
        this.#frameBytes += end - start;
        return;
      case Frontend.Parse:
      case Frontend.Execute:
      case Frontend.Describe:
      case Frontend.Close:
        this.#frames.push(frame);
        this.#frameBytes += end - start;
        if (this.#frameBytes > SEGMENT_BYTES) this.#closeSegment(false);
        return;
      case Frontend.Flush:
      case Frontend.Sync:
        this.#frames.push(frame);
        this.#frameBytes += end - start;
        this.#closeSegment(type === Frontend.Sync);
        return;
      case Frontend.FunctionCall:
        throw new Refused({ code: 'unsupported', message: 'FunctionCall messages are not supported: what they run can\'t be judged', hint: 'Call the function in a SELECT.' });
      default:
        throw new Malformed(`message type ${type} is not one a client sends`);
    }
  }

  /** A frame that the scanner collected is ours already; one that lies in the chunk lives on in the chunk's copy, made once. */
  #own(bytes: Buffer): Buffer {
    if (bytes !== this.#chunk) return bytes;
    this.#copy ??= Buffer.from(bytes);
    return this.#copy;
  }

  #data(bytes: Buffer, start: number, end: number, ends: boolean): void {
    this.#closeSegment(false);
    this.#add({ kind: 'data', bytes: bytes.subarray(start, end), size: end - start, owned: bytes !== this.#chunk, ends });
  }

  #closeSegment(sync: boolean): void {
    if (this.#frames.length === 0) return;
    const part: Part = { kind: 'segment', frames: this.#frames, size: this.#frameBytes, sync };
    this.#frames = [];
    this.#frameBytes = 0;
    this.#add(part);
  }

  #add(part: Part): void {
    this.#parts.push(part);
    this.#partBytes += part.size;
  }
}
