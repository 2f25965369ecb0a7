import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JournalEvent } from '../../src/journal/events.ts';
import { ENDED, everyKind, journalOfEverything } from '../journal/every-kind.ts';
import { opened as openedRequest } from '../journal/sample-requests.ts';
import { open, outcome, scratch, segments, sessionStart, statement, written } from '../journal/setup.ts';
import { contents, found, grown, indexOf, journalOf } from './support.ts';

const start = sessionStart();
const opened = openedRequest({ effects: [{ effect: 'drop', objects: ['table public.orders'] }] });
const decided: JournalEvent = { kind: 'request.decided', request: 'req_1', person: 'sam@example.com', channel: 'slack', decision: 'approve', reason: 'ticket 7', jws: 'a.b.c' };
const ended: JournalEvent = { kind: 'request.ended', request: 'req_1', state: 'released' };
const ran = statement('DROP TABLE orders', { request: 'req_1', verdict: 'hold', rule: 'drops' });

test('a statement: whose it was, what it was judged to be, who released it, how it ended, pieces added up', async () => {
  const dir = await journalOf([start, opened, decided, ended, ran, outcome(5, { rows: 3, bytes: 100, ms: 2 }), outcome(5, { rows: 4, bytes: 50, ms: 1, error: { code: '42P01', message: 'no such relation' } })]);
  const index = await grown(dir);
  const [entry, request] = await found(index, { agent: 'reporter', request: 'req_1' });
  expect(await found(index, { text: '"such relation"' })).toEqual([entry]);
  expect(entry).toMatchObject({
    sequence: 5, kind: 'statement', time: '2026-01-01T00:00:00.000Z', session: 's_1', agent: 'reporter', owner: 'dana@example.com', database: 'shop', protocol: 'postgres', client: '10.0.0.1:5001',
    text: 'DROP TABLE orders', parameters: ['42', null], verdict: 'hold', rule: 'drops', fate: 'run', tables: [{ name: 'public.customers' }],
    request: { id: 'req_1', state: 'released', mode: 'inline', approvers: ['dba'], quorum: 1, decisions: [{ person: 'sam@example.com', decision: 'approve', channel: 'slack', reason: 'ticket 7' }] },
    outcome: { rows: 7, bytes: 150, ms: 3, error: { code: '42P01', message: 'no such relation' } },
  });
  expect(request).toMatchObject({ sequence: 2, kind: 'request', text: 'DROP TABLE orders', request: { id: 'req_1', state: 'released' } });
});

test('who decided is found with what they decided, in whatever order the records came', async () => {
  const orders: readonly (readonly JournalEvent[])[] = [[start, opened, decided, ended, ran], [start, decided, opened, ran, ended], [start, opened, ran, ended, decided]];
  for (const events of orders) {
    const index = await grown(await journalOf(events));
    for (const query of [{ person: 'sam@example.com' }, { request: 'req_1' }, { text: '"ticket 7"' }]) {
      expect((await found(index, query)).map(({ kind }) => kind).toSorted()).toEqual(['request', 'statement']);
    }
    expect(await found(index, { table: 'orders', kind: 'request' })).toMatchObject([{ request: { state: 'released', decisions: [{ person: 'sam@example.com' }] } }]);
  }
  // Where people decide in a process of their own, its journal has nothing else.
  expect(await found(await grown(await journalOf([decided])), { person: 'sam@example.com' })).toMatchObject([{ kind: 'request', request: { id: 'req_1', decisions: [{ decision: 'approve' }] } }]);
});

test('every kind of event is found, or told by another entry, or nothing to find', async () => {
  const index = await grown(await journalOfEverything());
  const kinds = new Set((await found(index)).map(({ kind }) => kind));
  const told = ['request.opened', 'request.escalated', 'request.decided', 'request.ended', 'outcome', 'continue', 'cancel', 'form', 'session.end'];
  for (const { kind } of everyKind()) expect(kinds.has(kind as never), kind).toBe(!told.includes(kind));
  expect(await found(index, { kind: 'person.*', person: 'sam@example.com' })).toMatchObject([{ kind: 'person.signed_out' }, { kind: 'person.signed_in', details: { use: 'console', groups: ['dba'] } }]);
  expect(await found(index, { kind: 'agent.*', person: 'sam@example.com', agent: 'reporter' })).toMatchObject([{ kind: 'agent.thawed' }, { kind: 'agent.frozen', details: { reason: 'too eager' } }]);
  expect(await found(index, { kind: 'login.refused' })).toMatchObject([{ agent: 'x', database: 'shop', code: '28P01' }]);
  expect(await found(index, { text: 'mallory@example.com' })).toMatchObject([{ kind: 'person.refused' }]);
  expect(await found(index, { kind: 'policy.*' })).toHaveLength(2);
});

test('grown record by record it is as made at once', async () => {
  const dir = scratch();
  const whole = scratch();
  const journal = await open(dir, { segmentBytes: 2500, checkpointRecords: 5 });
  const index = indexOf(dir);
  for (const event of everyKind()) {
    journal.append(event);
    await written(journal);
    await index.grow();
  }
  for (const one of ENDED) {
    journal.ended(one);
    await written(journal);
    await index.grow();
  }
  await journal.close();
  await index.grow();
  const segments = readdirSync(dir).filter((name) => name.endsWith('.journal'));
  expect(segments.length).toBeGreaterThan(2);
  for (const name of segments) copyFileSync(join(dir, name), join(whole, name));
  await grown(whole);
  expect(contents(dir)).toEqual(contents(whole));
});

test('whoever asks while it grows has what was written until then', async () => {
  const dir = scratch();
  const journal = await open(dir);
  const index = indexOf(dir);
  for (let i = 0; i < 50; i++) {
    const before = index.grow();
    journal.append(statement(`SELECT ${i}`));
    await written(journal);
    await index.grow();
    expect(await found(index, { limit: '1' })).toMatchObject([{ text: `SELECT ${i}` }]);
    await before;
  }
  await journal.close();
});

test('two that grow the same file put nothing in twice', async () => {
  const dir = scratch();
  const journal = await open(dir, { segmentBytes: 20_000 });
  const [one, other] = [indexOf(dir), indexOf(dir)];
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 10; i++) journal.append(statement(`SELECT ${round} + ${i} /* ${'x'.repeat(round * 5)} */`, { session: `s_${i}` }));
    await written(journal);
    await Promise.all([one.grow(), other.grow()]);
  }
  await journal.close();
  await Promise.all([one.grow(), other.grow()]);
  const whole = scratch();
  for (const name of segments(dir)) copyFileSync(join(dir, name), join(whole, name));
  await grown(whole);
  expect(contents(dir)).toEqual(contents(whole));
  expect((await found(one, { limit: '200', text: 'select' })).length).toBe(200);
});
