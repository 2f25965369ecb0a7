/** The course of one reply: what each of its packets means for the statement and the session, and what the client is to get of it. */

import { Malformed } from '../framing/malformed.ts';
import type { Slices } from '../framing/slices.ts';
import type { ConversationListener } from '../protocol/conversation.ts';
import { Tally } from '../masking/detectors/tally.ts';
import type { Veil } from '../masking/veil.ts';
import { Refused } from '../protocol/refusal.ts';
import { hadRun, looksAt, type Statement } from '../protocol/statement.ts';
import type { Answers } from './answers.ts';
import type { Expected, Progress } from './expected.ts';
import { preparedOtherwise } from './forms.ts';
import type { Inbox } from './inbox.ts';
import { Origins } from './origins.ts';
import { type Capabilities, Capability, has, hasExtended, MariaDbCapability, ServerStatus } from './packets/capabilities.ts';
import { columnType } from './packets/column-definition.ts';
import { decodeEof, isEof } from './packets/eof.ts';
import { decodeErr, encodeErr, type ErrPacket, PROGRESS_ERRNO } from './packets/err.ts';
import { Header, HEADER_BYTES, packets } from './packets/frame.ts';
import { decodeOk, type OkPacket } from './packets/ok.ts';
import { decodePrepareOk, type PrepareOk } from './packets/prepare-ok.ts';
import { PacketReader } from './packets/reader.ts';
import { Prepared, type PreparedStatements, type SqlNames } from './prepared.ts';
import { encodeRefusal, sqlstateOf } from './refusal.ts';
import { type Phase, ResultPhase } from './result.ts';
import { type DatabaseNames, withSchemaHint } from './schema-hint.ts';
import { scrubbedError, scrubbedOk } from './scrub.ts';
import type { Tracked } from './tracked.ts';

/** What becomes of a packet: it goes on as it came, or not at all, or another payload in its place; and whether the reply is complete with it. */
export interface Fate {
  readonly send: 'as it came' | 'nothing' | Buffer;
  readonly over: boolean;
}

const GOES_ON: Fate = { send: 'as it came', over: false };
const OVER: Fate = { send: 'as it came', over: true };
const DROPPED: Fate = { send: 'nothing', over: false };
const NOTHING = Buffer.alloc(0);

export interface CourseParts {
  readonly client: Capabilities;
  readonly upstream: Capabilities;
  /** The session's database, when its names are known. */
  readonly database: DatabaseNames | undefined;
  readonly prepared: PreparedStatements;
  readonly names: SqlNames;
  readonly tracked: Tracked;
  readonly inbox: Inbox;
  readonly toDatabase: Slices;
  readonly listener: ConversationListener;
}

type Run = Expected & { readonly statement: Statement; readonly progress: Progress };

export class Course {
  readonly result: ResultPhase;
  readonly origins: Origins;
  readonly #parts: CourseParts;
  readonly #answers: Answers;
  readonly #deprecateEof: boolean;
  readonly #tally = new Tally();
  /** Where the types of a prepared statement's columns are kept. */
  #types: number[] | undefined;
  /** Has anything touched masked columns? Then the server may keep messages that quote them. */
  #touched = false;

  constructor(parts: CourseParts, answers: Answers) {
    this.#parts = parts;
    this.#answers = answers;
    this.#deprecateEof = has(parts.upstream, Capability.DeprecateEof);
    this.result = new ResultPhase(this.#deprecateEof);
    this.origins = new Origins(parts.upstream, this.#tally);
  }

  /** Rows come without anything before them. */
  listing(head: Expected): void {
    this.origins.clear();
    if (head.kind === 'fetch') this.origins.rows = head.prepared.net;
    this.result.list();
  }

  /** Everything but rows. Throws Malformed for what can't come here. */
  packet(head: Expected, payload: Buffer): Fate {
    const byte = payload[0] as number;
    const { phase } = this.result;
    if (phase === 'file') throw new Malformed('the database answered before the file it asked for was over');
    if (touches(head)) this.#touched = true;
    const fate = byte === Header.Error ? this.#error(head, payload) : this.#inPhase(phase, head, byte, payload);
    const cut = fate.over && 'progress' in head ? head.progress.cut : undefined;
    return cut === undefined ? fate : { send: encodeRefusal(0, cut.refusal).subarray(HEADER_BYTES), over: true };
  }

  #inPhase(phase: Exclude<Phase, 'file'>, head: Expected, byte: number, payload: Buffer): Fate {
    switch (phase) {
      case 'head':
        return this.#first(head, byte, payload);
      case 'definitions':
        // MySQL 9 counts parameters of some prepared texts that it doesn't describe.
        if (!this.#deprecateEof && isEof(payload) && (head.kind === 'prepare' || head.kind === 'anew')) return this.result.blockEnd() ? GOES_ON : OVER;
        this.origins.definition(payload, this.#touched);
        if (this.result.lastBlock) this.#types?.push(columnType(payload));
        return this.result.definition() ? GOES_ON : OVER;
      case 'definitions_end':
        return this.#definitionsEnd(head, payload);
      case 'rows':
        return this.#rowsEnd(head, byte, payload);
    }
  }

  /** The first packet of a result, which tells of what kind it is. */
  #first(head: Expected, byte: number, payload: Buffer): Fate {
    this.origins.clear();
    this.#types = undefined;
    switch (head.kind) {
      case 'query':
      case 'read':
        if (byte === Header.Ok) return this.#ok(head, payload);
        if (byte === Header.LocalInfile) return this.#file(head);
        return this.#resultSet(head, this.#columns(payload));
      case 'prepare':
        return this.#prepared(head, byte, payload);
      case 'anew':
        return this.#anew(head, byte, payload);
      case 'ok':
      case 'reset':
      case 'renew':
      case 'charset':
      case 'track':
        if (byte === Header.Ok) return this.#ok(head, payload);
        return this.#rowsEnd(head, byte, payload);
      case 'text':
        return OVER;
      case 'fetch':
      case 'fields':
      case 'change_user':
      case 'say':
      case 'refused':
      case 'farewell':
      case 'satisfied':
      case 'unsent':
        throw unexpected(byte, head);
    }
  }

  #resultSet(head: Expected, columns: number): Fate {
    if (head.kind === 'query' && looksAt(head.statement)) {
      this.origins.begin(head.statement, columns, {
        text: head.statement.source.text, binary: head.prepared !== undefined, charset: this.#parts.tracked.settings.get('character_set_results') ?? '',
      });
    }
    this.result.resultSet(columns);
    return GOES_ON;
  }

  /** The number of columns; with MariaDB's cache of metadata and without definitions, 0. */
  #columns(payload: Buffer): number {
    const reader = new PacketReader(payload);
    const columns = reader.lenencInt();
    if (columns === 0) throw new Malformed('a result set of no columns');
    const cached = hasExtended(this.#parts.upstream, MariaDbCapability.CacheMetadata) && reader.int1() === 0;
    reader.finish();
    return cached ? 0 : columns;
  }

  #definitionsEnd(head: Expected, payload: Buffer): Fate {
    const { status } = decodeEof(payload);
    if (head.kind === 'query' && opensCursor(head, status)) return this.#suspend(head, status);
    return this.result.definitionsEnd() ? GOES_ON : OVER;
  }

  /** OK or EOF. What else begins with 0xfe is no row either: those are larger than any packet we read. */
  #rowsEnd(head: Expected, byte: number, payload: Buffer): Fate {
    if (byte !== Header.Eof) throw unexpected(byte, head);
    if (this.#deprecateEof) return this.#ok(head, payload);
    return this.#resultEnd(head, decodeEof(payload).status) ? OVER : GOES_ON;
  }

  #ok(head: Expected, payload: Buffer): Fate {
    const ok = decodeOk(payload, this.#parts.upstream);
    if (ok.changes.length > 0) {
      const told = this.#parts.tracked.report(ok.changes);
      if ('progress' in head) head.progress.told = [...head.progress.told, ...told];
    }
    const over = this.#resultEnd(head, ok.status, payload[0] === Header.Ok ? `OK ${ok.affectedRows}` : undefined);
    const scrubbed = touches(head) ? scrubbedOk(payload, ok) : undefined;
    if (hidesChanges(ok, this.#parts.client)) return { send: this.#answers.withoutChanges(payload[0] as number, scrubbed === undefined ? ok : decodeOk(scrubbed, this.#parts.upstream)), over };
    if (scrubbed !== undefined) return { send: scrubbed, over };
    return over ? OVER : GOES_ON;
  }

  /** One result is complete. False when another follows. */
  #resultEnd(head: Expected, status: number, tag?: string): boolean {
    this.#answers.status = status;
    this.#parts.tracked.check(status);
    switch (head.kind) {
      case 'query':
        if (tag === undefined && opensCursor(head, status)) this.#suspend(head, status);
        else return this.#queryResultEnd(head, status, tag);
        return true;
      case 'fetch':
        if ((status & ServerStatus.LastRowSent) === 0) this.#suspend(head, status);
        else this.#ended(head, {});
        return true;
      case 'fields':
        this.#ended(head, {});
        return true;
      case 'reset':
      case 'renew':
        this.#reset();
        return true;
      case 'ok':
      case 'track':
      case 'read':
      case 'prepare':
      case 'anew':
      case 'text':
      case 'charset':
      case 'change_user':
      case 'say':
      case 'refused':
      case 'farewell':
      case 'satisfied':
      case 'unsent':
        return true;
    }
  }

  #queryResultEnd(head: Expected & { readonly kind: 'query' }, status: number, tag: string | undefined): boolean {
    const { statement, progress } = head;
    this.#named(statement, progress.completed);
    this.#parts.listener.completed(statement, progress.completed, tag);
    progress.completed++;
    const more = (status & ServerStatus.MoreResultsExist) !== 0;
    if (more) this.result.begin();
    else this.#ended(head, tag === undefined ? {} : { tag });
    return !more;
  }

  /** A routine has any number of results: in a batch with one it can't be told which command has succeeded. */
  #named(statement: Statement, at: number): void {
    if (statement.names.length === 0) return;
    const { names, tracked } = this.#parts;
    if (statement.names.length > 1 && statement.after === 'unknown') names.confuse();
    else names.apply(statement.names[at] ?? [], statement, tracked.lexing);
  }

  /** The rows stay at the server, for COM_STMT_FETCH. */
  #suspend(head: Run & { readonly prepared?: Prepared }, status: number): Fate {
    this.#answers.status = status;
    if (head.prepared !== undefined) {
      head.prepared.cursor = head.statement;
      head.prepared.net = this.origins.rows;
    }
    this.#ended(head, { suspended: true });
    return OVER;
  }

  #ended({ statement, progress: { rows, bytes, told, cut } }: Run, outcome: { readonly tag?: string; readonly suspended?: boolean; readonly error?: { readonly code: string; readonly message: string } }): void {
    if (cut !== undefined && outcome.error === undefined && !cut.harmless) throw new Refused(hadRun(cut));
    const more = cut === undefined ? outcome : { error: { code: sqlstateOf(cut.refusal), message: cut.refusal.message } };
    // An error tells nothing of what was set before it.
    if (statement.after === 'unknown' || (statement.after === 'told' && more.error !== undefined)) this.#parts.tracked.doubtful = true;
    else if (statement.after === 'told') this.#parts.tracked.expect(statement.sets, told);
    this.#parts.listener.ended(statement, { rows, bytes, ...more, hits: this.#tally.take() });
  }

  /** Everything the client had set and prepared is gone (COM_RESET_CONNECTION), and so is the transaction. */
  #reset(): void {
    const { prepared, names, tracked, listener } = this.#parts;
    prepared.clear();
    names.clear();
    tracked.forget();
    listener.reset();
  }

  /** The server asks for a file. Only a statement that was judged to bring one in may have it; another's is answered as an empty one. */
  #file(head: Expected): Fate {
    const { client, inbox, toDatabase } = this.#parts;
    if (head.kind === 'query' && head.statement.imports && has(client, Capability.LocalFiles)) {
      inbox.expectFile(head.sequence + head.shift);
      this.result.phase = 'file';
      return GOES_ON;
    }
    toDatabase.add(packets(head.sequence, NOTHING));
    head.sequence = (head.sequence + 1) & 0xff;
    head.shift -= 2;
    return DROPPED;
  }

  #prepared(head: Expected & { readonly kind: 'prepare' }, byte: number, payload: Buffer): Fate {
    if (byte !== Header.Ok) throw unexpected(byte, head);
    const ok = decodePrepareOk(payload, this.#parts.upstream);
    const { source, lexing, database, veil } = head;
    const prepared = new Prepared({ source, parameters: ok.parameters, lexing, database }, { id: ok.statementId, form: veil?.form?.text });
    this.#parts.prepared.confirm(prepared);
    return this.#described(ok, prepared.columns);
  }

  /** The settings that these OKs tell of are as they were once all is done. */
  #anew({ stage, reprepare, ...head }: Expected & { readonly kind: 'anew' }, byte: number, payload: Buffer): Fate {
    if (byte !== Header.Ok) throw unexpected(byte, { stage, reprepare, ...head });
    if (stage !== 'prepare') return OVER;
    const ok = decodePrepareOk(payload, this.#parts.upstream);
    reprepare.answered(ok);
    return this.#described(ok, reprepare.columns);
  }

  #described({ parameters, columns, metadata }: PrepareOk, types: number[]): Fate {
    if (columns > 0) this.#types = types;
    return metadata && this.result.prepared(parameters, columns) ? GOES_ON : OVER;
  }

  #error(head: Expected, payload: Buffer): Fate {
    const error = decodeErr(payload);
    if (error.errno === PROGRESS_ERRNO && hasExtended(this.#parts.upstream, MariaDbCapability.Progress)) return GOES_ON;
    if (head.kind === 'track' || head.kind === 'read' || head.kind === 'renew') throw new Malformed(`the database didn't say how it reads statements: ${error.message}`);
    if (head.kind === 'prepare') this.#parts.prepared.failed();
    const told = touches(head) ? scrubbedError(error) : error;
    if (head.kind === 'anew') return notAnew(head, told);
    if ('progress' in head) this.#ended(head, { error: { code: told.sqlstate, message: told.message } });
    if (told.message !== error.message) return { send: encodeErr(0, told).subarray(HEADER_BYTES), over: true };
    const { database } = this.#parts;
    const hinted = database === undefined || !('statement' in head) || !head.statement.sets.includes('database') ? undefined : withSchemaHint(payload, database);
    return hinted === undefined ? OVER : { send: hinted, over: true };
  }
}

function veilOf(head: Expected): Veil | undefined {
  if (head.kind === 'anew') return head.reprepare.statement.veil;
  return head.kind === 'prepare' ? head.veil : 'statement' in head ? head.statement.veil : undefined;
}

const touches = (head: Expected): boolean => veilOf(head)?.touches === true;

/** The execution that waits for it is answered as if it had failed so itself. */
function notAnew({ stage, reprepare }: Expected & { readonly kind: 'anew' }, error: ErrPacket): Fate {
  if (stage === 'back') throw new Malformed(`the database didn't go back to the session's default database: ${error.message}`);
  reprepare.fail(stage === 'use' ? preparedOtherwise : { code: 'changed', message: error.message, verbatim: encodeErr(0, error) });
  return OVER;
}

const hidesChanges = ({ status }: OkPacket, client: Capabilities): boolean => (status & ServerStatus.SessionStateChanged) !== 0 && !has(client, Capability.SessionTrack);

const opensCursor = (head: Expected & { readonly kind: 'query' }, status: number): boolean => head.prepared !== undefined && (status & ServerStatus.CursorExists) !== 0;

function unexpected(byte: number, head: Expected): Malformed {
  return new Malformed(`the database sent 0x${byte.toString(16)} where ${head.kind} was to be answered`);
}
