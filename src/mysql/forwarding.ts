/** A step that was let through: its command, or what runs in its place, on the way to the database; and what is expected for it. */

import type { Slices } from '../framing/slices.ts';
import type { Veil } from '../masking/veil.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Action, MysqlStep } from './analysis.ts';
import { withTypes } from './bound.ts';
import { type Expected, type ExpectedQueue, noProgress } from './expected.ts';
import { isPreparedAs, prepareAgain, preparedOtherwise, prepareFor, queryFor, type Sent } from './forms.ts';
import { type Frame, type Inbox, joined, type Part, sequenceBehind } from './inbox.ts';
import { HEADER_BYTES, packetCount, packets } from './packets/frame.ts';
import type { Prepared, PreparedStatements } from './prepared.ts';
import { renew } from './renewal.ts';
import { Reprepare } from './reprepare.ts';
import type { Replies } from './replies.ts';
import type { Tracked } from './tracked.ts';

export interface ForwardingParts {
  readonly limits: { readonly messageBytes: number };
  readonly prepared: PreparedStatements;
  readonly tracked: Tracked;
  readonly attributes: boolean;
  readonly inbox: Inbox;
  readonly replies: Replies;
  readonly expected: ExpectedQueue;
  readonly toDatabase: Slices;
}

type Execution = Action & { readonly kind: 'execute' };

export class Forwarding {
  readonly #parts: ForwardingParts;

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
  }

  forward(step: MysqlStep): void {
    const { part, action } = step;
    const { expected, prepared, limits, toDatabase } = this.#parts;
    if (part.kind === 'data') return this.#file(part);
    if (part.kind === 'answer') return renew(part, expected, toDatabase);
    switch (action.kind) {
      case 'nothing':
      case 'data':
      case 'answer':
        return;
      case 'long_data':
        // Beyond the limit nothing is kept: its execution is refused.
        if (action.prepared.longBytes <= limits.messageBytes) prepared.addLong(action.prepared, action.parameter, action.piece, part.frames);
        return;
      case 'close':
        prepared.close(action.prepared);
        return this.#addressed(part.frames, action.prepared.atServer.id);
      case 'quit':
        return this.#frames(part.frames);
      case 'query':
      case 'fields':
        return this.#send(step, queryFor(action.statement.veil, part.payload, this.#parts));
      case 'prepare':
        return this.#send(step, prepareFor(action.source, this.#parts.tracked));
      case 'execute':
        return this.#execute(step, action);
      case 'reset_statement':
        prepared.takeLong(action.prepared);
        action.prepared.cursor = undefined;
        return this.#send(step, undefined);
      case 'fetch':
      case 'ok':
      case 'reset':
      case 'text':
        return this.#send(step, undefined);
      case 'change_user': {
        const { sequence, shift } = numbering(step, 0);
        return expected.push({ ...action, sequence: sequence + shift, shift: 0 });
      }
    }
  }

  #send(step: MysqlStep, sent: Sent): void {
    if (sent !== undefined && !Buffer.isBuffer(sent)) return this.#unsent(step, sent);
    const { part, action } = step;
    if (part.kind === 'data') return;
    if (action.kind === 'prepare') this.#parts.prepared.begin();
    if (sent === undefined) {
      if ('prepared' in action) address(part.frames, action.prepared.atServer.id);
      this.#frames(part.frames);
    } else this.#parts.toDatabase.add(packets(0, sent));
    const expected = this.#expectation(step, sent === undefined ? part.frames.length : packetCount(sent.length));
    if (expected !== undefined) this.#parts.expected.push(expected);
  }

  /** It was let through, and the journal says so; the client is told why it didn't run all the same. */
  #unsent(step: MysqlStep, refusal: Refusal): void {
    const { action } = step;
    const ids = { sequence: sequenceBehind(step.part), shift: step.noticed };
    this.#parts.expected.push('statement' in action ? { kind: 'unsent', statement: action.statement, refusal, ...ids } : { kind: 'refused', refusal, ...ids });
  }

  #execute(step: MysqlStep, action: Execution): void {
    const { part } = step;
    if (part.kind === 'data') return;
    const { prepared, statement, types, bound } = action;
    const long = this.#parts.prepared.takeLong(prepared);
    prepared.types = types;
    const again = isPreparedAs(prepared, statement.veil) ? undefined : this.#again(prepared, statement.veil);
    if (again !== undefined && 'code' in again) return this.#unsent(step, again);
    prepared.running++;
    prepared.cursor = undefined;
    const unseen = !bound.typed && bound.typedAt >= 0 && types !== undefined && (again !== undefined || prepared.typesAtServer !== types);
    const typed = unseen ? withTypes(joined(part.frames), bound, types) : undefined;
    const send = (id: number): void => {
      for (const frames of long) this.#addressed(frames, id);
      typed?.writeUInt32LE(id, 1);
      if (typed === undefined) this.#addressed(part.frames, id);
      else this.#parts.toDatabase.add(packets(0, typed));
      prepared.typesAtServer = types;
    };
    if (again === undefined) send(prepared.atServer.id);
    else new Reprepare(prepared, statement, send).begin(again.payload, again.databases, this.#parts.expected, this.#parts.toDatabase);
    const expected = this.#expectation(step, typed === undefined ? part.frames.length : packetCount(typed.length));
    if (expected !== undefined) this.#parts.expected.push(expected);
  }

  /** What prepares it as it is to run now: its names are looked up in the default database of then. */
  #again({ source, database }: Prepared, veil: Veil | undefined): { readonly payload: Buffer; readonly databases: readonly [Buffer, Buffer] | undefined } | Refusal {
    const { tracked } = this.#parts;
    const payload = prepareAgain(source, veil, tracked);
    if (!Buffer.isBuffer(payload)) return payload;
    const now = tracked.database;
    if (now === database) return { payload, databases: undefined };
    const [own, session] = [database, now].map((name) => tracked.decoder.encode(name));
    // There is no way back to having no default database.
    return database === '' || now === '' || own === undefined || session === undefined ? preparedOtherwise : { payload, databases: [own, session] };
  }

  /** @param count packets that the database got for it */
  #expectation(step: MysqlStep, count: number): Expected | undefined {
    const { action } = step;
    const ids = numbering(step, count);
    switch (action.kind) {
      case 'query':
      case 'fields':
        return { kind: action.kind, statement: action.statement, progress: noProgress(), ...ids };
      case 'execute':
        return { kind: 'query', statement: action.statement, progress: noProgress(), prepared: action.prepared, ...ids };
      case 'fetch':
        return { kind: 'fetch', statement: action.statement, progress: noProgress(), prepared: action.prepared, ...ids };
      case 'prepare':
        return { kind: 'prepare', source: action.source, lexing: this.#parts.tracked.lexing, database: this.#parts.tracked.database, veil: action.source.veil, ...ids };
      case 'reset_statement':
        return { kind: 'ok', ...ids };
      case 'ok':
      case 'reset':
      case 'text':
        return { kind: action.kind, ...ids };
      case 'change_user':
      case 'close':
      case 'quit':
      case 'data':
      case 'answer':
      case 'nothing':
      case 'long_data':
        return undefined;
    }
  }

  #file(part: Part & { readonly kind: 'data' }): void {
    const { expected, toDatabase, replies, inbox } = this.#parts;
    const shift = expected.head?.shift ?? 0;
    if (shift === 0 || !part.begins) toDatabase.add(part.bytes);
    else {
      const bytes = Buffer.from(part.bytes);
      bytes[3] = ((bytes[3] as number) - shift) & 0xff;
      toDatabase.add(bytes);
    }
    if (part.ends) replies.fileSent(inbox.fileEnd);
  }

  #addressed(frames: readonly Frame[], id: number): void {
    address(frames, id);
    this.#frames(frames);
  }

  #frames(frames: readonly Frame[]): void {
    for (const { bytes, start, end } of frames) this.#parts.toDatabase.range(bytes, start, end);
  }
}

/** The client's number of the statement becomes the server's; what LAST_PREPARED stands for is ours to say. */
function address([first]: readonly Frame[], id: number): void {
  first?.bytes.writeUInt32LE(id, first.start + HEADER_BYTES + 1);
}

/** The database counts the packets it got, the client those it sent, and ours that it got since. */
function numbering({ part, noticed }: MysqlStep, count: number): { readonly sequence: number; readonly shift: number } {
  const sequence = count & 0xff;
  return { sequence, shift: sequenceBehind(part) - sequence + noticed };
}
