/** The client's packets, joined to the commands that are judged. Knows sequence ids, not what commands mean. */

import { Malformed } from '../framing/malformed.ts';
import { FrameScanner } from '../framing/scanner.ts';
import { Refused } from '../protocol/refusal.ts';
import type { AskedUser } from './change-user.ts';
import { HEADER_BYTES, MAX_PAYLOAD, PacketTooLarge, payloadBytes, sequenceOf } from './packets/frame.ts';

/** One whole packet: `bytes[start, end)`, owned. */
export interface Frame {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * A part of the conversation:
 * - `command`: one command, of as many packets as its payload needs
 * - `answer`: what the client says to a question of ours within a command
 * - `data`: (a piece of) a packet of the file that LOAD DATA LOCAL asked for; `ends` with the empty packet
 */
export type Part =
  | { readonly kind: 'command'; readonly frames: readonly Frame[]; readonly payload: Buffer; readonly size: number }
  | { readonly kind: 'answer'; readonly frames: readonly Frame[]; readonly payload: Buffer; readonly size: number; readonly asked: AskedUser }
  | { readonly kind: 'data'; bytes: Buffer; readonly size: number; owned: boolean; /** Does a packet begin here? */ readonly begins: boolean; readonly ends: boolean };

export interface InboxLimits {
  readonly messageBytes: number;
}

const NO_FRAMES: readonly Frame[] = [];

export class Inbox {
  readonly #scanner: FrameScanner;
  readonly #limit: number;
  #parts: Part[] = [];
  /** Packets of a command whose last one hasn't come. */
  #frames: readonly Frame[] = NO_FRAMES;
  #frameBytes = 0;
  #partBytes = 0;
  #sequence = 0;
  #fileEnd = 0;
  /** What the client was asked, whose next packet is the answer. */
  #asked: AskedUser | undefined;
  /** Does the client send a file? Its packets aren't commands, whatever they hold. */
  #file = false;
  /** Was the last packet of the file one of the largest size, which the next one goes on with? */
  #fileGoesOn = false;
  /** The chunk being received and, once a packet of it must outlive the call, its copy. */
  #chunk: Buffer | undefined;
  #copy: Buffer | undefined;

  constructor({ messageBytes }: InboxLimits) {
    this.#limit = messageBytes;
    this.#scanner = new FrameScanner({
      headerBytes: HEADER_BYTES,
      size: (bytes, at) => HEADER_BYTES + this.#allowed(payloadBytes(bytes, at)),
      whole: () => !this.#file,
    }, {
      frame: (bytes, start, end) => this.#frame(bytes, start, end),
      piece: (bytes, start, end, first, last) => this.#piece(bytes, start, end, first, last),
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
      if (!(error instanceof PacketTooLarge)) throw error;
      throw new Refused({ code: 'too_large', message: error.message, detail: { limit: 'limits.message', bytes: error.limit }, hint: 'Send less in one command, or raise limits.message in the proxy\'s configuration.' });
    } finally {
      this.#chunk = undefined;
      this.#copy = undefined;
    }
  }

  /**
   * The database has asked for a file: what comes next from the client is that file. Throws Malformed when the client has
   * sent commands meanwhile, which the database would take for the file.
   * @param sequence id of the first packet
   */
  expectFile(sequence: number): void {
    if (this.backlog > 0) throw new Malformed('a command came where the file was due that the database asked for');
    this.#file = true;
    this.#fileGoesOn = false;
    this.#sequence = sequence & 0xff;
  }

  /**
   * The client was asked something: what comes next is the answer. Throws Malformed when it has sent commands meanwhile.
   * @param sequence id of the answer
   */
  expectAnswer(asked: AskedUser, sequence: number): void {
    if (this.backlog > 0) throw new Malformed('a command came where an answer was due');
    this.#asked = asked;
    this.#sequence = sequence & 0xff;
  }

  /** Sequence id that the client awaits behind the answer that is due; 0 when none is. */
  get behindAnswer(): number {
    return this.#asked === undefined ? 0 : (this.#sequence + 1) & 0xff;
  }

  /** Id of the packet that ended the last file. */
  get fileEnd(): number {
    return this.#fileEnd;
  }

  /** Copies file data that still points into the last chunk. */
  keep(): void {
    for (const part of this.#parts) {
      if (part.kind !== 'data' || part.owned) continue;
      part.bytes = Buffer.from(part.bytes);
      part.owned = true;
    }
  }

  #allowed(payload: number): number {
    const size = this.#file ? 0 : this.#frameBytes + payload;
    if (size > this.#limit) throw new PacketTooLarge(size, this.#limit);
    return payload;
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    this.#inOrder(bytes, start);
    const payload = end - start - HEADER_BYTES;
    const frame: Frame = { bytes: this.#own(bytes), start, end };
    this.#frames = this.#frames.length === 0 ? [frame] : [...this.#frames, frame];
    this.#frameBytes += end - start;
    if (payload === MAX_PAYLOAD) return;
    const whole = { frames: this.#frames, payload: joined(this.#frames), size: this.#frameBytes };
    this.#add(this.#asked === undefined ? { kind: 'command', ...whole } : { kind: 'answer', asked: this.#asked, ...whole });
    this.#asked = undefined;
    this.#frames = NO_FRAMES;
    this.#frameBytes = 0;
    this.#sequence = 0;
  }

  #piece(bytes: Buffer, start: number, end: number, first: boolean, last: boolean): void {
    let ends = false;
    if (first) {
      this.#inOrder(bytes, start);
      const payload = payloadBytes(bytes, start);
      ends = payload === 0 && !this.#fileGoesOn;
      this.#fileGoesOn = payload === MAX_PAYLOAD;
    }
    this.#add({ kind: 'data', bytes: bytes.subarray(start, end), size: end - start, owned: bytes !== this.#chunk, begins: first, ends: ends && last });
    if (!ends) return;
    this.#file = false;
    this.#fileEnd = this.#sequence - 1;
    this.#sequence = 0;
  }

  /** Server: ER_NET_PACKETS_OUT_OF_ORDER, which ends the connection there, too. */
  #inOrder(bytes: Buffer, start: number): void {
    const sequence = sequenceOf(bytes, start);
    if (sequence !== this.#sequence) throw new Malformed(`packet ${sequence} came where ${this.#sequence} was due`);
    this.#sequence = (sequence + 1) & 0xff;
  }

  /** A packet that the scanner collected is ours already; one that lies in the chunk lives on in the chunk's copy, made once. */
  #own(bytes: Buffer): Buffer {
    if (bytes !== this.#chunk) return bytes;
    this.#copy ??= Buffer.from(bytes);
    return this.#copy;
  }

  #add(part: Part): void {
    this.#parts.push(part);
    this.#partBytes += part.size;
  }
}

/** Sequence id of what answers the part. */
export function sequenceBehind(part: Part): number {
  const last = part.kind === 'data' ? undefined : part.frames.at(-1);
  return last === undefined ? 0 : (sequenceOf(last.bytes, last.start) + 1) & 0xff;
}

/** The payload of all packets; a view when there is only one. */
export function joined(frames: readonly Frame[]): Buffer {
  const payloads = frames.map(({ bytes, start, end }) => bytes.subarray(start + HEADER_BYTES, end));
  return payloads.length === 1 ? (payloads[0] as Buffer) : Buffer.concat(payloads);
}
