/** A conversation with a real server in which a test says how each text runs for the agent. No session: what is sent is let through. */

import { starsOn } from '../support/veils.ts';
import type { Socket } from 'node:net';
import { applyEdits, type Edit } from '../../src/masking/substitution.ts';
import { type MaskedColumn, type MaskedRelation, Sight } from '../../src/masking/sight.ts';
import type { Veil } from '../../src/masking/veil.ts';
import { PostgresConversation } from '../../src/postgres/conversation.ts';
import type { Outcome, Statement, Step } from '../../src/protocol/statement.ts';
import type { SessionNameUse } from '../../src/sql/facts.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { frames, WireClient } from '../support/wire.ts';
import { trace } from '../support/wire-trace.ts';

export type VeilOf = (text: string) => Veil | undefined;

/** Splits bytes; the default is one piece. */
export type Chunking = (bytes: Buffer) => Iterable<Buffer>;

export const whole: Chunking = (bytes) => [bytes];
export const byByte: Chunking = (bytes) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

/** Pieces of 1 to 40 bytes, the same for the same seed. */
export const pieces = (seed: number): Chunking => function* cut(bytes) {
  let state = seed;
  for (let at = 0; at < bytes.length;) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    const end = at + 1 + (state >> 8) % 40;
    yield bytes.subarray(at, end);
    at = end;
  }
};

export const column = (name: string, number: number, more: Partial<MaskedColumn> = {}): MaskedColumn =>
  ({ name, number, type: 'text', mask: 'redact', sql: ["'***'::text"], hideNulls: false, filtered: 'equality', derived: 'mask', copied: 'hold', ...starsOn(more.type ?? 'text'), ...more });

export const sightOf = (...relations: MaskedRelation[]): Sight => new Sight({ key: JSON.stringify(relations), relations });

/** The form of a text in which the first `from` is replaced. */
export function form(text: string, ...replacements: readonly (readonly [string, string])[]): { text: string; edits: Edit[] } {
  const edits = replacements.map(([from, to]): Edit => {
    const start = text.indexOf(from);
    return { start, end: start + from.length, text: to };
  });
  return { text: applyEdits(text, edits), edits };
}

/** What the judge would find, for the plain texts of these tests. */
const namesIn = (text: string): SessionNameUse[][] => text.split(';').map((command): SessionNameUse[] => {
  const [, verb = '', name = '', prepared = ''] = /^\s*(prepare|deallocate|declare|close) (\w+)(?: as (.*))?/s.exec(command) ?? [];
  if (verb === 'prepare') return [{ use: 'prepare', name, text: prepared }];
  if (verb === 'declare') return [{ use: 'declare', name, hold: false }];
  return verb === 'deallocate' || verb === 'close' ? [{ use: verb, name }] : [];
});

export class Veiled {
  readonly machine: PostgresConversation;
  readonly ended: Outcome[] = [];
  /** Lines of what the client got. */
  readonly lines: string[] = [];
  /** All bytes the client got. */
  bytes: Buffer = Buffer.alloc(0);
  /** All bytes the server got. */
  sent: Buffer = Buffer.alloc(0);
  veilOf: VeilOf;
  chunking: Chunking = whole;
  failure: unknown;
  readonly #socket: Socket;
  #read = 0;
  #ready = 0;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, veilOf: VeilOf, messageBytes: number) {
    this.#socket = socket;
    this.veilOf = veilOf;
    this.machine = new PostgresConversation({ messageBytes, statementBytes: 1 << 20 }, {
      completed: () => undefined,
      ended: (_: Statement, outcome) => this.ended.push(outcome),
      ready: () => undefined,
      reset: () => undefined,
      setting: () => undefined,
    });
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => this.#guard(() => {
      for (const piece of this.chunking(chunk)) {
        // As a wire's buffer, it isn't valid any more after the call.
        const lent = Buffer.from(piece);
        this.machine.reply(lent);
        this.#deliver();
        lent.fill(0x21);
        this.#pump();
      }
    }));
  }

  static async open({ host, port }: TestPostgres, veilOf: VeilOf, messageBytes = 1 << 20): Promise<Veiled> {
    const client = await WireClient.login({ host, port, user: 'postgres', password: 'test-superuser', database: 'postgres' });
    return new Veiled(client.socket, veilOf, messageBytes);
  }

  /** Sends the messages; lines of what comes up to the answers of all Query and Sync among them (or `ready` of them). */
  async ask(...messages: readonly Uint8Array[]): Promise<string[]> {
    this.lines.length = 0;
    this.#ready = 0;
    const wanted = messages.filter(([type]) => type === 0x51 || type === 0x53).length;
    this.#guard(() => {
      for (const piece of this.chunking(Buffer.concat(messages))) {
        this.machine.receive(piece);
        this.#pump();
        this.machine.keep();
      }
    });
    const late = setTimeout(() => this.#fail(new Error(`nothing more came after ${this.lines.join('\n')}`)), 10_000);
    while (this.#ready < wanted && this.failure === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(late);
    if (this.failure !== undefined) throw this.failure;
    return [...this.lines];
  }

  query(text: string): Promise<string[]> {
    return this.ask(frames.query(text));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** What the session does before a step is forwarded. */
  veil(step: Step): void {
    for (const { source } of step.prepares) source.veil = this.veilOf(source.text);
    for (const statement of step.statements) statement.veil = this.veilOf(statement.source.text);
  }

  #pump(): void {
    for (let step = this.machine.next(); step !== undefined && step !== 'unsettled'; step = this.machine.next()) {
      this.veil(step);
      for (const statement of step.statements) statement.names = namesIn(statement.source.text);
      if (step.refusal === undefined) this.machine.forward(step);
      else this.machine.refuse(step, -1, step.refusal);
    }
    const out = this.machine.toDatabase.take();
    this.machine.sent();
    if (out.length === 0) return;
    const bytes = Buffer.concat(out);
    this.sent = Buffer.concat([this.sent, bytes]);
    this.#socket.write(bytes);
  }

  #deliver(): void {
    const out = this.machine.toClient.take();
    if (out.length === 0) return;
    this.bytes = Buffer.concat([this.bytes, ...out]);
    while (this.bytes.length - this.#read >= 5) {
      const end = this.#read + 1 + this.bytes.readUInt32BE(this.#read + 1);
      if (end > this.bytes.length) break;
      const frame = this.bytes.subarray(this.#read, end);
      this.lines.push(trace('B', frame).slice(2));
      if (frame[0] === 0x5a) this.#ready++;
      this.#read = end;
    }
    this.#wake?.();
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.failure ??= error;
    this.#wake?.();
  }
}
