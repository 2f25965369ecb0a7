/** One hold, from the session's side: wait until what came before is answered, pass the gate, record, and only then run. */

import type { ApprovalRequest } from '../approval/request.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Step } from '../protocol/statement.ts';
import { type HoldAborted, measured, passGate, recorded } from './gate.ts';
import { type Judgement, judgeAll, judgeTogether, passes } from './judge.ts';
import { transcript } from '../protocol/parameters.ts';
import { draftRequest, recordRun, type Ruling } from './query-path.ts';
import { cancelledWhileHeld, holdDetail, journalUnavailable } from './refusals.ts';
import type { Session } from './session.ts';
import { traceHold } from './traced.ts';

/** What EXPLAIN takes, and what planning of it can't do more than read. */
const ESTIMATED: ReadonlySet<string> = new Set(['read', 'insert', 'update', 'delete']);
const ESTIMATED_KINDS: ReadonlySet<string> = new Set(['select', 'insert', 'update', 'delete', 'merge', 'replace', 'with']);

export type HoldRuling = Ruling & { readonly do: 'hold' };

/** `run`: recorded on disk, to be forwarded now. `gone`: nobody is there any more. */
export type HoldOutcome = 'run' | 'gone' | { readonly refusal: Refusal; readonly at: number; readonly request: string | undefined };

export class Holding {
  readonly #session: Session;
  readonly #step: Step;
  readonly #ruling: HoldRuling;
  readonly #abort = new AbortController();
  /** What people see, once they can. */
  request: string | undefined;

  constructor(session: Session, step: Step, ruling: HoldRuling) {
    this.#session = session;
    this.#step = step;
    this.#ruling = ruling;
  }

  /** Ends the wait; the request is withdrawn. */
  abort(reason: HoldAborted): void {
    this.#abort.abort(reason);
  }

  async outcome(): Promise<HoldOutcome> {
    const { together } = this.#ruling;
    const passage = await measured(this.#session.parts, () => this.#pass(), (how) => traceHold(this.#session, transcript(this.#step.statements), together.verdict.rule, how));
    this.request = undefined;
    if (passage === 'gone') return 'gone';
    return 'refusal' in passage ? this.#refused(passage.refusal, passage.asked) : this.#record(passage.request.id);
  }

  #pass(): ReturnType<typeof passGate> {
    const { together, terms } = this.#ruling;
    const session = this.#session;
    const { signal } = this.#abort;
    // What came before may still fail: only then is known what state the statement meets.
    return session.settled(signal).catch(() => {}).then(() => this.#estimate()).then((estimatedRows) => passGate(session.parts, {
      session: session.id, draft: { ...draftRequest(session, this.#step.statements, together, terms), ...(estimatedRows !== undefined && { estimatedRows }) },
      statements: this.#step.statements, settings: session.meaningfulSettings(), judgement: together, signal,
      announce: (request) => this.#announce(request), judgeAgain: () => this.#judgeAgain(),
    }));
  }

  /** Planning may run functions, so only of what calls none but harmless ones. */
  async #estimate(): Promise<number | undefined> {
    const [statement] = this.#step.statements;
    const { facts } = this.#ruling.together;
    const plain = facts.doubt === undefined && facts.statements.length === 1 && facts.effects.every(({ effect }) => ESTIMATED.has(effect));
    if (statement === undefined || this.#step.statements.length > 1 || !plain || !ESTIMATED_KINDS.has(facts.statements[0]?.kind ?? '')) return undefined;
    const { database } = this.#session;
    return database.estimate({ text: this.#ruling.together.veiling?.veil.form?.text ?? statement.source.text, parameters: statement.parameters, settings: new Map(this.#session.meaningfulSettings()) });
  }

  #announce(request: ApprovalRequest): void {
    this.request = request.id;
    tellHeld(this.#session, request, this.#ruling.together);
  }

  async #judgeAgain(): Promise<Judgement> {
    const judgements = await judgeAll(this.#session, this.#step.statements);
    const [only] = judgements;
    return only !== undefined && judgements.length === 1 ? only : judgeTogether(this.#session, judgements, transcript(this.#step.statements));
  }

  /** A released statement leaves when its record is on the disk, unless it was cancelled until then. */
  async #record(request: string): Promise<HoldOutcome> {
    const session = this.#session;
    const { journal, approvals, log } = session.parts;
    recordRun(session, this.#step, this.#ruling.judgements, request);
    try {
      await recorded(journal);
      await journal.durable();
    } catch (error) {
      log.error({ err: error, session: session.id, request }, 'session: a released statement could not be recorded and was refused');
      approvals.finish(request, { error: 'journal_unavailable: not run' });
      return this.#refused(journalUnavailable, request);
    }
    if (!this.#abort.signal.aborted) return 'run';
    const reason = this.#abort.signal.reason as HoldAborted;
    approvals.finish(request, { error: `${reason.refusal?.code ?? 'withdrawn'}: not run` });
    for (const { record } of this.#step.statements) {
      journal.append({ kind: 'outcome', session: session.id, statement: record, rows: 0, bytes: 0, ms: 0, error: { code: reason.refusal?.code ?? 'withdrawn', message: 'not run' } });
    }
    return reason.refusal === undefined ? 'gone' : this.#refused(cancelledWhileHeld(request), request);
  }

  #refused(refusal: Refusal, request: string | undefined): HoldOutcome {
    return { refusal, request, at: this.#ruling.judgements.findIndex((judgement) => !passes(judgement)) };
  }
}

/** Tells the agent that it waits, and how. */
export function tellHeld(session: Session, request: ApprovalRequest, judgement: Judgement): void {
  session.notify(
    `countersign: held for approval as ${request.id}: ${request.reason}`, JSON.stringify(holdDetail(request, judgement)),
    `Waiting up to ${roughly(request.expiresAt - session.clock.now())}. Cancel the statement to withdraw it${session.transaction === 'idle' ? '' : '; the open transaction keeps its locks meanwhile'}.`,
  );
}

/** A time limit for people: `30 s`, `15 min`. */
function roughly(ms: number): string {
  return ms < 120_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`;
}
