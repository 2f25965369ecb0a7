import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JournalEvent, PlainOutcome, StatementEvent } from '../../src/journal/events.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { keys, open, records, scratch, statement, stoppedClock, turn, written } from './setup.ts';

const effects = [[{ effect: 'read' as const, objects: ['public.customers'] }], [{ effect: 'update' as const, objects: ['public.orders'] }]];
const tables = [[], [{ name: 'public.orders', read: true, written: true, columns: ['*'], known: true }]];

/** Few texts and judgements, so that they come again; and long ones, which are stored apart. */
const ran = fc.record({
  kind: fc.constant('statement'), session: fc.constantFrom('s_1', 's_2', '\u202e'), arrival: fc.constantFrom('simple', 'extended'),
  text: fc.oneof(fc.constantFrom('SELECT 1', 'SELECT $1', `SELECT '${'x'.repeat(4200)}'`, `SELECT '${'é'.repeat(4096)}'`), fc.string({ unit: 'binary' })),
  verdict: fc.constant('allow'), rule: fc.constantFrom('reads', 'writes'), effects: fc.constantFrom(...effects), tables: fc.constantFrom(...tables), statements: fc.constantFrom<StatementEvent['statements']>([], [{ kind: 'select' }], [{ kind: 'with' }], [{ kind: 'update', unbounded: true }]),
  policy: fc.constantFrom('p1', 'p2'), fate: fc.constant('run'), observed: fc.constant(true), parameters: fc.array(fc.option(fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 3 }),
}, { requiredKeys: ['kind', 'session', 'arrival', 'text', 'verdict', 'rule', 'effects', 'tables', 'statements', 'policy', 'fate'] }) as fc.Arbitrary<StatementEvent>;
const other = fc.constantFrom<JournalEvent>(
  { kind: 'prepare', session: 's_1', name: 'p', text: 'SELECT $1' }, statement('DROP TABLE t', { fate: 'refused', code: 'denied' }),
  statement('DELETE FROM t', { request: 'req_1' }), { kind: 'continue', session: 's_1', statement: 1 },
);
const ended: fc.Arbitrary<PlainOutcome> = fc.tuple(fc.constantFrom('s_1', 's_2'), fc.nat(), fc.nat(), fc.nat(), fc.nat(), fc.constantFrom('SELECT 1', ''));
const act = fc.oneof({ weight: 8, arbitrary: ran }, { weight: 2, arbitrary: other }, { weight: 2, arbitrary: ended }, { weight: 2, arbitrary: fc.constantFrom('turn' as const, 'later' as const) });

test('whatever is stored together comes back one by one, with the number it was given', async () => {
  await fc.assert(fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.constantFrom(1, 3000, 1 << 20), async (acts, segmentBytes) => {
    const dir = scratch();
    const clock = stoppedClock();
    const journal = await open(dir, { clock, segmentBytes, checkpointRecords: 7 });
    const expected: [number, JournalEvent][] = [];
    const outcomes: PlainOutcome[] = [];
    for (const one of acts) {
      if (one === 'turn') await written(journal);
      else if (one === 'later') clock.advance(7);
      else if ('kind' in one) expected.push([journal.append(one), one]);
      else {
        journal.ended(one);
        outcomes.push(one);
      }
    }
    await journal.close();
    const read = await records(dir);
    expect(read.filter(({ event }) => event.kind !== 'outcome' && event.kind !== 'checkpoint').map(({ sequence, event }) => [sequence, event])).toEqual(expected);
    expect(read.flatMap(({ event }) => (event.kind === 'outcome' ? [[event.session, event.statement, event.rows]] : []))).toEqual(outcomes.map(([session, number, rows]) => [session, number, rows]));
    expect(await verifyJournal({ dir, publicKey: keys.publicKey })).toMatchObject({ ok: true, unsigned: 0 });
  }), { numRuns: 200 });
});

test('a plain outcome is written with the next batch, or by itself a little later, and always before the end of its session', async () => {
  const dir = scratch();
  const clock = stoppedClock();
  const journal = await open(dir, { clock });
  const kinds = async (): Promise<string> => (await records(dir)).map(({ event }) => event.kind).join(' ');
  const number = journal.append(statement('SELECT 1'));
  await written(journal);
  journal.ended(['s_1', number, 1, 8, 400, 'SELECT 1']);
  await turn();
  expect(await kinds()).toBe('statement');
  clock.advance(5);
  await turn();
  expect(await kinds()).toBe('statement outcome');
  journal.ended(['s_1', number, 1, 8, 400, 'SELECT 1']);
  journal.append({ kind: 'session.end', session: 's_1', reason: 'it is over', statements: 1, bytesIn: 1, bytesOut: 1 });
  await written(journal);
  expect(await kinds()).toBe('statement outcome outcome session.end');
  await journal.close();
});

test('who goes on asking alone is answered at once; as soon as two ask at a time they share a write', async () => {
  const clock = stoppedClock();
  const journal = await open(scratch(), { clock });
  const askAlone = async (): Promise<void> => {
    clock.advance(1);
    await written(journal);
  };
  const ask = (): { done: boolean } => {
    const asked = { done: false };
    journal.append(statement('SELECT 1'));
    journal.written(() => (asked.done = true));
    return asked;
  };
  for (let asked = 0; asked < 16; asked++) await askAlone();
  clock.advance(1);
  expect(ask().done).toBe(true);
  const second = ask();
  const third = ask();
  expect([second.done, third.done]).toEqual([false, false]);
  await turn();
  expect([second.done, third.done]).toEqual([true, true]);
  clock.advance(1);
  expect(ask().done).toBe(false);
  await turn();
  for (let asked = 0; asked < 16; asked++) await askAlone();
  clock.advance(1);
  expect(ask().done).toBe(true);
  await journal.close();
});

test('what was judged alike is written once a segment, whoever asks in turn', async () => {
  const dir = scratch();
  const journal = await open(dir);
  const [first] = effects as [(typeof effects)[number]];
  const numbers = [0, 1, 2].flatMap((round) => ['reads', 'others-read'].map((rule) => journal.append(statement(`SELECT ${round}`, { rule, arrival: 'simple', effects: first }))));
  await journal.close();
  // A judgement before the first statement of either rule, and none later.
  expect(numbers).toEqual([2, 4, 5, 6, 7, 8]);
});
