/**
 * The protocol of MySQL and MariaDB between login and goodbye, as a machine without I/O.
 *
 *   client --receive--> inbox --next--> analysis --forward|refuse--> toDatabase
 *   client <-- toClient <-- replies, answers <-- expected <--reply-- database
 *
 * One command is one step. A refused command never reaches the database: it stands in the queue of expected replies until all
 * before it are answered, and then we answer it. To the server, and to its transaction, it never was.
 */

import { Slices } from '../framing/slices.ts';
import type { Conversation, ConversationListener, NameMeaning, TransactionState } from '../protocol/conversation.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { type CutOff, dropParameters, type Statement, type Step } from '../protocol/statement.ts';
import type { Understanding } from '../sql/facts.ts';
import { analyse, type AnalysisParts, type MysqlStep, readsText, runsAnything } from './analysis.ts';
import { type Expected, ExpectedQueue } from './expected.ts';
import type { ChangeUserStep } from './change-user.ts';
import { Forwarding } from './forwarding.ts';
import { Inbox, type Part, sequenceBehind } from './inbox.ts';
import { type Capabilities, Capability, has, hasExtended, MariaDbCapability } from './packets/capabilities.ts';
import { PreparedStatements, SqlNames } from './prepared.ts';
import { encodeProgress, encodeRefusal } from './refusal.ts';
import { Replies } from './replies.ts';
import type { DatabaseNames } from './schema-hint.ts';
import { questions, Tracked } from './tracked.ts';

export interface ConversationOptions {
  readonly limits: { readonly messageBytes: number; readonly statementBytes: number };
  /** In force towards the agent, and towards the database: alike in all that changes the form of what is passed on, but for SESSION_TRACK and Progress. */
  readonly client: Capabilities;
  readonly upstream: Capabilities;
  /** As the server told them at login: sql_mode, character_set_client, …, `database`. */
  readonly settings: ReadonlyMap<string, string>;
  /** `ServerStatus` bits at login. */
  readonly status: number;
  readonly listener: ConversationListener;
  readonly understanding: Pick<Understanding, 'reading'>;
  readonly database?: DatabaseNames;
  /** Seconds for which rows may wait here; see tracked.ts. */
  readonly patience?: number;
  /** See change-user.ts. */
  readonly changeUser?: (payload: Buffer) => ChangeUserStep;
}

/** What was added to `toDatabase` and isn't written yet. */
interface Unsent {
  readonly step: MysqlStep;
  /** Undefined: it was forwarded. `satisfied`: done by us. */
  readonly refusal: Refusal | 'satisfied' | undefined;
  /** The types the server has of its prepared statement, before it. */
  readonly types: readonly number[] | undefined;
}

export class MysqlConversation implements Conversation {
  /** SET isn't part of any transaction. */
  readonly settingsRollBack = false;
  readonly toDatabase = new Slices();
  readonly toClient = new Slices();
  readonly #inbox: Inbox;
  readonly #prepared = new PreparedStatements();
  readonly #names = new SqlNames();
  readonly #tracked: Tracked;
  readonly #expected = new ExpectedQueue();
  readonly #replies: Replies;
  readonly #analysis: AnalysisParts;
  readonly #forwarding: Forwarding;
  readonly #progress: boolean;
  readonly #patience: number;
  /** The head of the inbox, analysed. */
  #step: MysqlStep | undefined;
  #unsent: Unsent[] = [];

  constructor({ limits, client, upstream, settings, status, listener, understanding, database, patience = 0, changeUser }: ConversationOptions) {
    this.#patience = patience;
    this.#inbox = new Inbox(limits);
    this.#tracked = new Tracked(settings, understanding, (name, value) => listener.setting(name, value));
    this.#replies = new Replies({
      client, upstream, database, status, listener, prepared: this.#prepared, names: this.#names, tracked: this.#tracked, inbox: this.#inbox,
      expected: this.#expected, toClient: this.toClient, toDatabase: this.toDatabase, rowBytes: limits.messageBytes,
    });
    this.#analysis = {
      limits, prepared: this.#prepared, tracked: this.#tracked, attributes: has(client, Capability.QueryAttributes),
      bulk: hasExtended(upstream, MariaDbCapability.StmtBulkOperations), changeUser,
    };
    this.#forwarding = new Forwarding({ ...this.#analysis, inbox: this.#inbox, replies: this.#replies, expected: this.#expected, toDatabase: this.toDatabase });
    this.#progress = hasExtended(client, MariaDbCapability.Progress);
  }

  get backlog(): number {
    return this.#inbox.backlog + this.#prepared.longBytes;
  }

  get quiet(): boolean {
    return this.#expected.length === 0;
  }

  get awaitsClient(): boolean {
    return this.#replies.awaitsFile;
  }

  get waiting(): boolean {
    return this.#inbox.head !== undefined;
  }

  get transaction(): TransactionState {
    return this.#replies.transaction;
  }

  /** The server answers each command without being asked to. */
  hasten(): void {}
  /** A command has one text, whose names are looked up in order. */
  clash(): undefined {}
  /** Cursors of SQL live inside routines. */
  cursor(): NameMeaning { return 'unknown'; }

  outstanding(): readonly Statement[] {
    return this.#expected.statements();
  }

  receive(chunk: Buffer): void {
    this.#inbox.receive(chunk);
  }

  keep(): void {
    this.#inbox.keep();
  }

  reply(chunk: Buffer): void {
    this.#replies.receive(chunk);
  }

  resumeRows(): void {
    this.#replies.resume();
  }

  cutRows(cut: CutOff): void {
    this.#replies.cut(cut);
  }

  next(): Step | 'unsettled' | undefined {
    if (this.#step !== undefined) return this.#step;
    const part = this.#inbox.head;
    if (part === undefined) return undefined;
    if (part.kind === 'command' && !this.#settled(part)) return 'unsettled';
    const step = analyse(part, this.#analysis);
    if (step !== 'unsettled') this.#step = step;
    return step;
  }

  forward(step: Step): void {
    this.#add(this.#take(step));
  }

  /** A command is refused as a whole: there is one statement in it at most. */
  refuse(step: Step, _at: number, refusal: Refusal): void {
    this.#add(this.#take(step), refusal);
  }

  satisfy(step: Step): void {
    this.#add(this.#take(step), 'satisfied');
  }

  sent(): void {
    for (const { step } of this.#unsent) dropParameters(step.statements);
    this.#unsent = [];
    this.#expected.unsent = 0;
    this.#replies.drain();
  }

  recall(refusal: Refusal): readonly Step[] {
    const unsent = this.#unsent;
    const entries = this.#expected.recall();
    for (const entry of entries) this.#forget(entry);
    this.toDatabase.take();
    this.#unsent = [];
    for (const { step, types } of unsent.toReversed()) if (step.action.kind === 'execute') step.action.prepared.typesAtServer = types;
    if (entries.some(({ kind }) => kind === 'read')) this.#ask();
    for (const { step, refusal: own } of unsent) this.#add(step, own ?? (runsAnything(step) ? refusal : undefined));
    return unsent.map((entry) => entry.step);
  }

  prepared(name: string): NameMeaning {
    return this.#expected.unsettled ? 'unsettled' : this.#names.meaning(name, this.#tracked.lexing);
  }

  /** There is no message that disturbs nothing, but for MariaDB's progress reports, which its clients show while they wait. */
  notice(message: string): void {
    const step = this.#step;
    if (!this.#progress || step === undefined || !this.quiet || !this.#replies.atBoundary) return;
    this.toClient.add(encodeProgress(sequenceBehind(step.part) + step.noticed, message));
    step.noticed++;
  }

  fatal(refusal: Refusal): Buffer {
    if (this.#replies.farewell || !this.#replies.atBoundary) return Buffer.alloc(0);
    return encodeRefusal(this.#awaited(), refusal);
  }

  /** Sequence id that the client awaits next; 0 when it awaits nothing. */
  #awaited(): number {
    const { awaited } = this.#expected;
    if (awaited !== undefined) return (awaited.sequence + awaited.shift) & 0xff;
    const part = this.#inbox.head;
    return part === undefined ? this.#inbox.behindAnswer : sequenceBehind(part) + (this.#step?.noticed ?? 0);
  }

  /** May it be looked at by now? Where it must be known first how texts are read, the server is asked. */
  #settled(part: Part): boolean {
    if (this.#expected.stopped) return false;
    if (!readsText(part)) return true;
    if (this.#expected.unsettled) return false;
    if (this.#tracked.doubtful) this.#ask();
    return !this.#expected.unsettled;
  }

  /** Two queries of our own: their answers are for us. */
  #ask(): void {
    for (const [kind, packet] of questions(this.#patience)) {
      this.toDatabase.add(packet);
      this.#expected.push({ kind, sequence: 1, shift: 0 });
    }
  }

  /** Takes the step off the inbox, unless it was recalled and is off it already. */
  #take(step: Step): MysqlStep {
    if (this.#step === step) {
      this.#step = undefined;
      this.#inbox.shift();
    }
    return step as MysqlStep;
  }

  /** Forwards a step, or answers it ourselves, and notes what that adds, so that it can be taken back until it is written. */
  #add(step: MysqlStep, refusal?: Refusal | 'satisfied'): void {
    const types = step.action.kind === 'execute' ? step.action.prepared.typesAtServer : undefined;
    if (refusal === undefined) this.#forwarding.forward(step);
    else this.#answer(step, refusal);
    this.#unsent.push({ step, refusal, types });
  }

  #answer({ part, action, noticed }: MysqlStep, refusal: Refusal | 'satisfied'): void {
    if (action.kind === 'execute') {
      this.#prepared.takeLong(action.prepared);
      action.prepared.types = action.types;
    }
    if (action.kind === 'nothing' && action.executes !== undefined) this.#prepared.takeLong(action.executes);
    const numbering = { sequence: sequenceBehind(part), shift: noticed };
    const kind = action.kind === 'nothing' && action.ends === true ? 'farewell' : 'refused';
    this.#expected.push(refusal === 'satisfied' ? { kind: refusal, ...numbering } : { kind, refusal, ...numbering });
  }

  #forget(entry: Expected): void {
    if (entry.kind === 'prepare') this.#prepared.abandon();
    if (entry.kind === 'query' && entry.prepared !== undefined) entry.prepared.running--;
  }
}
