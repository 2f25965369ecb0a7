/**
 * What another policy would have made of recorded statements. It judges by what is on record: effects, tables, columns, kinds, rows that came,
 * the time, the agent's groups then. Two things aren't: how a statement used masked columns, and the transaction it ran in. Where the verdict depends on
 * one of these, it says so.
 */

import type { JournalEvent, JournalRecord, StatementEvent } from '../journal/events.ts';
import { cutOffBy, overrun } from '../policy/budgets.ts';
import type { Action, Policy, RowBudget, Verdict } from '../policy/verdict.ts';
import { type Group, Groups } from './groups.ts';
import { judgeRecorded } from './recorded-facts.ts';
import { RowTally } from './row-tally.ts';
import { type SeenStatement, type Sender, senderOf } from './traffic.ts';

/** Kinds of records it looks at. Sessions may have begun long before their statements. */
export const REPLAYED = ['session.start', 'session.end', 'statement', 'request.opened', 'overrun', 'outcome'] as const;

/** `pass`: it was held or denied. `unmask`: what was masked would be shown. */
export const CHANGES = ['hold', 'deny', 'mask', 'pass', 'unmask'] as const;
export type Change = (typeof CHANGES)[number];

interface Ruled {
  readonly action: Action;
  readonly rule: string;
}

export interface ReplayedChange extends Group {
  readonly change: Change;
  readonly old: Ruled;
  readonly new: Ruled & { readonly reason: string };
}

export interface Replayed {
  /** Version of the policy that judged. */
  readonly policy: string;
  readonly judged: number;
  readonly unchanged: number;
  /** Of sessions whose beginning isn't in the journal any more: nobody knows whose they are. */
  readonly strangers: number;
  readonly changes: readonly ReplayedChange[];
  readonly unsure: readonly (Group & { readonly why: string })[];
}

export interface ReplayOptions {
  readonly policy: Policy;
  /** Milliseconds since 1970; statements from the first on, and before the second. */
  readonly since: number;
  readonly until?: number;
}

export async function replayPolicy(records: AsyncIterable<JournalRecord>, options: ReplayOptions): Promise<Replayed> {
  const replay = new Replay(options);
  for await (const record of records) replay.take(record);
  return replay.result();
}

/** Judged, and more rows of it may be to come. */
interface Open {
  readonly statement: SeenStatement;
  old: Ruled;
  new: Verdict;
  rows: number;
  /** Did its rows have to wait, or were they cut off? Then there was one more than came, at least. */
  stopped: boolean;
}

interface SeenSession {
  readonly by: Sender;
  readonly open: Map<number, Open>;
}

/** Cursors that nobody reads to their end are forgotten, oldest first. */
const MOST_OPEN = 1000;

class Replay {
  readonly #options: ReplayOptions;
  readonly #sessions = new Map<string, SeenSession>();
  readonly #tally = new RowTally();
  readonly #changes = new Groups<Pick<ReplayedChange, 'change' | 'old' | 'new'>>();
  readonly #unsure = new Groups<{ readonly why: string }>();
  #judged = 0;
  #unchanged = 0;
  #strangers = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  take({ event, sequence, time }: JournalRecord): void {
    if (event.kind === 'statement') this.#statement(event, sequence, time);
    else if (event.kind === 'outcome') this.#came(event, Date.parse(time));
    else if (event.kind === 'request.opened') this.#waits(event);
    else if (event.kind === 'overrun') this.#ranOver(event);
    else if (event.kind === 'session.start') this.#sessions.set(event.session, { by: senderOf(event), open: new Map() });
    else if (event.kind === 'session.end') this.#end(event.session);
  }

  result(): Replayed {
    for (const session of this.#sessions.keys()) this.#end(session);
    const changes = this.#changes.all().toSorted((a, b) => CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change));
    return { policy: this.#options.policy.version, judged: this.#judged, unchanged: this.#unchanged, strangers: this.#strangers, changes, unsure: this.#unsure.all() };
  }

  #statement(event: StatementEvent, sequence: number, time: string): void {
    const { policy, since, until = Infinity } = this.#options;
    const at = Date.parse(time);
    if (at < since || at >= until) return;
    const session = this.#sessions.get(event.session);
    if (session === undefined) return void this.#strangers++;
    this.#judged++;
    const statement: SeenStatement = { sequence, time, event, by: session.by };
    const judged = judge(policy, statement);
    if (typeof judged === 'string') return this.#unsure.add(statement, { why: judged });
    const open: Open = { statement, old: { action: event.verdict, rule: event.rule }, new: judged, rows: 0, stopped: false };
    if (event.fate === 'refused') return this.#compare(open);
    session.open.set(sequence, open);
    const [oldest] = session.open.values();
    if (session.open.size > MOST_OPEN && oldest !== undefined) this.#close(session, oldest);
  }

  /** People were asked about its rows. */
  #waits({ session, statement, rule }: Extract<JournalEvent, { kind: 'request.opened' }>): void {
    const open = statement === undefined ? undefined : this.#sessions.get(session)?.open.get(statement);
    if (open !== undefined) Object.assign(open, { old: { action: 'hold', rule }, stopped: true } satisfies Partial<Open>);
  }

  /** They would have been asked, but for a policy that only observed. */
  #ranOver({ session, statement, action, rule }: Extract<JournalEvent, { kind: 'overrun' }>): void {
    const open = this.#sessions.get(session)?.open.get(statement);
    if (open !== undefined && (open.old.action === 'allow' || open.old.action === 'mask')) open.old = { action, rule };
  }

  #came({ session: id, statement, rows, error }: Extract<JournalEvent, { kind: 'outcome' }>, at: number): void {
    const session = this.#sessions.get(id);
    const open = session?.open.get(statement);
    if (session === undefined || open === undefined) return;
    const cutOff = error && cutOffBy(error.message);
    if (cutOff !== undefined && !open.stopped) Object.assign(open, { old: { action: 'deny', rule: cutOff }, stopped: true } satisfies Partial<Open>);
    const more = open.stopped && error !== undefined ? 1 : 0;
    const crossed = this.#tally.crossed(rowsLeft(open.new), { session: id, agent: session.by.agent.name, before: open.rows, rows: rows + more, at });
    open.rows += rows;
    if (crossed !== undefined) open.new = overrun(open.new, crossed);
    if (rowsLeft(open.new).length === 0) this.#close(session, open);
  }

  #end(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    for (const open of session.open.values()) this.#compare(open);
    this.#sessions.delete(id);
    this.#tally.ended(id);
  }

  #close(session: SeenSession, open: Open): void {
    session.open.delete(open.statement.sequence);
    this.#compare(open);
  }

  #compare({ statement, old, new: { action, rule, reason } }: Open): void {
    const change = changeOf(old.action, action);
    if (change === undefined) this.#unchanged++;
    else this.#changes.add(statement, { change, old: { action: old.action, rule: old.rule }, new: { action, rule, reason } });
  }
}

/** What doesn't run has no rows. */
function rowsLeft({ action, budgets = [] }: Verdict): readonly RowBudget[] {
  return action === 'hold' || action === 'deny' ? [] : budgets;
}

function changeOf(before: Action, now: Action): Change | undefined {
  if (before === now) return undefined;
  if (now === 'hold' || now === 'deny') return now;
  if (before === 'hold' || before === 'deny') return 'pass';
  return now === 'mask' ? 'mask' : 'unmask';
}

const LONG_OPEN = { open: true, ageMs: 24 * 3_600_000 };

/** Why it can't be told, where it can't. */
function judge(policy: Policy, statement: SeenStatement): Verdict | string {
  const { event } = statement;
  if (event.rule === 'refused') return { action: 'deny', rule: 'refused', reason: 'no policy may let it pass', matched: [] };
  const verdict = judgeRecorded(policy, statement);
  if (policy.volatile && judgeRecorded(policy, statement, LONG_OPEN).action !== verdict.action) return 'it depends on the transaction, which is not on record';
  const stopped = event.verdict === 'hold' || event.verdict === 'deny';
  if (stopped && event.rule === 'sensitive' && verdict.action === 'mask') return 'it was stopped by how it uses masked columns, which is not on record';
  if (stopped && event.rule === 'detect' && verdict.action !== 'hold' && verdict.action !== 'deny' && policy.detect.length > 0) return 'it was stopped because its values can\'t be searched, which is not judged here';
  return verdict;
}
