import type { Handshake } from '../net/handshake.ts';
import { Malformed } from '../framing/malformed.ts';
import { Command } from './packets/commands.ts';
import { HEADER_BYTES, MAX_PAYLOAD, packets, payloadBytes, sequenceOf } from './packets/frame.ts';

/** Packets to and fro on a socket that is read step by step: a login, or a question of our own. */
export class Exchange {
  readonly handshake: Handshake;
  readonly #limit: number;
  #sequence = 0;

  /** @param limit largest payload that is read, bytes; under 16 MiB - 1 */
  constructor(handshake: Handshake, limit: number, sequence = 0) {
    this.handshake = handshake;
    this.#limit = Math.min(limit, MAX_PAYLOAD - 1);
    this.#sequence = sequence;
  }

  /** Sequence id of the packet that is due next, whoever sends it. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Resolves with the next payload, a view. Throws Malformed for one over the limit or out of order. */
  async read(): Promise<Buffer> {
    const header = await this.handshake.peek(HEADER_BYTES);
    const length = payloadBytes(header, 0);
    if (length > this.#limit) throw new Malformed(`a packet of ${length} bytes`);
    const sequence = sequenceOf(header, 0);
    if (sequence !== this.#sequence) throw new Malformed(`packet ${sequence} came where ${this.#sequence} was due`);
    this.#sequence = (sequence + 1) & 0xff;
    return (await this.handshake.take(HEADER_BYTES + length)).subarray(HEADER_BYTES);
  }

  write(payload: Uint8Array): void {
    this.send((sequence) => packets(sequence, payload));
  }

  /** Sends one packet that is made with its sequence id. */
  send(make: (sequence: number) => Buffer): void {
    this.handshake.socket.write(make(this.#sequence));
    this.#sequence = (this.#sequence + 1) & 0xff;
  }

  /** Commands, each of which begins a new exchange; the answer to the first is read next. */
  command(...payloads: readonly Uint8Array[]): void {
    this.handshake.socket.write(Buffer.concat(payloads.map((payload) => packets(0, payload))));
    this.answerBegins();
  }

  /** Says goodbye, and closes once that is sent. */
  quit(): void {
    this.command(Buffer.of(Command.Quit));
    this.handshake.socket.destroySoon();
  }

  /** What is read next is the answer to the next command. */
  answerBegins(): void {
    this.#sequence = 1;
  }
}
