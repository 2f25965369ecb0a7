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
import { type Statement, StatementText, type Step } from '../protocol/statement.ts';
import { analyse, passingStep, type PostgresStep, type Reaction } from './analysis.ts';
import { clash } from './clash.ts';
import { type Expected, ExpectedQueue, noProgress } from './expected.ts';
import { type Frame, Inbox, type Part } from './inbox.ts';
import { Frontend } from './messages/frame.ts';
import { type Change, changesOf, type Lookup, type Meaning, Names } from './prepared.ts';
import { encodeNotice, encodeRefusal, PLACEHOLDER_QUERY, placeholderExecute } from './refusal.ts';
import { Replies } from './replies.ts';
import { transcript } from '../protocol/parameters.ts';

export interface ConversationLimits {
  readonly messageBytes: number;
  readonly statementBytes: number;
}

export class PostgresConversation implements Conversation {
  readonly toDatabase = new Slices();
  readonly toClient = new Slices();
  readonly #limits: ConversationLimits;
  readonly #inbox: Inbox;
  readonly #names = new Names();
  readonly #expected = new ExpectedQueue();
  readonly #replies: Replies;
  /** The head of the inbox, analysed. */
  #step: PostgresStep | undefined;
  /** Are messages dropped until the next Sync, since one before them was refused? */
  #skipping = false;
  /** What was added to `toDatabase` and isn't written yet. */
  #unsent: Unsent[] = [];

  constructor(limits: ConversationLimits, listener: ConversationListener) {
    this.#limits = limits;
    this.#inbox = new Inbox(limits);
    this.#replies = new Replies(this.#expected, this.#names, this.toClient, listener);
  }

  get backlog(): number {
    return this.#inbox.backlog;
  }

  get quiet(): boolean {
    return this.#expected.length === 0;
  }

  get transaction(): TransactionState {
    return this.#replies.transaction;
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

  next(): Step | 'unsettled' | undefined {
    if (this.#step !== undefined) return this.#step;
    const part = this.#inbox.head;
    if (part === undefined) return undefined;
    const step = this.#skipping ? passingStep(part) : analyse(part, this.#names, this.#limits);
    if (step !== 'unsettled') this.#step = step;
    return step;
  }

  forward(step: Step): void {
    const taken = this.#take(step);
    this.#add(taken, undefined, () => this.#forward(taken));
  }

  refuse(step: Step, at: number, refusal: Refusal): void {
    const taken = this.#take(step);
    const place = at < 0 ? 0 : (taken.places[at] ?? taken.refusalPlace);
    this.#add(taken, refusal, () => this.#refuse(taken, place, refusal));
  }

  sent(): void {
    this.#unsent = [];
  }

  recall(refusal: Refusal): readonly Step[] {
    const unsent = this.#unsent;
    const replies = unsent.reduce((sum, entry) => sum + entry.replies, 0);
    for (const entry of this.#expected.truncate(this.#expected.length - replies)) this.#forget(entry);
    this.toDatabase.take();
    this.#unsent = [];
    this.#skipping = unsent[0]?.skipping ?? this.#skipping;
    for (const { step, refusal: own } of unsent) this.#add(step, refusal, () => this.#refuse(step, 0, own ?? refusal));
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
    return this.#replies.atBoundary ? encodeRefusal(refusal, 'FATAL') : Buffer.alloc(0);
  }

  transcript(step: Step): string {
    return transcript(step.statements);
  }

  /** Takes the step off the inbox, unless it was recalled and is off it already. */
  #take(step: Step): PostgresStep {
    if (this.#step === step) {
      this.#step = undefined;
      this.#inbox.shift();
    }
    return step as PostgresStep;
  }

  /** Notes what a step adds, so that it can be taken back until it is written. */
  #add(step: PostgresStep, refusal: Refusal | undefined, act: () => void): void {
    const before = this.#expected.length;
    const skipping = this.#skipping;
    act();
    this.#unsent.push({ step, refusal, skipping, replies: this.#expected.length - before });
  }

  #forward({ part, reactions }: PostgresStep): void {
    if (part.kind === 'data') return this.#data(part);
    if (this.#skipping) return this.#resync(part);
    for (const [index, reaction] of reactions.entries()) this.#send(part.frames[index] as Frame, reaction);
    if (part.kind === 'terminate') this.#bytes(part.frames[0] as Frame);
    if (endsSegment(part)) this.#names.segment++;
  }

  /** Frames before `place` go as they came, that one is replaced, those after it are dropped. */
  #refuse({ part, reactions }: PostgresStep, place: number, refusal: Refusal): void {
    if (part.kind === 'data' || part.kind === 'terminate' || this.#skipping) return this.#resync(part);
    for (const [index, reaction] of reactions.slice(0, place).entries()) this.#send(part.frames[index] as Frame, reaction);
    if (part.kind === 'query') {
      this.toDatabase.add(PLACEHOLDER_QUERY);
      this.#expected.push({ kind: 'refused_query', refusal, answered: false });
      this.#names.segment++;
      return;
    }
    this.toDatabase.add(placeholderExecute());
    this.#expected.push({ kind: 'refused_execute', refusal, answered: false });
    this.#skipping = true;
    this.#resync(part);
  }

  /** In the same turn as what still waits to be written, the bytes must outlive the chunk. */
  #data(part: Part & { kind: 'data' }): void {
    if (this.#skipping) return;
    this.toDatabase.add(part.owned || this.toDatabase.bytes === 0 ? part.bytes : Buffer.from(part.bytes));
  }

  #send(frame: Frame, reaction: Reaction): void {
    this.#bytes(frame);
    const expected = this.#expectation(reaction);
    if (expected !== undefined) this.#expected.push(expected);
  }

  #expectation(reaction: Reaction): Expected | undefined {
    switch (reaction.kind) {
      case 'parse':
      case 'bind':
      case 'close':
        this.#names.begin(reaction.change);
        return reaction;
      case 'describe':
      case 'sync':
        return { kind: reaction.kind };
      case 'execute':
      case 'query':
        return { kind: reaction.kind, statement: reaction.statement, progress: noProgress(this.#sqlChanges(reaction.statement)) };
      case 'flush':
        return undefined;
    }
  }

  /** Changes to names by SQL commands, announced like those by messages. */
  #sqlChanges(statement: Statement): readonly (readonly Change[])[] {
    if (statement.names.length === 0) return NO_CHANGES;
    const changes = statement.names.map((uses) => changesOf(statement, uses, this.#names.segment, (text) => new StatementText(text)));
    for (const change of changes.flat()) this.#names.begin(change);
    return changes;
  }

  #bytes({ bytes, start, end }: Frame): void {
    this.toDatabase.range(bytes, start, end);
  }

  /** While skipping, only the Sync that ends it goes on. */
  #resync(part: Part): void {
    if (part.kind === 'terminate') this.#bytes(part.frames[0] as Frame);
    if (part.kind !== 'segment' || !part.sync) return;
    const sync = part.frames.at(-1) as Frame;
    if (sync.type !== Frontend.Sync) throw new Error('a segment that ends with Sync must end with Sync');
    this.#bytes(sync);
    this.#expected.push({ kind: 'sync' });
    this.#skipping = false;
    this.#names.segment++;
  }

  #forget(entry: Expected): void {
    if ('change' in entry) this.#names.abandon(entry.change);
    if ('progress' in entry) for (const change of entry.progress.changes.flat()) this.#names.abandon(change);
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

const NO_CHANGES: readonly (readonly Change[])[] = [];

const endsSegment = (part: Part): boolean => part.kind === 'query' || (part.kind === 'segment' && part.sync);

function meaningText(found: Lookup<Meaning>): NameMeaning {
  if (typeof found === 'string') return found;
  return { text: found.meaning instanceof StatementText ? found.meaning.text : found.meaning.source.text };
}
