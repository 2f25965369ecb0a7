import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyJournal } from '../../src/journal/verify.ts';
import { keys, open, outcome, records, scratch, statement, stoppedClock, turn, written } from './setup.ts';

test('a turn is one batch: numbers in order, callbacks in order, all in the check phase of the same turn', async () => {
  const dir = scratch();
  const journal = await open(dir);
  const seen: string[] = [];
  const first = journal.append(statement('SELECT 1'));
  journal.written(() => seen.push('first'));
  const second = journal.append(statement('SELECT 2'));
  journal.written(() => seen.push('second'));
  // What they were judged to be is the record before them.
  expect([first, second]).toEqual([2, 3]);
  expect(readdirSync(dir)).toEqual(['lock']);
  await turn();
  expect(seen).toEqual(['first', 'second']);
  expect(journal.append(outcome(first))).toBe(4);
  await journal.close();
  const read = await records(dir);
  expect(read.map(({ sequence, event }) => [sequence, event.kind])).toEqual([[2, 'statement'], [3, 'statement'], [4, 'outcome'], [5, 'checkpoint']]);
  expect(read[0]).toEqual({ sequence: 2, time: '2026-01-01T00:00:00.000Z', event: statement('SELECT 1') });
  expect(await verifyJournal({ dir, publicKey: keys.publicKey })).toMatchObject({ ok: true, records: 5, checkpoints: 1, unsigned: 0 });
});

test('written calls back even when nothing was appended; after closing, nothing can be', async () => {
  const journal = await open(scratch());
  await written(journal);
  await journal.close();
  expect(() => journal.append(statement('SELECT 1'))).toThrow(/closed/);
});

test('a checkpoint comes after so many records, and after so long', async () => {
  const dir = scratch();
  const clock = stoppedClock();
  const journal = await open(dir, { clock, checkpointRecords: 3, checkpointMs: 1000 });
  for (let i = 0; i < 3; i++) journal.append(statement(`SELECT ${i}`));
  await written(journal);
  journal.append(statement('SELECT 4'));
  await written(journal);
  expect((await records(dir)).map(({ event }) => event.kind).join(' ')).toBe('statement statement statement checkpoint statement');
  clock.advance(1000);
  await turn();
  await turn();
  expect((await records(dir)).at(-1)?.event.kind).toBe('checkpoint');
  await journal.close();
});

test('segments rotate, each ends in a signature, and the chain goes through all of them', async () => {
  const dir = scratch();
  const journal = await open(dir, { segmentBytes: 2048 });
  for (let i = 0; i < 100; i++) {
    journal.append(statement(`SELECT ${i}`));
    await written(journal);
  }
  await journal.durable();
  await journal.close();
  const names = readdirSync(dir).filter((name) => name.endsWith('.journal'));
  expect(names.length).toBeGreaterThan(8);
  const report = await verifyJournal({ dir, publicKey: keys.publicKey });
  expect(report).toMatchObject({ ok: true, segments: names.length, unsigned: 0 });
  expect((await records(dir, { kinds: ['statement'] })).length).toBe(100);
});

test('a journal goes on where it stopped', async () => {
  const dir = scratch();
  for (let i = 0; i < 5; i++) {
    const journal = await open(dir, { segmentBytes: 1500 });
    journal.append(statement(`SELECT ${i}`));
    await journal.close();
  }
  expect(await verifyJournal({ dir, publicKey: keys.publicKey })).toMatchObject({ ok: true, unsigned: 0 });
  expect((await records(dir, { kinds: ['statement'] })).length).toBe(5);
});

test('a large text is stored once per segment and read back in its place', async () => {
  const dir = scratch();
  const journal = await open(dir);
  const large = `SELECT '${'x'.repeat(5000)}\ud800'`;
  const numbers = [1, 2, 3].map(() => journal.append(statement(large)));
  journal.append({ kind: 'prepare', session: 's_1', name: 'p', text: large });
  await journal.close();
  expect(numbers).toEqual([3, 4, 5]);
  const texts = (await records(dir)).flatMap(({ event }) => ('text' in event ? [event.text] : []));
  expect(texts).toEqual([large, large, large, large]);
  const report = await verifyJournal({ dir, publicKey: keys.publicKey });
  expect(report.ok).toBe(true);
});

test('two writers can\'t have one directory', async () => {
  const dir = scratch();
  const journal = await open(dir);
  await expect(open(dir)).rejects.toMatchObject({ code: 'locked' });
  await journal.close();
  await (await open(dir)).close();
});

test('what JSON can\'t say without loss is refused, and the journal goes on', async () => {
  const dir = scratch();
  const journal = await open(dir);
  expect(() => journal.append(outcome(1, { ms: Number.NaN }))).toThrow(TypeError);
  journal.append(outcome(1));
  await journal.close();
  expect((await verifyJournal({ dir, publicKey: keys.publicKey })).ok).toBe(true);
});

test('a directory that can\'t be one', async () => {
  const dir = scratch();
  writeFileSync(join(dir, 'file'), '');
  await expect(open(join(dir, 'file'))).rejects.toMatchObject({ code: 'directory' });
  mkdirSync(join(dir, 'lock'));
  await expect(open(dir)).rejects.toMatchObject({ code: 'directory' });
});

test('durable: concurrent callers share a sync', async () => {
  const journal = await open(scratch());
  journal.append(statement('SELECT 1'));
  const first = journal.durable();
  expect(journal.durable()).toBe(first);
  await first;
  expect(journal.durable()).not.toBe(first);
  await journal.close();
});
