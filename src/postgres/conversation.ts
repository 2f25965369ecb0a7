/**
 * The PostgreSQL protocol between login and goodbye, as a machine without I/O.
 *
 *   client --receive--> inbox --next--> analysis --forward|refuse--> toDatabase
 *   client <-- toClient <-- replies <-- expected <--reply-- database
 *
 * A refused message is replaced by one that the server answers with an error, so the server itself keeps the
 * protocol's state (what is skipped, the transaction's status) and we can't lose step with it.
 */

import { Slices } from '../framing/slices.ts';
import type { Conversation, ConversationListener, NameMeaning, TransactionState } from '../protocol/conversation.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { SessionNameUse } from '../sql/facts.ts';
import { type CutOff, dropParameters, type Statement, StatementText, type Step } from '../protocol/statement.ts';
import { analyse, passingStep, type PostgresStep, type Reaction } from './analysis.ts';
import { clash } from './clash.ts';
import { CopyIn, mayCopyIn } from './copy-in.ts';
import { ExpectedQueue } from './expected.ts';
import { type Frame, Inbox, type Part } from './inbox.ts';
import { Frontend } from './messages/frame.ts';
import { OriginNet } from './origins.ts';
import { type Lookup, type Meaning, Names } from './prepared.ts';
import { encodeFlush } from './messages/extended.ts';
import { encodeNotice, encodeRefusal, INTERRUPTED_COPY, PLACEHOLDER_QUERY, placeholderExecute, sqlstate } from './refusal.ts';
import { Replies, SKIPPED } from './replies.ts';
import { Sending } from './sending.ts';

export interface ConversationLimits {
  readonly messageBytes: number;
  readonly statementBytes: number;
}

export class PostgresConversation implements Conversation {
  readonly settingsRollBack = true;
  readonly toDatabase = new Slices();
  readonly toClient = new Slices();
  readonly #limits: ConversationLimits;
  readonly #inbox: Inbox;
  readonly #names = new Names();
  readonly #expected = new ExpectedQueue();
  readonly #sending: Sending;
  readonly #replies: Replies;
  /** The head of the inbox, analysed. */
  #step: PostgresStep | undefined;
  readonly #listener: ConversationListener;
  /** Are messages dropped until the next Sync, since one before them was refused? */
  #refused = false;
  /** Has a part of a segment been sent whose Sync hasn't? */
  #midSegment = false;
  /** Nothing goes past it until it is known whether it reads COPY data. */
  #copy: CopyIn | undefined;
  /** What of its own part stands behind it. */
  #rest: PostgresStep | undefined;
  /** What was added to `toDatabase` and isn't written yet. */
  #unsent: Unsent[] = [];

  constructor(limits: ConversationLimits, listener: ConversationListener) {
    this.#limits = limits;
    this.#inbox = new Inbox(limits);
    this.#listener = listener;
    const net = new OriginNet();
    this.#sending = new Sending(this.toDatabase, this.#names, this.#expected, net);
    this.#replies = new Replies(limits, this.#expected, this.#names, net, this.toClient, listener);
  }

  get backlog(): number {
    return this.#inbox.backlog;
  }

  get quiet(): boolean {
    return this.#expected.length === 0;
  }

  get awaitsClient(): boolean {
    return this.#copy?.state === 'reading';
  }

  get waiting(): boolean {
    return this.#inbox.head !== undefined || this.#rest !== undefined;
  }

  /** What is sent between two Syncs is one transaction, of which the server says nothing before the second. */
  get transaction(): TransactionState {
    return this.#midSegment && this.#replies.transaction === 'idle' ? 'open' : this.#replies.transaction;
  }

  hasten(): void {
    if (this.#midSegment && !this.quiet) this.toDatabase.add(encodeFlush());
  }

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
    const copy = this.#copy?.state;
    if (copy === 'waiting') return this.waiting ? 'unsettled' : undefined;
    if (copy === 'over') this.#copy = undefined;
    const step = this.#rest ?? this.#analysed(copy === 'reading');
    if (step !== 'unsettled') this.#step = step;
    return step;
  }

  #analysed(copying: boolean): PostgresStep | 'unsettled' | undefined {
    const part = this.#inbox.head;
    if (part === undefined) return undefined;
    return copying || this.#skipping ? passingStep(part) : analyse(part, this.#names, this.#limits);
  }

  /** Does the server skip what it is sent, or would it if we sent it? */
  get #skipping(): boolean {
    return this.#refused || this.#replies.skipping;
  }

  forward(step: Step): void {
    this.#add(this.#take(step));
  }

  refuse(step: Step, at: number, refusal: Refusal): void {
    const taken = this.#take(step);
    const place = at < 0 ? 0 : (taken.places[at] ?? taken.refusalPlace);
    this.#add(taken, refusal, place);
  }

  /** Cancelling has a protocol of its own. */
  satisfy(): void {
    throw new Error('no statement of PostgreSQL is done by the proxy');
  }

  sent(): void {
    for (const { step } of this.#unsent) dropParameters(step.statements);
    this.#unsent = [];
  }

  recall(refusal: Refusal): readonly Step[] {
    const unsent = this.#unsent;
    const replies = unsent.reduce((sum, entry) => sum + entry.replies, 0);
    for (const entry of this.#expected.truncate(this.#expected.length - replies)) this.#sending.forget(entry);
    this.toDatabase.take();
    this.#sending.interrupt();
    this.#unsent = [];
    this.#refused = unsent[0]?.skipping ?? this.#refused;
    // It is the last of them: nothing goes past it.
    if (unsent.length > 0 && this.#copy?.state === 'waiting') this.#copy = this.#rest = undefined;
    for (const { step, refusal: own } of unsent) this.#add(step, own ?? refusal);
    return unsent.map((entry) => entry.step);
  }

  clash(step: Step, namesOf: (statement: Statement) => readonly (readonly SessionNameUse[])[]): ReturnType<typeof clash> {
    return clash((step as PostgresStep).reactions, namesOf);
  }

  prepared(name: string): NameMeaning {
    return meaningText(this.#names.statement(name));
  }

  cursor(name: string): NameMeaning {
    return meaningText(this.#names.portal(name));
  }

  notice(message: string, detail?: string, hint?: string): void {
    if (this.#replies.atBoundary) this.toClient.add(encodeNotice(message, detail, hint));
  }

  fatal(refusal: Refusal): Buffer {
    return this.#replies.atBoundary && !this.#replies.farewell ? encodeRefusal(refusal, 'FATAL') : Buffer.alloc(0);
  }

  /** Takes the step off the inbox, unless it was recalled and is off it already. */
  #take(step: Step): PostgresStep {
    if (this.#step === step) {
      this.#step = undefined;
      if (this.#rest === step) this.#rest = undefined;
      else this.#inbox.shift();
    }
    return step as PostgresStep;
  }

  /** Forwards a step, or refuses it at a frame, and notes what that adds, so that it can be taken back until it is written. */
  #add(step: PostgresStep, refusal?: Refusal, place = 0): void {
    const before = this.#expected.length;
    const skipping = this.#refused;
    if (refusal === undefined) this.#forward(step);
    else this.#refuse(step, place, refusal);
    this.#unsent.push({ step, refusal, skipping, replies: this.#expected.length - before });
  }

  #forward(step: PostgresStep): void {
    const { part, reactions } = step;
    if (part.kind === 'terminate') return this.#bytes(part.frames[0] as Frame);
    if (this.#copy?.state === 'reading') return this.#forwardInCopy(part, this.#copy);
    if (part.kind === 'data') return; // there is no COPY (any more): the server would drop it, too
    if (this.#skipping) return this.#skip(step);
    for (let index = 0; index < reactions.length; index++) {
      const obstacle = this.#sending.obstacle(reactions[index] as Reaction);
      if (obstacle !== undefined) return this.#stopBefore(step, index, obstacle);
      const expected = this.#sending.send(part.frames[index] as Frame, reactions[index] as Reaction);
      if (expected === undefined || !('progress' in expected) || !mayCopyIn(expected.statement.source)) continue;
      this.#copy = new CopyIn(expected.progress, expected.kind);
      if (index + 1 < reactions.length) return this.#stopAt(step, index + 1);
    }
    this.#midSegment = !endsSegment(part);
    if (endsSegment(part)) this.#names.segment++;
  }

  /** Refuses the rest of what was judged and recorded, because of what its names stand for at the server. */
  #stopBefore({ part, reactions }: PostgresStep, place: number, refusal: Refusal): void {
    const error = { code: sqlstate(refusal.code), message: refusal.message };
    for (const reaction of reactions.slice(place)) {
      if (reaction.kind === 'bind') this.#listener.ended(reaction.change.meaning as Statement, { rows: 0, bytes: 0, error });
    }
    this.#refuseExtended(part, refusal);
  }

  /** Keeps what stands behind a possible COPY, and has the server tell what it is. */
  #stopAt({ part, reactions }: PostgresStep, place: number): void {
    if (part.kind !== 'segment') return;
    this.#rest = { ...passingStep({ kind: 'segment', frames: part.frames.slice(place), size: 0, sync: part.sync }), reactions: reactions.slice(place) };
    this.#midSegment = true;
    this.toDatabase.add(encodeFlush());
  }

  /** While the server reads COPY data it ignores Sync and Flush; anything else ends the COPY and is swallowed. */
  #forwardInCopy(part: Part, copy: CopyIn): void {
    if (part.kind === 'data') {
      this.toDatabase.add(part.bytes);
      if (part.ends) this.#endCopy(copy);
      return;
    }
    if (part.frames.every(({ type }) => type === Frontend.Sync || type === Frontend.Flush)) return;
    this.toDatabase.add(INTERRUPTED_COPY);
    this.#endCopy(copy);
    if (copy.kind === 'query') return;
    this.#refused = true;
    this.#resync(part);
  }

  /** A portal copies once; a batch may go on, and copy again. */
  #endCopy(copy: CopyIn): void {
    copy.finish();
    if (copy.kind === 'execute') this.#copy = undefined;
  }

  /** It was judged and recorded before the error that makes the server skip it was known. */
  #skip({ part, statements }: PostgresStep): void {
    for (const statement of statements) this.#listener.ended(statement, { rows: 0, bytes: 0, error: SKIPPED });
    this.#resync(part);
  }

  /** Frames before `place` go as they came, that one is replaced, those after it are dropped. */
  #refuse(step: PostgresStep, place: number, refusal: Refusal): void {
    const { part, reactions } = step;
    if (part.kind === 'data' || part.kind === 'terminate') return this.#forward(step);
    if (this.#skipping) return this.#resync(part);
    for (const [index, reaction] of reactions.slice(0, place).entries()) this.#sending.send(part.frames[index] as Frame, reaction);
    if (part.kind === 'query') {
      this.toDatabase.add(PLACEHOLDER_QUERY);
      this.#expected.push({ kind: 'refused_query', refusal, answered: false });
      this.#names.segment++;
      return;
    }
    this.#refuseExtended(part, refusal);
  }

  #refuseExtended(part: Part, refusal: Refusal): void {
    this.toDatabase.add(placeholderExecute());
    this.#expected.push({ kind: 'refused_execute', refusal, answered: false });
    this.#refused = true;
    this.#midSegment = true;
    this.#resync(part);
  }

  #bytes({ bytes, start, end }: Frame): void {
    this.toDatabase.range(bytes, start, end);
  }

  /** While skipping, only the Sync that ends it goes on. */
  #resync(part: Part): void {
    if (part.kind !== 'segment' || !part.sync) return;
    this.#sending.interrupt();
    const sync = part.frames.at(-1) as Frame;
    if (sync.type !== Frontend.Sync) throw new Error('a segment that ends with Sync must end with Sync');
    this.#bytes(sync);
    this.#expected.push({ kind: 'sync' });
    this.#refused = false;
    this.#replies.skipping = false;
    this.#midSegment = false;
    this.#names.segment++;
  }
}

interface Unsent {
  readonly step: PostgresStep;
  /** Set when the step was refused. */
  readonly refusal: Refusal | undefined;
  /** Were messages being skipped before it? */
  readonly skipping: boolean;
  /** How many replies it expects. */
  readonly replies: number;
}

const endsSegment = (part: Part): boolean => part.kind === 'query' || (part.kind === 'segment' && part.sync);

function meaningText(found: Lookup<Meaning>): NameMeaning {
  if (typeof found === 'string') return found;
  const { meaning, veil, within } = found;
  return meaning instanceof StatementText ? { text: meaning.text, veil, within } : { text: meaning.source.text, run: meaning };
}
