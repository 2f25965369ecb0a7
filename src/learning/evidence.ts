/** What people decided about recorded statements, by what a rule can tell of them. */

import type { JournalEvent, JournalRecord } from '../journal/events.ts';
import type { Effect, EffectUse, TableUse } from '../sql/facts.ts';
import { type SeenStatement, type Sender, senderOf } from './traffic.ts';

/** Kinds of records it looks at. */
export const DECIDED = ['session.start', 'statement', 'request.opened', 'request.decided'] as const;

/** Statements that were approved, of one agent on one database, with the same kind, effects and tables. */
export interface Approved {
  readonly kind: string;
  readonly effects: readonly Effect[];
  readonly tables: readonly TableUse[];
  readonly unbounded: boolean;
  readonly times: number;
  /** How often each person approved. */
  readonly people: ReadonlyMap<string, number>;
  /** The first of them, and when the last was. */
  readonly example: SeenStatement;
  readonly until: string;
  /** Columns of each of `tables` over all of them. */
  readonly columns: readonly ReadonlySet<string>[];
}

/** @param since milliseconds since 1970, for approvals. What was ever denied counts. */
export async function gatherApproved(records: AsyncIterable<JournalRecord>, since: number, until = Infinity): Promise<Approved[]> {
  const decisions = new Decisions();
  for await (const record of records) decisions.take(record);
  const all = decisions.all();
  const denied = all.filter((one) => one.denied);
  const counted = all.filter((one) => !one.denied && one.at >= since && one.at < until).flatMap((one) => sole(one) ?? []);
  return approved(counted).filter((one) => !denied.some((other) => covers(other, one)));
}

interface Decided {
  readonly at: number;
  readonly effects: readonly EffectUse[];
  /** People were asked about rows of something that ran already. */
  readonly rows: boolean;
  readonly by: Sender | undefined;
  readonly approvedBy: string[];
  denied: boolean;
  /** Somebody broke the glass. */
  urgent: boolean;
  readonly ran: SeenStatement[];
}

class Decisions {
  readonly #sessions = new Map<string, Sender>();
  readonly #requests = new Map<string, Decided>();

  take({ event, sequence, time }: JournalRecord): void {
    if (event.kind === 'session.start') this.#sessions.set(event.session, senderOf(event));
    else if (event.kind === 'request.opened') this.#requests.set(event.request, { at: Date.parse(time), effects: event.effects, rows: event.statement !== undefined, by: this.#sessions.get(event.session), approvedBy: [], denied: false, urgent: false, ran: [] });
    else if (event.kind === 'request.decided') this.#decided(event);
    else if (event.kind === 'statement' && event.request !== undefined && event.fate === 'run') {
      const request = this.#requests.get(event.request);
      if (request?.by !== undefined) request.ran.push({ sequence, time, event, by: request.by });
    }
  }

  all(): Decided[] {
    return [...this.#requests.values()];
  }

  #decided({ request: id, decision, person, breakGlass }: Extract<JournalEvent, { kind: 'request.decided' }>): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    if (decision === 'deny') request.denied = true;
    else request.approvedBy.push(person);
    request.urgent ||= breakGlass === true;
  }
}

/** What was approved as part of a batch, for its rows alone or in an emergency says nothing of what a rule should let pass. */
function sole({ rows, ran, approvedBy, urgent }: Decided): { readonly statement: SeenStatement; readonly people: readonly string[] } | undefined {
  const [statement] = ran;
  if (statement === undefined || ran.length > 1 || statement.event.statements.length !== 1 || rows || urgent || approvedBy.length === 0) return undefined;
  return { statement, people: approvedBy };
}

function approved(all: readonly { readonly statement: SeenStatement; readonly people: readonly string[] }[]): Approved[] {
  const groups = Map.groupBy(all, ({ statement: { by, event } }) => JSON.stringify([by.agent.name, by.database.name, event.statements, event.effects.map(({ effect }) => effect), event.tables.map(({ name, read, written }) => [name, read, written])]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const { kind = '', unbounded = false } = first?.statement.event.statements[0] ?? {};
    if (first === undefined) return [];
    const { effects, tables } = first.statement.event;
    const people = new Map<string, number>();
    for (const person of group.flatMap((one) => one.people)) people.set(person, (people.get(person) ?? 0) + 1);
    const columns = tables.map((_, index) => new Set(group.flatMap(({ statement }) => statement.event.tables[index]?.columns ?? [])));
    return [{
      kind, unbounded, effects: effects.map(({ effect }) => effect), tables, times: group.length, people, columns,
      example: first.statement, until: group.at(-1)?.statement.time ?? first.statement.time,
    }];
  });
}

/** Was something denied that does all that these do, perhaps among other things, of which nobody knows whether they were the reason? */
function covers({ by, effects }: Decided, { example: { by: other, event } }: Approved): boolean {
  if (by !== undefined && (by.agent.name !== other.agent.name || by.database.name !== other.database.name)) return false;
  return event.effects.every((use) => effects.some((denied) => sameUse(denied, use)));
}

function sameUse(denied: EffectUse, use: EffectUse): boolean {
  return denied.effect === use.effect && (denied.objects.length === 0 || use.objects.length === 0 || denied.objects.some((object) => use.objects.includes(object)));
}
