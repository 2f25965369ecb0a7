/**
 * Follows the server's replies: whose they are, how each statement ended, which names now stand.
 * Whole runs of messages go to the client as they came; only what answers a refused message is replaced.
 */

import { Malformed } from '../framing/malformed.ts';
import { FrameScanner } from '../framing/scanner.ts';
import type { Slices } from '../framing/slices.ts';
import type { ConversationListener, TransactionState } from '../protocol/conversation.ts';
import { Refused } from '../protocol/refusal.ts';
import type { Statement } from '../protocol/statement.ts';
import type { Expected, ExpectedQueue, Progress } from './expected.ts';
import { decodeErrorFields } from './messages/error-response.ts';
import { Backend, backendFormat, HEADER_BYTES, wholeSize } from './messages/frame.ts';
import { ByteReader } from '../framing/reader.ts';
import type { Names } from './prepared.ts';
import { encodeRefusal } from './refusal.ts';

export class Replies {
  readonly #scanner: FrameScanner;
  readonly #expected: ExpectedQueue;
  readonly #names: Names;
  readonly #out: Slices;
  readonly #listener: ConversationListener;
  #commitFailed = false;
  transaction: TransactionState = 'idle';
  /** Has the client been told by the server itself that the session ends? */
  farewell = false;
  /** The server skips what it is sent until the next Sync, which hasn't been sent yet. */
  skipping = false;

  constructor(expected: ExpectedQueue, names: Names, out: Slices, listener: ConversationListener) {
    this.#expected = expected;
    this.#names = names;
    this.#out = out;
    this.#listener = listener;
    this.#scanner = new FrameScanner(backendFormat, {
      frame: (bytes, start, end) => this.#frame(bytes, start, end),
      piece: (bytes, start, end, first) => this.#piece(bytes, start, end, first),
      run: (bytes, start) => this.#run(bytes, start),
    });
  }

  /** May a message of ours be put in now? */
  get atBoundary(): boolean {
    return this.#scanner.atBoundary;
  }

  receive(chunk: Buffer): void {
    this.#scanner.push(chunk);
  }

  /** Rows and COPY data. */
  #piece(bytes: Buffer, start: number, end: number, first: boolean): void {
    const head = this.#expected.head;
    if (head?.kind !== 'execute' && head?.kind !== 'query') throw unexpected(bytes[start] as number, head);
    if (first && bytes[start] === Backend.DataRow) head.progress.rows++;
    head.progress.bytes += end - start;
    this.#out.range(bytes, start, end);
  }

  /** Rows, or COPY data, one after the other. */
  #run(bytes: Buffer, start: number): number {
    const type = bytes[start];
    const head = this.#expected.head;
    if ((type !== Backend.DataRow && type !== Backend.CopyData) || (head?.kind !== 'execute' && head?.kind !== 'query')) return start;
    let end = start;
    let count = 0;
    while (bytes.length - end >= HEADER_BYTES && bytes[end] === type) {
      const next = end + wholeSize(bytes, end);
      if (next > bytes.length) break;
      end = next;
      count++;
    }
    if (count === 0) return start;
    if (type === Backend.DataRow) head.progress.rows += count;
    head.progress.bytes += end - start;
    this.#out.range(bytes, start, end);
    return end;
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start] as number;
    const head = this.#expected.head;
    switch (type) {
      case Backend.ParseComplete:
        this.#confirm(head, 'parse', type);
        break;
      case Backend.BindComplete:
        this.#confirm(head, 'bind', type);
        break;
      case Backend.CloseComplete:
        this.#confirm(head, 'close', type);
        break;
      case Backend.RowDescription:
      case Backend.NoData:
        if (head?.kind === 'describe') this.#expected.shift();
        else if (head?.kind !== 'query' || type === Backend.NoData) throw unexpected(type, head);
        break;
      case Backend.ParameterDescription:
        if (head?.kind !== 'describe') throw unexpected(type, head);
        break;
      case Backend.CommandComplete:
        this.#complete(head, tag(bytes, start, end));
        break;
      case Backend.EmptyQueryResponse:
        this.#complete(head, undefined);
        break;
      case Backend.PortalSuspended:
        if (head?.kind !== 'execute') throw unexpected(type, head);
        this.#expected.shift();
        this.#settle(head.progress);
        this.#listener.ended(head.statement, { rows: head.progress.rows, bytes: head.progress.bytes, suspended: true });
        break;
      case Backend.ErrorResponse:
        if (this.#error(head, bytes, start, end)) return;
        this.farewell ||= isFatal(bytes, start, end);
        break;
      case Backend.ReadyForQuery:
        this.#ready(head, bytes[start + HEADER_BYTES]);
        break;
      case Backend.CopyInResponse:
        if (head?.kind !== 'execute' && head?.kind !== 'query') throw unexpected(type, head);
        head.progress.copying = true;
        break;
      case Backend.CopyOutResponse:
      case Backend.CopyDone:
        if (head?.kind !== 'execute' && head?.kind !== 'query') throw unexpected(type, head);
        break;
      case Backend.ParameterStatus:
        this.#setting(bytes, start, end);
        break;
      case Backend.NoticeResponse:
      case Backend.NotificationResponse:
        break;
      default:
        throw unexpected(type, head);
    }
    this.#out.range(bytes, start, end);
  }

  #confirm(head: Expected | undefined, kind: 'parse' | 'bind' | 'close', type: number): void {
    if (head?.kind !== kind) throw unexpected(type, head);
    this.#expected.shift();
    this.#names.confirm(head.change);
  }

  /** One command is complete; a portal's only one, or one of a batch. */
  #complete(head: Expected | undefined, commandTag: string | undefined): void {
    if (head?.kind !== 'execute' && head?.kind !== 'query') throw unexpected(Backend.CommandComplete, head);
    const { progress, statement } = head;
    if (commandTag !== undefined) progress.tag = commandTag;
    for (const change of progress.changes[progress.completed] ?? []) this.#names.confirm(change);
    this.#listener.completed(statement, progress.completed, commandTag);
    progress.completed++;
    if (head.kind !== 'execute') return;
    this.#expected.shift();
    this.#end(statement, progress);
  }

  #end(statement: Statement, progress: Progress): void {
    this.#settle(progress);
    this.#listener.ended(statement, { rows: progress.rows, bytes: progress.bytes, tag: progress.tag, error: progress.error });
  }

  #settle(progress: Progress): void {
    progress.over = true;
    progress.copying = false;
    if (progress.changes.length > 0) for (const change of progress.changes.slice(progress.completed).flat()) this.#names.abandon(change);
  }

  /** True when the server's error was replaced by ours. */
  #error(head: Expected | undefined, bytes: Buffer, start: number, end: number): boolean {
    const fields = decodeErrorFields(bytes, start, end);
    const error = { code: fields.get('C') ?? 'XX000', message: fields.get('M') ?? '' };
    switch (head?.kind) {
      case undefined: // FATAL outside of any command: the server ends the session (shutdown, idle timeout)
        return false;
      case 'sync': // the implicit transaction's commit failed; ReadyForQuery follows
        this.#commitFailed = true;
        return false;
      case 'query':
        head.progress.error = error;
        head.progress.copying = false;
        return false;
      case 'refused_query':
        head.answered = true;
        this.#out.add(encodeRefusal(head.refusal, 'ERROR'));
        return true;
      case 'refused_execute':
        this.#out.add(encodeRefusal(head.refusal, 'ERROR'));
        this.#skip();
        return true;
      case 'execute':
        head.progress.error = error;
        this.#skip();
        return false;
      case 'parse':
      case 'bind':
      case 'close':
      case 'describe':
        this.#skip();
        return false;
    }
  }

  /** After an error the server skips all messages until Sync (documentation, "Extended Query"): their replies never come. */
  #skip(): void {
    for (let head = this.#expected.head; head !== undefined && head.kind !== 'sync'; head = this.#expected.head) {
      this.#expected.shift();
      if ('change' in head) this.#names.abandon(head.change);
      if (head.kind !== 'execute' && head.kind !== 'query') continue;
      head.progress.error ??= SKIPPED;
      this.#end(head.statement, head.progress);
    }
    this.skipping = this.#expected.head === undefined;
  }

  #ready(head: Expected | undefined, status: number | undefined): void {
    if (head?.kind === 'query') this.#end(head.statement, head.progress);
    else if (head?.kind === 'refused_query') {
      if (!head.answered) throw new Malformed('the database accepted what stands for a refused statement');
    } else if (head?.kind !== 'sync') throw unexpected(Backend.ReadyForQuery, head);
    this.#expected.shift();
    this.transaction = transactionState(status);
    if (this.transaction === 'idle') this.#names.endTransaction();
    const failed = this.#commitFailed;
    this.#commitFailed = false;
    this.#listener.ready(this.transaction, failed);
  }

  #setting(bytes: Buffer, start: number, end: number): void {
    const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
    const name = reader.cstring();
    const value = reader.cbytes().toString('utf8');
    this.#listener.setting(name, value);
    // Statements are read by these two: if the database reads them otherwise, nothing more may pass.
    if (name === 'standard_conforming_strings' && value !== 'on') throw new Refused({ code: 'forbidden', message: 'standard_conforming_strings was turned off' });
    if (name === 'client_encoding' && value !== 'UTF8') throw new Refused({ code: 'forbidden', message: `client_encoding became ${value}` });
  }
}

/** The severity that isn't translated (field V, since 9.6). */
function isFatal(bytes: Buffer, start: number, end: number): boolean {
  const severity = decodeErrorFields(bytes, start, end).get('V');
  return severity === 'FATAL' || severity === 'PANIC';
}

export const SKIPPED = { code: 'skipped', message: 'skipped by the database after an earlier error in the same pipeline' };


function transactionState(status: number | undefined): TransactionState {
  if (status === 0x49) return 'idle';
  if (status === 0x54) return 'open';
  if (status === 0x45) return 'failed';
  throw new Malformed(`transaction status ${status}`);
}

function tag(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start + HEADER_BYTES, end - 1);
}

function unexpected(type: number, head: Expected | undefined): Malformed {
  return new Malformed(`the database sent ${JSON.stringify(String.fromCharCode(type))} where ${head?.kind ?? 'nothing'} was to be answered`);
}
