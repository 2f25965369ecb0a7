/** A journal as a busy team's agents would write it: `statements` of them, most read by few shapes, some odd, some held. */

import type { Journal, JournalEvent } from '../../src/journal/events.ts';
import type { Effect, EffectUse, TableUse } from '../../src/sql/facts.ts';
import { opened } from '../journal/sample-requests.ts';
import { open, sessionStart, written } from '../journal/setup.ts';
import type { JournalOptions } from '../../src/journal/journal.ts';

const PER_SESSION = 200;
const PER_BATCH = 64;
const TABLES = ['customers', 'orders', 'order_lines', 'products', 'payments', 'refunds', 'carts', 'addresses', 'events', 'audit_notes'];
const PEOPLE = ['sam@example.com', 'dana@example.com', 'kim@example.com'];

interface Shape {
  readonly effects: readonly EffectUse[];
  readonly tables: readonly TableUse[];
  readonly rule: string;
}

const shapes: readonly Shape[] = TABLES.flatMap((table) => (['read', 'read', 'update', 'insert'] as const).map((effect: Effect, index) => ({
  effects: [{ effect, objects: [`public.${table}`] }], rule: `${effect}s`,
  tables: [{ name: `public.${table}`, read: true, written: effect !== 'read', columns: index === 1 ? ['*'] : ['email', 'id', 'total'], known: true }],
})));

export interface Generated {
  readonly statements: number;
  /** Statements by agent, say: what a search must find. */
  readonly counts: Readonly<Record<string, number>>;
}

export async function generate(dir: string, statements: number, options: Partial<JournalOptions> = {}): Promise<Generated> {
  const journal = await open(dir, options);
  const counts: Record<string, number> = {};
  const count = (...names: readonly string[]): void => { for (const name of names) counts[name] = (counts[name] ?? 0) + 1; };
  for (let made = 0; made < statements; made += PER_BATCH) {
    const running: { number: number; session: string }[] = [];
    for (let i = made; i < Math.min(statements, made + PER_BATCH); i++) {
      const session = `ses_${Math.floor(i / PER_SESSION)}`;
      const [agent, database] = [`agent${Math.floor(i / PER_SESSION) % 20}`, `shop${Math.floor(i / PER_SESSION) % 2}`];
      if (i % PER_SESSION === 0) journal.append(sessionStart({ session, agent, database, attributes: { application_name: 'etl' } }));
      const shape = shapes[(i * 7) % shapes.length] as Shape;
      const event = statementOf(i, session, shape);
      if (event.request !== undefined) decided(journal, event, i);
      running.push({ number: journal.append(event), session });
      count(agent, database, shape.rule, shape.effects[0]?.effect ?? '', shape.tables[0]?.name ?? '');
    }
    for (const { number, session } of running) journal.ended([session, number, number % 50, 80 * (number % 50), 412, 'SELECT 1']);
    await written(journal);
  }
  await journal.close();
  return { statements, counts };
}

const SELECT = [{ kind: 'select' }];

function statementOf(i: number, session: string, { effects, tables, rule }: Shape): Extract<JournalEvent, { kind: 'statement' }> {
  const table = tables[0]?.name ?? '';
  const held = i % 997 === 0;
  return {
    kind: 'statement', session, arrival: 'extended', policy: 'a'.repeat(64), fate: 'run', effects, tables, statements: SELECT, rule, verdict: held ? 'hold' : 'allow',
    text: `SELECT t.id, t.email, t.total FROM ${table} AS t JOIN public.regions r ON r.id = t.region WHERE t.city = 'city${i % 1000}' AND t.total > ${i % 77} AND r.name <> $1${i % 100_003 === 5 ? ' /* needle */' : ''}`,
    parameters: [`value ${i}`], ...(held && { request: `req_${i}` }),
  };
}

function decided(journal: Journal, { session, text, effects, rule, request = '' }: Extract<JournalEvent, { kind: 'statement' }>, i: number): void {
  journal.append(opened({ session, request, text, effects, rule }));
  journal.append({ kind: 'request.decided', request, person: PEOPLE[i % PEOPLE.length] ?? '', channel: 'cli', decision: 'approve', reason: `ticket ${i}`, jws: 'a.b.c' });
  journal.append({ kind: 'request.ended', request, state: 'released' });
}
