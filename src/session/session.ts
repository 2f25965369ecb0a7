/** One agent's connection, whatever the protocol: two wires, a conversation, and the way of each statement between them. */

import type { Agent } from '../identity/agent.ts';
import type { Policy } from '../policy/verdict.ts';
import type { Conversation, NameMeaning, TransactionState } from '../protocol/conversation.ts';
import type { Admitted } from '../protocol/door.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { isPlain, type Step } from '../protocol/statement.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Reading } from '../sql/facts.ts';
import type { Database } from './database.ts';
import { Forms } from './forms.ts';
import { HoldAborted } from './gate.ts';
import { Holding, type HoldRuling } from './holding.ts';
import type { Judgement } from './judge.ts';
import type { SessionParts } from './parts.ts';
import { type CancelRuling, recordRefusal, recordRun, rule, type Ruling, WHOLE } from './query-path.ts';
import { Pressure } from './pressure.ts';
import { ending, internal, journalUnavailable, unknownSession } from './refusals.ts';
import { ReplyPath } from './reply-path.ts';
import { RowPath } from './rows/row-path.ts';
import type { SessionState } from './states.ts';

export class Session {
  readonly id: string;
  readonly agent: Agent;
  readonly database: Database;
  readonly parts: SessionParts;
  readonly conversation: Conversation;
  readonly startedAt: number;
  readonly forms = new Forms(this);
  readonly rows = new RowPath(this);
  readonly #admitted: Admitted;
  readonly #replies: ReplyPath;
  readonly #pressure: Pressure;
  readonly #onClosed: () => void;
  #state: SessionState = 'ready';
  /** Ends the hold under way. */
  #hold: Holding | undefined;
  /** Is a callback of the journal's batch under way, which will write what waits for the database? */
  #flushing = false;
  #clientGone = false;
  #bytesIn = 0;
  #bytesOut = 0;
  lastActive: number;

  constructor(id: string, admitted: Admitted, parts: SessionParts, onClosed: () => void) {
    this.id = id;
    this.#admitted = admitted;
    this.parts = parts;
    this.#onClosed = onClosed;
    this.agent = admitted.agent;
    this.database = parts.database(admitted.database.name);
    this.startedAt = parts.clock.now();
    this.lastActive = parts.clock.monotonic();
    this.#replies = new ReplyPath(this, admitted.attributes);
    this.conversation = admitted.converse(this.#replies, this.database.understanding);
    this.#pressure = new Pressure({ ...admitted, conversation: this.conversation, buffered: parts.buffered, rows: this.rows });
    this.#replies.settings.begin(admitted.startup);
    for (const [name, value] of admitted.settings) this.#replies.setting(name, value);
  }

  // What the judge asks.
  get clock(): Clock { return this.parts.clock; }
  get transaction(): TransactionState { return this.conversation.transaction; }
  get transactionSince(): number { return this.#replies.transactionSince; }
  get redefines(): boolean { return this.#replies.redefines || this.database.redefining; }
  policy(): Policy { return this.parts.policy(); }
  get reading(): Reading | undefined { return this.#replies.settings.reading(this.database.understanding); }
  /** Does the agent see only masks of something? */
  get veiled(): boolean { return this.database.veils(this.agent, this.policy()); }
  prepared(name: string): NameMeaning { return this.conversation.prepared(name); }
  cursor(name: string): NameMeaning { return this.conversation.cursor(name); }

  // What the directory shows.
  get state(): 'idle' | 'running' | 'held' { return this.#held ? 'held' : this.conversation.quiet ? 'idle' : 'running'; }
  get statements(): number { return this.#replies.statements; }
  get upstreamId(): number | undefined { return this.#admitted.upstreamId; }
  get request(): string | undefined { return this.#hold?.request ?? this.rows.request; }
  get client(): { readonly remote: string; readonly encrypted: boolean } { return this.#admitted.client; }
  /** Does the agent want to be told at once instead of waiting? */
  get defers(): boolean { return this.#replies.defers; }
  get context(): Readonly<Record<string, string>> { return this.#replies.context; }
  /** What an approval is bound to beside the bytes. */
  meaningfulSettings(): readonly (readonly [string, string])[] { return this.#replies.settings.meaningful(); }

  start(): void {
    const { client, upstream, rest } = this.#admitted;
    upstream.start({
      bytes: (chunk) => this.#guard(() => this.#reply(chunk)),
      drained: () => this.#pressure.onClient(),
      ended: () => this.#upstreamClosed(),
      closed: () => this.#upstreamClosed(),
    });
    client.start({
      bytes: (chunk) => this.#guard(() => this.#receive(chunk)),
      drained: () => this.#pressure.onDatabase(),
      ended: () => this.#clientEnded(),
      closed: (error) => this.close(error === undefined ? 'the agent closed the connection' : `the agent's connection broke: ${error.message}`),
    });
    this.#guard(() => {
      if (rest.upstream.length > 0) this.#reply(rest.upstream);
      if (rest.client.length > 0) this.#receive(rest.client);
    });
  }

  /** The agent asks for what it has running to be cancelled. */
  cancel(): void {
    const held = this.rows.held ? this.rows : this.conversation.quiet ? this.#hold : undefined;
    this.parts.journal.append({ kind: 'cancel', session: this.id, by: 'agent', what: held === undefined ? 'running' : 'held' });
    if (held === undefined) void this.cancelDatabase();
    else held.abort(new HoldAborted('cancelled by the agent', { code: 'cancelled', message: 'canceling statement due to user request' }));
  }

  /** Has the database cancel what it runs for the agent. Resolves when it was told, or can't be. */
  async cancelDatabase(): Promise<void> {
    await this.#admitted.cancelUpstream().catch((error: unknown) => this.parts.log.warn({ err: error, session: this.id }, 'session: the database could not be told to cancel'));
  }

  /** Ends the session with a last word. What runs at the database is cancelled, what is held withdrawn. */
  end(refusal: Refusal): void {
    if (this.#state === 'closed') return;
    const running = !this.conversation.quiet;
    const last = this.conversation.fatal(refusal);
    this.#admitted.client.write([...this.conversation.toClient.take(), last]);
    if (running) this.#admitted.cancelUpstream().catch(() => {}); // it ends with its connection anyway, only later
    this.close(refusal.message);
  }

  /** Ends the session without a word. */
  close(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#hold?.abort(new HoldAborted(reason));
    this.rows.abort(new HoldAborted(reason));
    this.#admitted.client.end();
    this.#admitted.upstream.end();
    this.#pressure.release();
    this.#replies.abandon();
    this.parts.journal.append({ kind: 'session.end', session: this.id, reason, statements: this.statements, bytesIn: this.#bytesIn, bytesOut: this.#bytesOut });
    this.#onClosed();
  }

  #receive(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    this.#bytesIn += chunk.length;
    this.lastActive = this.clock.monotonic();
    this.conversation.receive(chunk);
    this.#pump();
    this.conversation.keep();
    this.#account();
  }

  #reply(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    this.#bytesOut += chunk.length;
    this.conversation.reply(chunk);
    this.#afterReply();
  }

  #afterReply(): void {
    this.flushClient();
    this.#replies.settled();
    if (this.#state === 'ready') this.#pump();
    if (this.conversation.toDatabase.bytes > 0 && !this.#flushing) this.#write();
    if (this.#clientGone) this.#closeWhenDone();
  }

  flushClient(): void {
    this.#admitted.client.write(this.conversation.toClient.take());
    this.#pressure.onDatabase();
  }

  /** Goes on with replies that had to wait. */
  replied(act: () => void): void {
    if (this.#state === 'closed') return;
    this.#guard(() => {
      act();
      this.#afterReply();
    });
  }

  #account(): void {
    if (this.#state !== 'closed') this.#pressure.account();
  }

  get #held(): boolean {
    return this.#state === 'held' || this.rows.held;
  }

  /** Takes steps as far as nothing must be waited for. */
  #pump(): void {
    while (this.#state === 'ready' && !this.rows.busy) {
      const step = this.conversation.next();
      if (step === 'unsettled' && this.conversation.toDatabase.bytes > 0 && !this.#flushing) this.#write();
      if (step === undefined || step === 'unsettled') break;
      if (isPlain(step)) this.#pass(step);
      else {
        const ruling = rule(this, step);
        if (ruling instanceof Promise) this.#await(step, ruling);
        else this.#follow(step, ruling);
      }
    }
    this.#pressure.onClient();
  }

  /** What runs nothing needs no record. */
  #pass(step: Step): void {
    // What isn't written in this turn must outlive the chunk it lies in.
    if (this.#flushing && step.transient) this.conversation.keep();
    this.conversation.forward(step);
    if (step.terminate) this.#clientGone = true;
    if (this.#flushing) return;
    this.#write();
    if (step.terminate) this.#closeWhenDone();
  }

  /** The agent sends nothing more: what it has asked for is still answered. */
  #closeWhenDone(): void {
    const { quiet, awaitsClient, waiting } = this.conversation;
    if (this.#state === 'ready' && !this.#flushing && (quiet || awaitsClient) && !waiting) this.close('the agent closed the connection');
  }

  #await(step: Step, ruling: Promise<Ruling>): void {
    this.#state = 'judging';
    ruling.then((given) => this.#resume(() => this.#follow(step, given)), (error: unknown) => this.fail(error));
  }

  #follow(step: Step, ruling: Ruling): void {
    if (ruling.do === 'run') this.#run(step, ruling.judgements);
    else if (ruling.do === 'refuse') this.#refuse(step, ruling.at, ruling.refusal, ruling.judgements);
    else if (ruling.do === 'cancel') this.#cancelOther(step, ruling);
    else this.#startHold(step, ruling);
  }

  #run(step: Step, judgements: readonly Judgement[]): void {
    recordRun(this, step, judgements);
    this.#forward(step);
  }

  #forward(step: Step): void {
    this.#replies.started(step);
    this.conversation.forward(step);
    this.#flush();
  }

  #refuse(step: Step, at: number, refusal: Refusal, judgements: readonly Judgement[], request?: string): void {
    const before: Step = at === WHOLE ? { ...step, statements: [], prepares: [], continues: [] } : { ...step, statements: step.statements.slice(0, at) };
    recordRun(this, before, judgements);
    recordRefusal(this, step, judgements, at, refusal, request);
    this.#replies.started(before);
    this.conversation.refuse(step, at, refusal);
    this.#flush();
  }

  /** The database never hears of it: its own numbers for connections are nothing an agent may choose from. */
  #cancelOther(step: Step, { cancels, judgements }: CancelRuling): void {
    if (!this.parts.cancel(this, cancels)) return this.#refuse(step, 0, unknownSession(cancels.connection), judgements);
    if (this.#state === 'closed') return;
    this.conversation.satisfy(step);
    this.#flush();
  }

  #startHold(step: Step, ruling: HoldRuling): void {
    if (this.#clientGone) return this.close('the agent closed the connection before a statement that needs approval');
    const holding = new Holding(this, step, ruling);
    this.#state = 'held';
    this.#hold = holding;
    this.#endHold(holding, step, ruling).catch((error: unknown) => this.fail(error));
  }

  async #endHold(holding: Holding, step: Step, ruling: HoldRuling): Promise<void> {
    const outcome = await holding.outcome();
    this.#hold = undefined;
    if (outcome !== 'gone') this.#resume(() => (outcome === 'run' ? this.#forward(step) : this.#refuse(step, outcome.at, outcome.refusal, ruling.judgements, outcome.request)));
  }

  /** Resolves when the database has answered all that was sent, which is sent on its way for that. */
  settled(signal: AbortSignal): Promise<void> {
    this.conversation.hasten();
    if (!this.#flushing) this.#write();
    return this.#replies.quiet(signal);
  }

  /** Tells the agent something while it waits. */
  notify(message: string, detail: string, hint: string): void {
    this.conversation.notice(message, detail, hint);
    this.flushClient();
  }

  #resume(act: () => void): void {
    if (this.#state === 'closed') return;
    this.#state = 'ready';
    this.#guard(() => {
      act();
      this.#pump();
      this.#account();
    });
  }

  /** Writes what waits for the database as soon as its records are written. */
  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.parts.journal.written(this.#recorded);
  }

  readonly #recorded = (failure?: Error): void => {
    this.#flushing = false;
    if (this.#state === 'closed') return;
    this.#guard(() => {
      if (failure !== undefined) this.#replies.recalled(this.conversation.recall(journalUnavailable));
      this.#write();
      if (this.#clientGone) this.#closeWhenDone();
    });
  };

  #write(): void {
    this.#admitted.upstream.write(this.conversation.toDatabase.take());
    this.conversation.sent();
    if (this.conversation.toClient.bytes === 0) return;
    this.flushClient();
    this.#replies.settled();
  }

  #clientEnded(): void {
    // It sends nothing more, but what it has sent may still be answered, unless it waits for people.
    if (this.#held) return this.close('the agent closed the connection');
    this.#clientGone = true;
    this.#closeWhenDone();
  }

  #upstreamClosed(): void {
    if (this.#state === 'closed') return;
    if (this.#clientGone) this.close('the agent closed the connection');
    else this.end({ code: 'upstream_unavailable', message: 'the database closed the connection', hint: 'Connect again.' });
  }

  fail(error: unknown): void {
    this.#guard(() => {
      throw error;
    });
  }

  /** An error ends this session, and only this one. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      const refusal = ending(error);
      if (refusal === undefined) this.parts.log.error({ err: error, session: this.id }, 'session: ended by an error of the proxy');
      this.end(refusal ?? internal);
    }
  }
}
