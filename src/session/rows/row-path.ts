/**
 * The way of a session's rows, where a policy counts them: they pass as far as its budgets reach. The row that is over waits, and with it all that
 * the database sends behind it, until people let it pass; or the statement is cancelled, and ends in an error.
 */

import type { RowBudget } from '../../policy/verdict.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import type { Statement } from '../../protocol/statement.ts';
import type { Facts } from '../../sql/facts.ts';
import type { HoldAborted } from '../gate.ts';
import type { Judgement, StatementContext } from '../judge.ts';
import type { Session } from '../session.ts';
import { Meter } from './meter.ts';
import { HourPot, type Pot, sessionPot, statementPot } from './pot.ts';
import { RowStop } from './row-stop.ts';

/** Effects that leave nothing behind. */
const PASSING: ReadonlySet<string> = new Set(['read', 'export', 'lock', 'session']);

/** Does it do no harm if it is done when it was to be cancelled? */
function isHarmless({ effects, statements }: Facts): boolean {
  return effects.every(({ effect }) => PASSING.has(effect)) &&
    statements.every(({ settings, names }) => settings.length === 0 && names.every(({ use }) => use === 'execute' || use === 'fetch'));
}

export class RowPath {
  readonly #session: Session;
  /** Of the session as a whole, by rule. */
  readonly #pots = new Map<string, Pot>();
  #stop: RowStop | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Do rows wait? Then nothing more may be read from the database. */
  get waiting(): boolean {
    return this.#stop !== undefined && !this.#stop.cutsOff;
  }

  /** Do rows wait, or are they being cut off? Then nothing more may be sent to the database. */
  get busy(): boolean {
    return this.#stop !== undefined;
  }

  get request(): string | undefined {
    return this.#stop?.request;
  }

  /** Are people asked whether they may go on? */
  get held(): boolean {
    return this.#stop?.asks === true;
  }

  /** Ends the wait for people. */
  abort(reason: HoldAborted): void {
    this.#stop?.abort(reason);
  }

  /** Before the statement is forwarded. */
  watch(statement: Statement, { verdict: { budgets = NONE }, runs = NONE }: Judgement): void {
    if (budgets.length === 0 && runs.length === 0) return;
    // FETCH goes on with the rows of its cursor's statement.
    const pots = [...budgets.map((budget) => this.#potOf(budget)), ...runs.flatMap(({ meter }) => (meter instanceof Meter ? meter.pots : []))];
    if (pots.length > 0) statement.meter = new Meter([...new Set(pots)], (meter) => this.#halt(statement, meter));
  }

  /** It has ended, or its rows have for now. */
  ended({ meter }: Statement): void {
    if (meter instanceof Meter) meter.rest();
    // A run of a cursor has the meter of the statement that declared it.
    if (this.#stop?.statement.meter === meter) this.#stop?.ended.resolve();
  }

  #potOf(budget: RowBudget): Pot {
    if (budget.per === 'statement') return statementPot(budget);
    if (budget.per === 'hour') return new HourPot(budget, this.#session.agent.name, this.#session.parts.hourCounts);
    const there = this.#pots.get(budget.rule);
    // A policy that was changed since may count otherwise.
    if (there?.budget.rows === budget.rows && there.budget.observed === budget.observed) return there;
    const pot = sessionPot(budget);
    this.#pots.set(budget.rule, pot);
    return pot;
  }

  #halt(statement: Statement, meter: Meter): void {
    const stop = new RowStop(this.#session, statement, meter);
    this.#stop = stop;
    this.#follow(stop).catch((error: unknown) => this.#session.fail(error));
  }

  async #follow(stop: RowStop): Promise<void> {
    const outcome = await stop.outcome();
    if (outcome === 'pass') this.#pass();
    else if (outcome !== 'gone') await this.#cut(stop, outcome.refusal);
  }

  #pass(): void {
    this.#session.replied(() => {
      this.#stop = undefined;
      this.#session.conversation.resumeRows();
    });
  }

  async #cut(stop: RowStop, refusal: Refusal): Promise<void> {
    const session = this.#session;
    const { judgement } = stop.statement.context as StatementContext;
    // First, so that a database that waits for its rows to be read goes no further; and a late cancellation would meet what is sent next.
    await session.cancelDatabase();
    stop.cutsOff = true;
    session.replied(() => session.conversation.cutRows({ refusal, harmless: isHarmless(judgement.facts) }));
    await stop.ended.promise;
    session.replied(() => {
      // Rows of what was sent before may have been stopped meanwhile.
      if (this.#stop === stop) this.#stop = undefined;
    });
  }
}

const NONE: readonly never[] = [];
