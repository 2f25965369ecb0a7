/**
 * Follows the server's packets: whose reply they belong to, and which of them are rows.
 * Whole runs of packets go to the client as they came; only what the client must not see, or would read otherwise, is replaced.
 */

import { Malformed } from '../framing/malformed.ts';
import { FrameScanner } from '../framing/scanner.ts';
import type { Slices } from '../framing/slices.ts';
import type { TransactionState } from '../protocol/conversation.ts';
import { Refused } from '../protocol/refusal.ts';
import { type CutOff, type RowMeter, type Statement, takesRow } from '../protocol/statement.ts';
import { Answers } from './answers.ts';
import type { RowNet } from './cells.ts';
import { Course, type CourseParts, type Fate } from './course.ts';
import { type Expected, type ExpectedQueue, isOurs, type Progress } from './expected.ts';
import { MaskedRows } from './masked-rows.ts';
import { Header, HEADER_BYTES, MAX_PAYLOAD, packets, payloadBytes, sequenceOf, serverFormat } from './packets/frame.ts';
import { sqlstateOf } from './refusal.ts';
import type { Reprepare } from './reprepare.ts';

/** Rows up to this size are collected when they come in pieces: nearly always they lie whole in a chunk. Bytes. */
const SMALL_ROW = 16 * 1024;
/** What else the server may need for a packet that we read ourselves. */
const LARGEST = 1024 * 1024;

export interface RepliesParts extends CourseParts {
  readonly expected: ExpectedQueue;
  readonly toClient: Slices;
  /** `ServerStatus` bits at login. */
  readonly status: number;
  /** Largest row that is collected to be masked, bytes. */
  readonly rowBytes: number;
}

export class Replies {
  readonly #parts: RepliesParts;
  readonly #expected: ExpectedQueue;
  readonly #scanner: FrameScanner;
  readonly #answers: Answers;
  readonly #course: Course;
  readonly #masked: MaskedRows;
  /** Was the last packet one of the largest size, which the next one goes on with? */
  #goesOn = false;
  /** Does the first byte of a row's payload come with its next piece? */
  #unseen = false;
  /** Has the client been told that the session ends? */
  farewell = false;

  constructor(parts: RepliesParts) {
    this.#parts = parts;
    this.#expected = parts.expected;
    this.#answers = new Answers(parts);
    this.#course = new Course(parts, this.#answers);
    this.#masked = new MaskedRows(parts.toClient, parts.rowBytes);
    this.#scanner = new FrameScanner(serverFormat((payload) => this.#whole(payload)), {
      frame: (bytes, start, end) => this.#frame(bytes, start, end),
      piece: (bytes, start, end, first) => this.#piece(bytes, start, end, first),
      run: (bytes, start) => this.#run(bytes, start),
    });
  }

  get transaction(): TransactionState {
    return this.#answers.transaction;
  }

  /** May a packet of ours be put in now? */
  get atBoundary(): boolean {
    return this.#scanner.atBoundary && !this.#goesOn && !this.awaitsFile;
  }

  get awaitsFile(): boolean {
    return this.#course.result.phase === 'file';
  }

  receive(chunk: Buffer): void {
    this.#scanner.push(chunk);
  }

  resume(): void {
    this.#scanner.resume();
  }

  cut(cut: CutOff): void {
    progressOf(this.#expected.head).cut = cut;
    this.#scanner.resume();
  }

  /** Must this row wait? */
  #waits(head: Expected): boolean {
    if (!counted(head) || head.progress.cut !== undefined || takesRow(head.statement.meter)) return false;
    this.#scanner.stop();
    return true;
  }

  /** The client's last packet of the file was `sequence`: the server's answer goes on from there. */
  fileSent(sequence: number): void {
    const { head } = this.#expected;
    if (head === undefined || this.#course.result.phase !== 'file') throw new Malformed('a file that nobody asked for');
    head.sequence = (sequence + 1 - head.shift) & 0xff;
    this.#course.result.begin();
  }

  /** Answers what is ours to answer and due. Throws Refused when the connection ends with an answer, which the client then has. */
  drain(): void {
    for (let entry = this.#expected.answerable; this.#answers.answer(entry); entry = this.#expected.answerable) {
      this.#expected.shift();
      if (entry?.kind === 'farewell') {
        this.farewell = true;
        throw new Refused(entry.refusal);
      }
      if (entry?.kind === 'unsent') this.#parts.listener.ended(entry.statement, { rows: 0, bytes: 0, error: { code: sqlstateOf(entry.refusal), message: entry.refusal.message } });
      this.#parts.listener.ready(this.transaction, false);
    }
  }

  #whole(payload: number): boolean {
    const head = this.#expected.answerable;
    if (this.#rows(head) || this.#goesOn) {
      if (this.#net === undefined || head === undefined) return payload <= SMALL_ROW;
      this.#limited(head, payload);
      return true;
    }
    if (payload > LARGEST) throw new Malformed(`a packet of ${payload} bytes that isn't a row`);
    return true;
  }

  /** What changes the rows that come now, if anything does. */
  get #net(): RowNet | undefined {
    return this.#course.origins.rows;
  }

  #limited(head: Expected, payload: number): void {
    try {
      this.#masked.mayTake(payload, head);
    } catch (error) {
      this.#goesOn = false;
      throw error;
    }
  }

  /** Is it rows that come now? */
  #rows(head: Expected | undefined): boolean {
    const { result } = this.#course;
    if (result.phase === 'head' && (head?.kind === 'fetch' || head?.kind === 'fields')) this.#course.listing(head);
    return result.phase === 'rows';
  }

  /** Small rows, one after the other, that the client gets as they came. */
  #run(bytes: Buffer, start: number): number {
    const head = this.#expected.answerable;
    if (this.#course.result.phase !== 'rows' || this.#goesOn || head === undefined || !('progress' in head) || head.progress.cut !== undefined) return start;
    const before = head.progress.rows;
    const end = this.#runOf(head, bytes, start, counted(head) ? head.statement.meter.left : Infinity);
    if (counted(head)) head.statement.meter.left -= head.progress.rows - before;
    return end;
  }

  #runOf(head: Expected & { readonly progress: Progress }, bytes: Buffer, start: number, most: number): number {
    if (this.#net !== undefined) return this.#masked.run(this.#net, head, bytes, start, { longest: SMALL_ROW, most });
    if (head.shift !== 0) return start;
    let end = start;
    let count = 0;
    let { sequence } = head;
    while (count < most && bytes.length - end > HEADER_BYTES) {
      const payload = payloadBytes(bytes, end);
      const next = end + HEADER_BYTES + payload;
      if (payload === 0 || payload > SMALL_ROW || next > bytes.length || bytes[end + 3] !== sequence || (bytes[end + HEADER_BYTES] as number) >= Header.Eof) break;
      sequence = (sequence + 1) & 0xff;
      end = next;
      count++;
    }
    if (count === 0) return start;
    head.sequence = sequence;
    head.progress.rows += count;
    head.progress.bytes += end - start;
    this.#parts.toClient.range(bytes, start, end);
    return end;
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    const head = this.#head(bytes, start);
    const payload = end - start - HEADER_BYTES;
    const row = !this.#goesOn && payload > 0 && this.#rows(head) && ((bytes[start + HEADER_BYTES] as number) < Header.Eof || payload === MAX_PAYLOAD);
    if (row && this.#waits(head)) return;
    this.#number(head, bytes, start);
    if (this.#goesOn) {
      this.#goesOn = payload === MAX_PAYLOAD;
      count(progressOf(head), 0, end - start);
      this.#rowPacket(head, bytes, start, end);
    } else if (payload === 0) throw new Malformed('an empty packet from the database');
    else if (row) this.#row(head, bytes, start, end);
    else this.#packet(head, bytes, start, end);
  }

  #row(head: Expected, bytes: Buffer, start: number, end: number): void {
    if (head.kind === 'read') return this.#answers.settings(bytes.subarray(start + HEADER_BYTES, end));
    const progress = progressOf(head);
    count(progress, 1, end - start);
    const largest = end - start - HEADER_BYTES === MAX_PAYLOAD;
    rowByte(bytes[start + HEADER_BYTES] as number, largest);
    this.#goesOn = largest;
    this.#rowPacket(head, bytes, start, end);
  }

  /** (A packet of) a row, as it is to be seen. */
  #rowPacket(head: Expected, bytes: Buffer, start: number, end: number): void {
    if (isCut(head)) head.shift--;
    else if (this.#net === undefined) this.#forward(head, bytes, start, end);
    else this.#masked.packet(this.#net, head, bytes, start, end);
  }

  #packet(head: Expected, bytes: Buffer, start: number, end: number): void {
    const { send, over } = this.#fate(head, bytes, start, end);
    if (isCut(head) && !over) head.shift--;
    else if (send === 'as it came') this.#forward(head, bytes, start, end);
    else if (send !== 'nothing' && !isOurs(head)) this.#parts.toClient.add(packets(sequenceOf(bytes, start) + head.shift, send));
    if (over) this.#over(head);
  }

  #fate(head: Expected, bytes: Buffer, start: number, end: number): Fate {
    try {
      return this.#course.packet(head, bytes.subarray(start + HEADER_BYTES, end));
    } catch (error) {
      // The client doesn't get it: what it gets instead stands in its place.
      head.sequence = sequenceOf(bytes, start);
      throw error;
    }
  }

  /** (A piece of) a large row. */
  #piece(bytes: Buffer, start: number, end: number, first: boolean): void {
    const head = this.#head(bytes, start);
    const progress = progressOf(head);
    if (first && !this.#goesOn && this.#waits(head)) return;
    count(progress, first && !this.#goesOn ? 1 : 0, end - start);
    if (!first) {
      if (this.#unseen) rowByte(bytes[start] as number, this.#goesOn);
      this.#unseen = false;
      if (progress.cut === undefined) this.#parts.toClient.range(bytes, start, end);
      return;
    }
    const largest = payloadBytes(bytes, start) === MAX_PAYLOAD;
    this.#number(head, bytes, start);
    if (!this.#goesOn) {
      this.#unseen = end - start === HEADER_BYTES;
      if (!this.#unseen) rowByte(bytes[start + HEADER_BYTES] as number, largest);
    }
    this.#goesOn = largest;
    if (isCut(head)) head.shift--;
    else this.#forward(head, bytes, start, end);
  }

  /** The reply is complete. */
  #over(head: Expected): void {
    if (head === this.#expected.head) this.#expected.shift();
    if (head.kind === 'query' && head.prepared !== undefined) head.prepared.running--;
    if (head.kind === 'anew' && head.stage === head.reprepare.last) this.#execute(head.reprepare);
    this.#course.result.begin();
    this.#parts.listener.ready(this.transaction, false);
    this.drain();
  }

  /** A statement is prepared anew: its execution, which is expected next, is sent; or it isn't, and we answer it. */
  #execute(reprepare: Reprepare): void {
    const refusal = reprepare.conclude(this.#parts.toDatabase);
    const { head } = this.#expected;
    if (refusal === undefined || head === undefined) return;
    reprepare.prepared.running--;
    this.#expected.replaceHead({ kind: 'unsent', statement: reprepare.statement, refusal, sequence: head.sequence, shift: head.shift });
  }

  /** Whose reply it is that goes on here. Unasked the server may only say that the session ends (shutdown, killed, idle for too long). */
  #head(bytes: Buffer, start: number): Expected {
    const head = this.#expected.answerable;
    if (head !== undefined) return head;
    if (bytes[start + HEADER_BYTES] !== Header.Error) throw new Malformed('the database answered to nothing');
    this.farewell = true;
    return { kind: 'ok', sequence: sequenceOf(bytes, start), shift: 0 };
  }

  #number(head: Expected, bytes: Buffer, start: number): void {
    const sequence = sequenceOf(bytes, start);
    if (sequence !== head.sequence) throw new Malformed(`packet ${sequence} of the database came where ${head.sequence} was due`);
    head.sequence = (sequence + 1) & 0xff;
  }

  /** To the client as it came, but for its sequence id where the client's are others. */
  #forward(head: Expected, bytes: Buffer, start: number, end: number): void {
    if (isOurs(head)) return;
    const { toClient } = this.#parts;
    if (head.shift === 0) return toClient.range(bytes, start, end);
    const header = Buffer.from(bytes.subarray(start, start + HEADER_BYTES));
    header[3] = (sequenceOf(bytes, start) + head.shift) & 0xff;
    toClient.add(header);
    toClient.range(bytes, start + HEADER_BYTES, end);
  }
}

/** A row begins with a length: 0xff begins none, and 0xfe only one of 16 MiB or more. */
function rowByte(byte: number, largest: boolean): void {
  if (byte === Header.Error || (byte === Header.Eof && !largest)) throw new Malformed(`a row that begins with 0x${byte.toString(16)}`);
}

type Counted = Expected & { readonly progress: Progress; readonly statement: Statement & { readonly meter: RowMeter } };

/** Does somebody count its rows? The list of a table's fields isn't made of them. */
const counted = (head: Expected): head is Counted => (head.kind === 'query' || head.kind === 'fetch') && head.statement.meter !== undefined;

/** Of what goes to the client. */
function count(progress: Progress, rows: number, bytes: number): void {
  if (progress.cut !== undefined) return;
  progress.rows += rows;
  progress.bytes += bytes;
}

const isCut = (head: Expected): boolean => 'progress' in head && head.progress.cut !== undefined;

function progressOf(head: Expected | undefined): Progress {
  if (head === undefined || !('progress' in head)) throw new Malformed(`the database sent rows where ${head?.kind ?? 'nothing'} was to be answered`);
  return head.progress;
}
