/** Rows that have to wait: until it is known how many more may pass, or until people have decided whether they do. */

import { overrun } from '../../policy/budgets.ts';
import type { RowBudget } from '../../policy/verdict.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import type { Statement } from '../../protocol/statement.ts';
import { type HoldAborted, measured, type Passage, passGate } from '../gate.ts';
import { tellHeld } from '../holding.ts';
import type { Judgement, StatementContext } from '../judge.ts';
import { draftRequest } from '../query-path.ts';
import { cutOff, denied } from '../refusals.ts';
import type { Session } from '../session.ts';
import { traceHold } from '../traced.ts';
import type { Meter } from './meter.ts';

/** `pass`: the rows go on. `gone`: nobody is there any more. */
export type StopOutcome = 'pass' | 'gone' | { readonly refusal: Refusal };

export class RowStop {
  readonly statement: Statement;
  readonly #session: Session;
  readonly #meter: Meter;
  readonly #abort = new AbortController();
  /** Is the statement on its way to its end, without its rows? */
  cutsOff = false;
  readonly ended = Promise.withResolvers<void>();
  /** Are people asked? */
  asks = false;
  /** What they see, once they can. */
  request: string | undefined;

  constructor(session: Session, statement: Statement, meter: Meter) {
    this.#session = session;
    this.statement = statement;
    this.#meter = meter;
  }

  /** Ends the wait; a request is withdrawn. */
  abort(reason: HoldAborted): void {
    this.#abort.abort(reason);
  }

  async outcome(): Promise<StopOutcome> {
    for (let pot = this.#meter.empty; pot !== undefined; pot = this.#meter.empty) {
      await pot.refill?.();
      if (pot.left > 0) continue;
      if (pot.budget.observed === true) {
        this.#observe(pot.budget);
        this.#meter.passBeyond(pot);
        continue;
      }
      this.asks = true;
      const passage = await this.#ask(pot.budget);
      this.asks = false;
      this.request = undefined;
      if (passage === 'gone') return 'gone';
      if ('refusal' in passage) return { refusal: cutOff(passage.refusal) };
      this.#context.requests.push(passage.request.id);
      this.#meter.passBeyond(pot);
    }
    return 'pass';
  }

  #observe({ rule, action, per, rows }: RowBudget): void {
    this.#session.parts.journal.append({ kind: 'overrun', session: this.#session.id, statement: this.statement.record, rule, action, per, rows });
  }

  get #context(): StatementContext {
    return this.statement.context as StatementContext;
  }

  async #ask(budget: RowBudget): Promise<Passage> {
    const { judgement: before } = this.#context;
    const judgement: Judgement = { ...before, verdict: overrun(before.verdict, budget) };
    const { hold } = judgement.verdict;
    if (hold === undefined) return { refusal: denied(judgement) };
    const session = this.#session;
    const { statement } = this;
    return measured(session.parts, () => passGate(session.parts, {
      session: session.id, draft: { ...draftRequest(session, [statement], judgement, hold), rowsSent: this.#meter.passed }, record: statement.record,
      statements: [statement], settings: [...session.meaningfulSettings(), ['rows_over', JSON.stringify([budget.rule, budget.per, budget.rows])]],
      judgement, signal: this.#abort.signal,
      announce: (request) => {
        this.request = request.id;
        tellHeld(session, request, judgement);
      },
      // It runs already; only its rows wait.
      judgeAgain: () => Promise.resolve(judgement),
    }), (how) => traceHold(session, statement.source.text, budget.rule, how));
  }
}
