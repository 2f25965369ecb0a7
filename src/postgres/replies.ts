/**
 * Follows the server's replies: whose they are, how each statement ended, which names now stand.
 * Whole runs of messages go to the client as they came; only what answers a refused message is replaced.
 */

import { Malformed } from '../framing/malformed.ts';
import { type FrameFormat, FrameScanner } from '../framing/scanner.ts';
import type { Slices } from '../framing/slices.ts';
import type { ConversationListener, TransactionState } from '../protocol/conversation.ts';
import { Refused } from '../protocol/refusal.ts';
import { type CutOff, hadRun, type Statement } from '../protocol/statement.ts';
import { Tally } from '../masking/detectors/tally.ts';
import { CopyOut } from './copy-out.ts';
import { type Expected, type ExpectedQueue, isRunning, type Progress, type Running, unexpected } from './expected.ts';
import { decodeErrorFields, encodeErrorFields } from './messages/error-response.ts';
import { Backend, backendFormat, HEADER_BYTES } from './messages/frame.ts';
import { ByteReader } from '../framing/reader.ts';
import { withoutPayload } from './messages/notification.ts';
import { type OriginNet, unfollowed } from './origins.ts';
import type { Names } from './prepared.ts';
import { encodeRefusal, sqlstate } from './refusal.ts';
import { Rows } from './rows.ts';
import { Scrub } from './scrub.ts';

export class Replies {
  readonly #scanner: FrameScanner;
  readonly #rows: Rows;
  readonly #expected: ExpectedQueue;
  readonly #names: Names;
  readonly #net: OriginNet;
  readonly #scrub = new Scrub();
  readonly #tally = new Tally();
  readonly #out: Slices;
  readonly #listener: ConversationListener;
  #commitFailed = false;
  transaction: TransactionState = 'idle';
  /** Has the client been told by the server itself that the session ends? */
  farewell = false;
  /** The server skips what it is sent until the next Sync, which hasn't been sent yet. */
  skipping = false;

  constructor(limits: { readonly messageBytes: number }, expected: ExpectedQueue, names: Names, net: OriginNet, out: Slices, listener: ConversationListener) {
    this.#expected = expected;
    this.#names = names;
    this.#net = net;
    this.#out = out;
    this.#listener = listener;
    const format: FrameFormat = { ...backendFormat, whole: (bytes, at, size) => backendFormat.whole(bytes, at, size) || this.#rows.changes(this.#expected.head, bytes, at, size) };
    this.#scanner = new FrameScanner(format, {
      frame: (bytes, start, end) => this.#frame(bytes, start, end),
      piece: (bytes, start, end, first) => this.#rows.piece(this.#expected.head, bytes, start, end, first),
      run: (bytes, start) => this.#rows.run(this.#expected.head, bytes, start),
    });
    this.#rows = new Rows({ limits, net, out, tally: this.#tally, stop: () => this.#scanner.stop() });
  }

  /** May a message of ours be put in now? */
  get atBoundary(): boolean {
    return this.#scanner.atBoundary;
  }

  receive(chunk: Buffer): void {
    this.#scanner.push(chunk);
  }

  resume(): void {
    this.#scanner.resume();
  }

  cut(cut: CutOff): void {
    const { head } = this.#expected;
    if (!isRunning(head)) throw new Error('rows are cut off where none were stopped');
    head.progress.cut = cut;
    this.#scanner.resume();
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start] as number;
    const head = this.#expected.head;
    if (isRunning(head) && head.progress.cut !== undefined && !ASIDE.has(type)) return this.#cutFrame(head, head.progress.cut, bytes, start, end);
    switch (type) {
      case Backend.DataRow:
      case Backend.CopyData:
        return this.#rows.row(head, bytes, start, end);
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
        if (type === Backend.NoData) this.#net.described(head);
        else this.#net.described(head, bytes, start, end);
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
        this.#scrub.note(head.statement.veil);
        this.#listener.ended(head.statement, { rows: head.progress.rows, bytes: head.progress.bytes, suspended: true, hits: this.#tally.take() });
        break;
      case Backend.ErrorResponse:
        this.#error(head, bytes, start, end);
        return;
      case Backend.ReadyForQuery:
        this.#ready(head, bytes[start + HEADER_BYTES]);
        break;
      case Backend.CopyInResponse:
        if (!isRunning(head)) throw unexpected(type, head);
        head.progress.copying = true;
        break;
      case Backend.CopyOutResponse:
      case Backend.CopyDone:
        if (!isRunning(head)) throw unexpected(type, head);
        // Its data doesn't say where it comes from.
        if (type === Backend.CopyOutResponse && head.statement.veil?.touches === true && head.statement.veil.form === undefined) throw unfollowed('a COPY of masked columns');
        if (type === Backend.CopyOutResponse && head.statement.detection !== undefined) head.progress.copyOut = new CopyOut(head.statement.detection.untold, bytes, start);
        break;
      case Backend.ParameterStatus:
        this.#setting(bytes, start, end);
        break;
      case Backend.NoticeResponse:
        if (!this.#scrub.applies(head)) break;
        this.#fields('N', head, bytes, start, end);
        return;
      case Backend.NotificationResponse:
        return this.#notification(head, bytes, start, end);
      default:
        throw unexpected(type, head);
    }
    const ours = head !== undefined && 'own' in head && head.own && type !== Backend.ParameterStatus;
    if (!ours) this.#out.range(bytes, start, end);
  }

  /** Of a statement whose rows are cut off the client gets nothing more but one refusal. */
  #cutFrame(head: Running, cut: CutOff, bytes: Buffer, start: number, end: number): void {
    switch (bytes[start] as number) {
      case Backend.ErrorResponse:
        if (isFatal(decodeErrorFields(bytes, start, end))) return this.#error(head, bytes, start, end);
        this.#tellCut(head, cut);
        if (head.kind === 'execute') this.#skip();
        return;
      case Backend.CommandComplete:
      case Backend.EmptyQueryResponse:
      case Backend.PortalSuspended:
        // It was done before it heard that it is to be cancelled, or never heard.
        if (!cut.harmless) throw new Refused(hadRun(cut));
        this.#tellCut(head, cut);
        this.#complete(head, undefined);
        if (head.kind === 'execute') this.#skipUnsent(cut);
        return;
      default:
        // Its rows, and what comes around them.
    }
  }

  #tellCut({ progress }: Running, { refusal }: CutOff): void {
    if (progress.error !== undefined) return;
    this.#out.add(encodeRefusal(refusal, 'ERROR'));
    progress.error = { code: sqlstate(refusal.code), message: refusal.message };
  }

  /** The client takes what stands behind, up to the next Sync, for skipped. */
  #skipUnsent(cut: CutOff): void {
    for (const { kind } of this.#expected.all()) {
      if (kind === 'sync') return;
      if (kind !== 'close' && kind !== 'describe') throw new Refused(hadRun(cut));
    }
    this.skipping = true;
  }

  #confirm(head: Expected | undefined, kind: 'parse' | 'bind' | 'close', type: number): void {
    if (head?.kind !== kind) throw unexpected(type, head);
    this.#expected.shift();
    this.#names.confirm(head.change);
  }

  /** One command is complete; a portal's only one, or one of a batch. */
  #complete(head: Expected | undefined, commandTag: string | undefined): void {
    if (!isRunning(head)) throw unexpected(Backend.CommandComplete, head);
    const { progress, statement } = head;
    if (commandTag !== undefined) progress.tag = commandTag;
    for (const change of progress.changes[progress.completed] ?? []) this.#names.confirm(change);
    this.#listener.completed(statement, progress.completed, commandTag);
    progress.completed++;
    progress.origins = undefined;
    progress.copyOut = undefined;
    if (head.kind !== 'execute') return;
    this.#expected.shift();
    this.#end(statement, progress);
  }

  #end(statement: Statement, progress: Progress): void {
    this.#settle(progress);
    this.#scrub.note(statement.veil);
    this.#listener.ended(statement, { rows: progress.rows, bytes: progress.bytes, tag: progress.tag, error: progress.error, hits: this.#tally.take() });
  }

  #settle(progress: Progress): void {
    progress.over = true;
    progress.copying = false;
    if (progress.changes.length > 0) for (const change of progress.changes.slice(progress.completed).flat()) this.#names.abandon(change);
  }

  #error(head: Expected | undefined, bytes: Buffer, start: number, end: number): void {
    if (head?.kind === 'refused_query' || head?.kind === 'refused_execute') {
      this.#out.add(encodeRefusal(head.refusal, 'ERROR'));
      head.answered = true;
      if (head.kind === 'refused_execute') this.#skip();
      return;
    }
    const fields = this.#fields('E', head, bytes, start, end);
    this.farewell ||= isFatal(fields);
    const error = { code: fields.get('C') ?? 'XX000', message: fields.get('M') ?? '' };
    switch (head?.kind) {
      case undefined: // FATAL outside of any command: the server ends the session (shutdown, idle timeout)
        return;
      case 'sync': // the implicit transaction's commit failed; ReadyForQuery follows
        this.#commitFailed = true;
        return;
      case 'query':
        head.progress.error = error;
        head.progress.copying = false;
        return;
      case 'execute':
        head.progress.error = error;
        return this.#skip();
      case 'parse':
      case 'bind':
      case 'close':
      case 'describe':
        return this.#skip();
    }
  }

  /** Passes an error or a notice on, without what of it may be masked data; answers with what the client was told. */
  #fields(type: 'E' | 'N', head: Expected | undefined, bytes: Buffer, start: number, end: number): ReadonlyMap<string, string> {
    const fields = decodeErrorFields(bytes, start, end);
    const scrubbed = this.#scrub.fields(type, fields, head);
    if (scrubbed === undefined) this.#out.range(bytes, start, end);
    else this.#out.add(encodeErrorFields(type, scrubbed));
    return scrubbed ?? fields;
  }

  /** Triggers notify of rows as a whole: who sees only masks is told that something happened, and no more. */
  #notification(head: Expected | undefined, bytes: Buffer, start: number, end: number): void {
    if (this.#scrub.applies(head)) this.#out.add(withoutPayload(bytes, start, end));
    else this.#out.range(bytes, start, end);
  }

  /** After an error the server skips all messages until Sync (documentation, "Extended Query"): their replies never come. */
  #skip(): void {
    for (let head = this.#expected.head; head !== undefined && head.kind !== 'sync'; head = this.#expected.head) {
      this.#expected.shift();
      if ('change' in head) this.#names.abandon(head.change);
      if (!isRunning(head)) continue;
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
    if (this.transaction === 'idle') {
      this.#names.endTransaction();
      this.#scrub.endTransaction();
    }
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

/** What may come at any time, and is about no statement. */
const ASIDE: ReadonlySet<number> = new Set([Backend.ParameterStatus, Backend.NoticeResponse, Backend.NotificationResponse, Backend.ReadyForQuery]);

/** By the severity that isn't translated (field V, since 9.6). */
function isFatal(fields: ReadonlyMap<string, string>): boolean {
  const severity = fields.get('V');
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
