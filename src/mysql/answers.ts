/** Packets of our own among the server's: refusals, what we have done ourselves, OKs as the client reads them; and what the OKs say of the session. */

import type { Slices } from '../framing/slices.ts';
import type { ConversationListener, TransactionState } from '../protocol/conversation.ts';
import type { Expected } from './expected.ts';
import type { Inbox } from './inbox.ts';
import { ServerStatus } from './packets/capabilities.ts';
import { packets } from './packets/frame.ts';
import { encodeOk, type OkPacket } from './packets/ok.ts';
import { PacketReader } from './packets/reader.ts';
import { PacketWriter } from './packets/writer.ts';
import { encodeRefusal } from './refusal.ts';
import type { Tracked } from './tracked.ts';

export interface AnswersParts {
  readonly toClient: Slices;
  readonly tracked: Tracked;
  readonly inbox: Pick<Inbox, 'expectAnswer'>;
  readonly listener: ConversationListener;
  readonly status: number;
}

/** Flags that stay as they are between two commands. */
const LASTING = ServerStatus.InTransaction | ServerStatus.Autocommit | ServerStatus.NoBackslashEscapes | ServerStatus.InTransactionReadonly | ServerStatus.AnsiQuotes;

export class Answers {
  readonly #parts: AnswersParts;
  /** `ServerStatus` bits as the server told them last. */
  status: number;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
    this.status = parts.status;
  }

  get transaction(): TransactionState {
    return (this.status & (ServerStatus.InTransaction | ServerStatus.InTransactionReadonly)) === 0 ? 'idle' : 'open';
  }

  /** Answers the entry, if it is ours to answer. */
  answer(entry: Expected | undefined): boolean {
    if (entry?.kind === 'refused' || entry?.kind === 'farewell' || entry?.kind === 'unsent') this.#parts.toClient.add(encodeRefusal(entry.sequence + entry.shift, entry.refusal));
    else if (entry?.kind === 'satisfied') this.#parts.toClient.add(encodeOk(entry.sequence + entry.shift, { status: this.status & LASTING }));
    else if (entry?.kind === 'say') this.#parts.toClient.add(packets(entry.sequence + entry.shift, entry.payload));
    else if (entry?.kind === 'change_user') this.#ask(entry);
    else return false;
    return true;
  }

  #ask({ asks, sequence, shift }: Expected & { readonly kind: 'change_user' }): void {
    this.#parts.toClient.add(packets(sequence + shift, asks.payload));
    this.#parts.inbox.expectAnswer(asks, sequence + shift + 1);
  }

  /** The OK without what it says of changes, for a client that would take that for part of the text. @param header its first byte */
  withoutChanges(header: number, { affectedRows, lastInsertId, status, warnings, info }: OkPacket): Buffer {
    const writer = new PacketWriter().int1(header).lenencInt(affectedRows).lenencInt(lastInsertId);
    writer.int2(status & ~ServerStatus.SessionStateChanged).int2(warnings);
    return (info.length === 0 ? writer : writer.lenencString(info)).take();
  }

  /** The row that READ_SETTINGS asked for. */
  settings(row: Buffer): void {
    const reader = new PacketReader(row);
    const values: (Buffer | null)[] = [];
    while (reader.remaining > 0) values.push(reader.lenencBytesOrNull());
    this.#parts.tracked.read(values);
  }
}
