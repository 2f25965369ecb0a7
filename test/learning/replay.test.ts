import { describe, expect, test } from 'vitest';
import { replayPolicy, type Replayed } from '../../src/learning/replay.ts';
import { policy } from '../policy/support.ts';
import { Records, START } from './records.ts';
import { opened } from '../journal/sample-requests.ts';

const ALLOWED = '{ name: all, effects: [read, update, delete, transaction], then: allow }';

const replay = (records: Records, rules: readonly string[], head = '', within: { since?: number; until?: number } = {}): Promise<Replayed> =>
  replayPolicy(records, { policy: policy(rules, head), since: START, ...within });

const told = ({ changes }: Replayed) => changes.map(({ change, count, agent, shape, old, new: { action, rule } }) => `${change} ${count} × ${agent} ${shape}: ${old.action} ${old.rule} -> ${action} ${rule}`);

test('what a policy would newly hold, deny and let through, by agent and shape', async () => {
  const records = new Records().session('s_1').session('s_2', { agent: 'writer' });
  records.statement('s_1', 'SELECT id FROM orders WHERE id = 1', ['public.orders:id']);
  records.statement('s_1', 'SELECT id FROM orders WHERE id = 2', ['public.orders:id']);
  records.statement('s_2', 'SELECT id FROM orders WHERE id = 3', ['public.orders:id']);
  records.statement('s_2', 'DELETE FROM items', ['!public.items'], { statements: [{ kind: 'delete', unbounded: true }], verdict: 'hold', rule: 'whole', request: 'req_1' });
  records.statement('s_2', 'UPDATE items SET n = 1 WHERE id = 1', ['!public.items:n'], { verdict: 'hold', rule: 'default', fate: 'refused', code: 'decision_denied' });
  records.statement('s_2', 'SELECT 1', []);
  const result = await replay(records, [ALLOWED, '{ name: orders, tables: [orders], then: hold }', '{ name: never, effects: [delete], unbounded: true, then: deny }']);
  expect(told(result)).toEqual([
    'hold 2 × reporter select id from orders where id = ?: allow reads -> hold orders',
    'hold 1 × writer select id from orders where id = ?: allow reads -> hold orders',
    'deny 1 × writer delete from items: hold whole -> deny never',
    'pass 1 × writer update items set n = ? where id = ?: hold default -> allow all',
  ]);
  expect(result).toMatchObject({ judged: 6, unchanged: 1, strangers: 0, unsure: [] });
  expect(result.changes[0]?.example).toEqual({ sequence: 3, time: new Date(START).toISOString(), session: 's_1', text: 'SELECT id FROM orders WHERE id = 1' });
});

test('what it would newly mask, and no longer', async () => {
  const records = new Records().session('s_1');
  records.statement('s_1', 'SELECT email FROM customers', ['public.customers:email']);
  records.statement('s_1', 'SELECT phone FROM people', ['public.people:phone'], { verdict: 'mask', rule: 'sensitive' });
  records.statement('s_1', 'SELECT id FROM customers', ['public.customers:id']);
  expect(told(await replay(records, [ALLOWED], 'sensitive: [{ columns: [customers.email], mask: email }]'))).toEqual([
    'mask 1 × reporter select email from customers: allow reads -> mask sensitive',
    'unmask 1 × reporter select phone from people: mask sensitive -> allow all',
  ]);
  expect(await replay(records, [ALLOWED], 'sensitive: [{ columns: [customers.email, people.phone], mask: email, unmask: [analytics] }]')).toMatchObject({ changes: [{ change: 'unmask' }], unchanged: 2 });
});

test('the kinds and tables of each statement of a batch count', async () => {
  const records = new Records().session('s_1');
  const effects = [{ effect: 'read' as const, objects: [] }, { effect: 'delete' as const, objects: [] }];
  records.statement('s_1', 'SELECT 1 FROM a; DELETE FROM b WHERE id = 1', ['public.a:id', '!public.b'], {
    effects, statements: [{ kind: 'select', effects: [{ effect: 'read', objects: [] }], tables: [] }, { kind: 'delete', effects: [{ effect: 'delete', objects: [] }], tables: [] }],
  });
  expect(told(await replay(records, ['{ effects: [read, delete], kinds: [select], then: allow }']))).toEqual(['hold 1 × reporter select ? from a; delete from b where id = ?: allow reads -> hold default']);
  expect(told(await replay(records, ['{ effects: [read], kinds: [select], then: allow }', '{ effects: [delete], kinds: [delete], then: allow }']))).toEqual([]);
});

test('of a period, of sessions that began before it or whose beginning is gone', async () => {
  const records = new Records().session('s_1');
  for (let minute = 0; minute < 6; minute++) {
    records.minute = minute;
    records.statement('s_1', 'SELECT 1', []);
    records.statement('s_9', 'SELECT 1', []);
  }
  expect(await replay(records, [], '', { since: START + 120_000, until: START + 300_000 })).toMatchObject({ judged: 3, strangers: 3, changes: [{ count: 3 }] });
});

test('the time counts as it was then', async () => {
  const records = new Records().session('s_1');
  records.statement('s_1', 'SELECT 1', []);
  const rule = (hour: number): string => `{ name: nights, when: 'now.getHours("UTC") == ${hour}', then: deny }`;
  expect(told(await replay(records, [ALLOWED, rule(12)]))).toHaveLength(1);
  expect(told(await replay(records, [ALLOWED, rule(13)]))).toEqual([]);
});

test('attack: shapes without end are counted together', async () => {
  const records = new Records().session('s_1');
  for (let shape = 0; shape < 10_500; shape++) records.statement('s_1', `SELECT c${shape} FROM ${'x'.repeat(20)}`, []);
  const { changes } = await replay(records, []);
  expect(changes).toHaveLength(10_001);
  expect(changes[0]).toMatchObject({ shape: 'other statements', count: 500 });
});

describe('says what it can\'t tell', () => {
  test('what depends on the transaction', async () => {
    const records = new Records().session('s_1');
    records.statement('s_1', 'SELECT 1', []);
    const result = await replay(records, [ALLOWED, '{ name: long, when: \'transaction.age_ms > 60000\', then: deny }']);
    expect(result).toMatchObject({ judged: 1, unchanged: 0, changes: [], unsure: [{ why: 'it depends on the transaction, which is not on record', count: 1 }] });
  });

  test('what was stopped for its use of masked columns, or because its values can\'t be searched', async () => {
    const records = new Records().session('s_1');
    records.statement('s_1', 'SELECT 1 FROM customers ORDER BY email', ['public.customers:email'], { verdict: 'hold', rule: 'sensitive', fate: 'refused' });
    records.statement('s_1', 'SELECT 2', [], { verdict: 'deny', rule: 'detect', fate: 'refused' });
    const result = await replay(records, [ALLOWED], 'sensitive: [{ columns: [customers.email], mask: email }]\ndetect: [{ find: [card] }]');
    expect(result).toMatchObject({ changes: [], unsure: [{ why: expect.stringContaining('masked columns') as string }, { why: expect.stringContaining('searched') as string }] });
    expect(told(await replay(records, [ALLOWED]))).toEqual([
      'pass 1 × reporter select ? from customers order by email: hold sensitive -> allow all', 'pass 1 × reporter select ?: deny detect -> allow all',
    ]);
  });

  test('what no policy may let pass stays so', async () => {
    const records = new Records().session('s_1');
    records.statement('s_1', 'SELECT 1', [], { verdict: 'deny', rule: 'refused', fate: 'refused' });
    expect(await replay(records, [ALLOWED])).toMatchObject({ changes: [], unchanged: 1 });
  });
});

describe('row budgets', () => {
  const LARGE = '{ name: large, effects: [read], tables: [orders], rows_over: 10, then: hold }';
  const select = (records: Records, rows: number, session = 's_1'): number => {
    const number = records.statement(session, 'SELECT * FROM orders', ['public.orders']);
    if (rows >= 0) records.outcome(session, number, rows);
    return number;
  };

  test('of one statement, in portions, too', async () => {
    const records = new Records().session('s_1');
    select(records, 10);
    select(records, 11);
    records.outcome('s_1', select(records, 6), 6);
    select(records, -1);
    expect(told(await replay(records, [ALLOWED, LARGE]))).toEqual(['hold 2 × reporter select * from orders: allow reads -> hold large']);
  });

  test('of a session and of an hour', async () => {
    const records = new Records().session('s_1').session('s_2');
    for (const session of ['s_1', 's_2', 's_1', 's_2']) select(records, 6, session);
    records.minute = 90;
    select(records, 6);
    expect(told(await replay(records, [ALLOWED, LARGE.replace('10', '{ session: 10 }')]))).toEqual(['hold 2 × reporter select * from orders: allow reads -> hold large']);
    expect(told(await replay(records, [ALLOWED, LARGE.replace('10', '{ hour: 10 }').replace('hold', 'deny')]))).toEqual(['deny 3 × reporter select * from orders: allow reads -> deny large']);
  });

  test('what is held anyway has no rows to count', async () => {
    const records = new Records().session('s_1');
    select(records, 50);
    expect(told(await replay(records, [ALLOWED, '{ name: orders, tables: [orders], then: hold }', LARGE.replace('hold', 'deny')]))).toEqual(['hold 1 × reporter select * from orders: allow reads -> hold orders']);
  });

  test('what they stopped would no longer be, or still', async () => {
    const records = new Records().session('s_1');
    const held = select(records, -1);
    records.add(opened({ statement: held, rule: 'large' }));
    records.outcome('s_1', held, 10, { error: { code: '42501', message: 'req_1 was denied by sam@example.com' } });
    const cut = select(records, -1);
    records.outcome('s_1', cut, 10, { error: { code: '42501', message: 'refused by policy: its result has more than 10 rows, and is cut off there by rule enough: why' } });
    expect(told(await replay(records, [ALLOWED]))).toEqual(['pass 1 × reporter select * from orders: hold large -> allow all', 'pass 1 × reporter select * from orders: deny enough -> allow all']);
    expect(told(await replay(records, [ALLOWED, LARGE]))).toEqual(['hold 1 × reporter select * from orders: deny enough -> hold large']);
  });
});
