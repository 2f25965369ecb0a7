/** What the session learns from the database's replies: outcomes, settings, the transaction, changes of the catalog. */

import { GUARD_ERROR } from '../masking/guard.ts';
import type { ConversationListener, TransactionState } from '../protocol/conversation.ts';
import type { Outcome, Statement, Step } from '../protocol/statement.ts';
import type { StatementContext } from './judge.ts';
import type { Session } from './session.ts';
import { Settings } from './settings.ts';
import { traceOutcome } from './traced.ts';
import { type Traits, traitsOf } from './traits.ts';

export class ReplyPath implements ConversationListener {
  readonly settings: Settings;
  readonly #session: Session;
  readonly #attributes: Readonly<Record<string, string>>;
  /** Let through and not ended: those that let others see new meanings of names as soon as they succeed. */
  readonly #announced = new Set<Statement>();
  /** Portals that gave as many rows as were asked for. Most are never asked for more: they end with the transaction. */
  readonly #suspended = new Map<Statement, Outcome>();
  #waiting: (() => void)[] = [];
  #transaction: TransactionState = 'idle';
  #failed = false;
  statements = 0;
  transactionSince = 0;
  /** Has the open transaction redefined names? */
  #redefined = false;
  /** Sent, not ended, and about to redefine names: what is judged now runs behind them. */
  readonly #redefining = new Set<Statement>();
  /** Has the open transaction changed the catalog, which others only see when it is committed? */
  #changes = false;

  constructor(session: Session, attributes: Readonly<Record<string, string>>) {
    this.#session = session;
    this.settings = new Settings(session.id);
    this.#attributes = attributes;
  }

  get redefines(): boolean {
    return this.#redefined || this.#redefining.size > 0;
  }

  get defers(): boolean {
    return (this.settings.get('countersign.hold') ?? this.#attributes['countersign.hold']) === 'defer';
  }

  /** What the agent says of itself and its purpose. */
  get context(): Readonly<Record<string, string>> {
    const reason = this.settings.get('countersign.reason') ?? this.#attributes['countersign.reason'];
    return { ...this.#attributes, ...(reason === undefined ? {} : { 'countersign.reason': reason }) };
  }

  started(step: Step): void {
    for (const statement of step.statements) {
      this.statements++;
      const traits = traitsOfStatement(statement);
      if (traits?.remarkable !== true) continue;
      if (this.#makesVisible(traits)) this.#announce(statement);
      if (traits.redefines) this.#redefining.add(statement);
    }
  }

  /** They never left: the journal could not be written. */
  recalled(steps: readonly Step[]): void {
    for (const step of steps) this.lost(step, 'journal_unavailable');
  }

  /** Recorded or released, but never sent. */
  lost(step: Step, code: string): void {
    for (const statement of step.statements) {
      this.#redefining.delete(statement);
      if (this.#announced.delete(statement)) this.#session.database.redefine(-1);
      this.#finish(statement, { rows: 0, bytes: 0, error: { code, message: 'not run' } });
    }
  }

  completed(statement: Statement, index: number, tag?: string): void {
    const traits = traitsOfStatement(statement);
    if (traits?.remarkable !== true) return;
    const all = judgementOf(statement)?.facts;
    const facts = all?.statements[index];
    if (traits.setsAnything) this.settings.doubt();
    if (facts === undefined || all === undefined) return;
    // What it ran by name stands behind the batch's own statements, which of them has run can't be told.
    if (facts.names.some(({ use }) => use === 'execute') && all.statements.some((other) => other !== facts && other.settings.length > 0)) this.settings.doubt();
    if (facts.names.some((name) => name.use === 'discard' && name.what === 'all')) this.settings.clear();
    this.settings.apply(facts.settings);
    // COMMIT of a failed transaction rolls back, and says so.
    if (facts.transaction !== undefined && this.#session.conversation.settingsRollBack) this.settings.transaction(tag === 'ROLLBACK' ? 'rollback' : facts.transaction);
  }

  ended(statement: Statement, outcome: Outcome): void {
    if (outcome.suspended === true) this.#suspended.set(statement, outcome);
    else if (this.#suspended.size > 0) this.#suspended.delete(statement);
    if (outcome.error !== undefined) this.#noteError(outcome.error);
    if (statement.meter !== undefined) this.#session.rows.ended(statement);
    this.#record(statement, outcome);
    if (outcome.suspended !== true) traceOutcome(this.#session, statement, outcome);
    const traits = traitsOfStatement(statement);
    if (traits?.remarkable === true) this.#noteEnd(statement, outcome, traits);
    if (outcome.suspended !== true) this.#finish(statement, outcome);
  }

  #noteError(told: NonNullable<Outcome['error']>): void {
    this.#failed = true;
    if (told.code !== GUARD_ERROR.code || told.message !== GUARD_ERROR.message) return;
    this.#session.database.relearn().catch((cause: unknown) => this.#session.parts.log.warn({ err: cause }, 'session: the catalog has changed, and could not be read again'));
  }

  #noteEnd(statement: Statement, outcome: Outcome, traits: Traits): void {
    if (traits.setsAnything) this.#session.database.mayHaveChanged();
    if (traits.changesCatalog) {
      this.#changes = true;
      this.#redefined ||= traits.redefines;
    }
    if (outcome.suspended !== true) this.#redefining.delete(statement);
    if (this.#announced.delete(statement)) {
      this.#session.database.changed();
      this.#session.database.redefine(-1);
    }
  }

  ready(status: TransactionState, failed: boolean): void {
    if (failed) this.#failed = true;
    if (this.#transaction === 'idle' && status !== 'idle') this.transactionSince = this.#session.clock.monotonic();
    if (status === 'failed') this.#failed = true;
    if (status === 'idle') this.#idle();
    this.#transaction = status;
  }

  setting(name: string, value: string): void {
    this.settings.report(name, value);
  }

  reset(): void {
    this.settings.clear();
  }

  /** Replies have come. */
  settled(): void {
    if (this.#waiting.length > 0 && this.#session.conversation.quiet) this.#wake();
  }

  /** Resolves when the database has answered all that was sent. */
  quiet(signal: AbortSignal): Promise<void> {
    if (this.#session.conversation.quiet) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  /** The session is over: what ran has no known outcome. */
  abandon(): void {
    this.#settleSuspended();
    for (const statement of this.#session.conversation.outstanding()) {
      this.ended(statement, { rows: 0, bytes: 0, error: { code: 'connection_lost', message: 'the session ended before the statement did' } });
    }
    this.#redefining.clear();
    for (const _ of this.#announced) this.#session.database.redefine(-1);
    this.#announced.clear();
    this.#wake();
  }

  #record(statement: Statement, { rows, bytes, tag, error, suspended, hits }: Outcome): void {
    const { id: session, parts: { journal, clock } } = this.#session;
    const us = Math.round((clock.monotonic() - statement.startedAt) * 1000);
    if (error === undefined && suspended !== true && hits === undefined) journal.ended([session, statement.record, rows, bytes, us, tag ?? '']);
    else journal.append({ kind: 'outcome', session, statement: statement.record, rows, bytes, ms: us / 1000, ...(tag === undefined ? {} : { tag }), ...(error === undefined ? {} : { error }), ...(hits === undefined ? {} : { hits }) });
  }

  #settleSuspended(): void {
    for (const [statement, outcome] of this.#suspended) {
      traceOutcome(this.#session, statement, outcome);
      this.#finish(statement, outcome);
    }
    this.#suspended.clear();
  }

  #idle(): void {
    this.#settleSuspended();
    this.settings.idle(this.#failed && this.#session.conversation.settingsRollBack);
    this.#failed = false;
    this.#redefined = false;
    this.#forgetUnsent();
    if (this.#changes) this.#session.database.changed();
    this.#changes = false;
  }

  #finish(statement: Statement, { tag, rows, error }: Outcome): void {
    const requests = (statement.context as StatementContext | undefined)?.requests ?? [];
    const ms = this.#session.clock.monotonic() - statement.startedAt;
    for (const request of requests) this.#session.parts.approvals.finish(request, { rows, ms, ...(tag === undefined ? {} : { tag }), ...(error === undefined ? {} : { error: `${error.code}: ${error.message}` }) });
  }

  /** Portals that were bound and never executed are gone with their transaction. */
  #forgetUnsent(): void {
    if (this.#redefining.size === 0 && this.#announced.size === 0) return;
    const outstanding = new Set(this.#session.conversation.outstanding());
    for (const statement of this.#redefining) if (!outstanding.has(statement)) this.#redefining.delete(statement);
    for (const statement of this.#announced) if (!outstanding.has(statement) && this.#announced.delete(statement)) this.#session.database.redefine(-1);
  }

  /** Will it, by itself or by committing, show others new functions, types or operators? */
  #makesVisible(traits: Traits): boolean {
    return (this.redefines && traits.commits) || (this.#transaction === 'idle' && traits.redefines);
  }

  #announce(statement: Statement): void {
    this.#announced.add(statement);
    this.#session.database.redefine(1);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

function judgementOf(statement: Statement): StatementContext['judgement'] | undefined {
  return (statement.context as StatementContext | undefined)?.judgement;
}

function traitsOfStatement(statement: Statement): Traits | undefined {
  const judgement = judgementOf(statement);
  return judgement && traitsOf(judgement.facts);
}
