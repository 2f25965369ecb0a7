/** A step that was let through: its command, or what runs in its place, on the way to the database; and what is expected for it. */

import type { Slices } from '../framing/slices.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Action, MysqlStep } from './analysis.ts';
import { withTypes } from './bound.ts';
import { type Expected, type ExpectedQueue, noProgress } from './expected.ts';
import { isPreparedAs, preparedOtherwise, prepareFor, queryFor, type Sent } from './forms.ts';
import { type Frame, type Inbox, joined, type Part, sequenceBehind } from './inbox.ts';
import { packetCount, packets } from './packets/frame.ts';
import type { PreparedStatements } from './prepared.ts';
import { renew } from './renewal.ts';
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
        return this.#frames(part.frames);
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
    if (sent === undefined) this.#frames(part.frames);
    else this.#parts.toDatabase.add(packets(0, sent));
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
    const { prepared, types, single } = action;
    const long = this.#parts.prepared.takeLong(prepared);
    prepared.types = types;
    if (!isPreparedAs(prepared, action.statement.veil)) return this.#unsent(step, preparedOtherwise);
    prepared.running++;
    prepared.cursor = undefined;
    this.#frames(long);
    const unseen = single !== undefined && !single.typed && single.typedAt >= 0 && types !== undefined && prepared.typesAtServer !== types;
    prepared.typesAtServer = types;
    this.#send(step, unseen && step.part.kind !== 'data' ? withTypes(joined(step.part.frames), single, types) : undefined);
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
        return { kind: 'prepare', source: action.source, lexing: this.#parts.tracked.lexing, veil: action.source.veil, ...ids };
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

  #frames(frames: readonly Frame[]): void {
    for (const { bytes, start, end } of frames) this.#parts.toDatabase.range(bytes, start, end);
  }
}

/** The database counts the packets it got, the client those it sent, and ours that it got since. */
function numbering({ part, noticed }: MysqlStep, count: number): { readonly sequence: number; readonly shift: number } {
  const sequence = count & 0xff;
  return { sequence, shift: sequenceBehind(part) - sequence + noticed };
}
