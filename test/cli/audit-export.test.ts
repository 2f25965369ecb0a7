import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JournalRecord } from '../../src/journal/events.ts';
import { ENDED_READ, everyKind, journalOfEverything } from '../journal/every-kind.ts';
import { open, records, scratch, statement, stoppedClock, written } from '../journal/setup.ts';
import { pythonThatHas } from '../support/python.ts';
import { run } from './offline.ts';

const python = pythonThatHas('csv, json');

/** Rows as a reader of CSV sees them: Python's, which shares nothing with our writer. */
function rows(csv: string): Record<string, string>[] {
  const file = join(scratch(), 'export.csv');
  writeFileSync(file, csv);
  const read = spawnSync(python ?? '', ['-c', 'import csv, json, sys\nprint(json.dumps(list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8"), strict=True))))', file], { encoding: 'utf8' });
  if (read.status !== 0) throw new Error(read.stderr);
  return JSON.parse(read.stdout) as Record<string, string>[];
}

test('jsonl has every record as it was appended', async () => {
  const dir = await journalOfEverything();
  const { out } = await run('audit', 'export', '--dir', dir);
  const read = out.trimEnd().split('\n').map((line) => JSON.parse(line) as JournalRecord);
  expect(read).toEqual(await records(dir));
  expect(read.map(({ event }) => event).filter(({ kind }) => kind !== 'checkpoint')).toEqual([...everyKind(), ...ENDED_READ]);
  expect(out).not.toMatch(/[\u202e]/);
});

test('by kind, and by time: from the one moment up to the other, without it', async () => {
  const dir = scratch();
  const clock = stoppedClock();
  const journal = await open(dir, { clock, checkpointMs: 1e9 });
  for (const text of ['SELECT 1', 'SELECT 2', 'SELECT 3']) {
    journal.append(statement(text));
    await written(journal);
    clock.advance(60_000);
  }
  await journal.close();
  const between = ['--since', '2026-01-01T00:01:00Z', '--until', '2026-01-01T00:02:00Z'];
  for (const format of ['jsonl', 'csv']) {
    const { out } = await run('audit', 'export', '--dir', dir, '--kind', 'statement', '--format', format, ...between);
    expect(out).toContain('SELECT 2');
    expect(out).not.toMatch(/SELECT [13]/);
  }
  expect(await run('audit', 'export', '--dir', dir, '--kind', 'nonsense')).toMatchObject({ failed: true, err: expect.stringContaining('no kind') });
  expect(await run('audit', 'export', '--dir', dir, '--since', 'yesterday')).toMatchObject({ failed: true, err: expect.stringContaining('no time') });
  expect(await run('audit', 'export', '--dir', dir, '--format', 'xml')).toMatchObject({ failed: true, err: expect.stringContaining('jsonl or csv') });
});

test.skipIf(python === undefined)('csv has a row for each record, with whose it is, and nothing of it is lost', async () => {
  const dir = await journalOfEverything();
  const out = join(scratch(), 'out.csv');
  expect(await run('audit', 'export', '--dir', dir, '--format', 'csv', '--out', out)).toMatchObject({ failed: false, out: '' });
  const read = rows(readFileSync(out, 'utf8'));
  const all = await records(dir);
  expect(read.map(({ sequence, kind }) => [Number(sequence), kind])).toEqual(all.map(({ sequence, event }) => [sequence, event.kind]));
  expect(read.find(({ kind }) => kind === 'request.decided')).toMatchObject({ request: 'req_1', person: 'sam@example.com', decision: 'approve', reason: 'fine', channel: 'cli' });
  expect(read.find(({ text }) => text === 'DROP TABLE orders')).toMatchObject({ agent: 'reporter', owner: 'dana@example.com', database: 'shop', fate: 'refused', code: '42501', effects: 'drop public.orders', verdict: 'deny' });
  for (const [i, { event }] of all.entries()) {
    const row = JSON.stringify(read[i]);
    for (const value of Object.values(event)) if (typeof value === 'number') expect(row).toContain(String(value));
  }
});

test.skipIf(python === undefined).each([
  '=HYPERLINK("http://evil","x")', '+1+cmd|\' /C calc\'!A0', '-2+3', '@SUM(A1)', '\t=1', '\r=1', ' =1', '|cmd', '%0A=1', '＝1', '＋1', '－1', '＠1', '\u00a0=1', '\ufeff=1', '"=1', '",=1,"', 'a\r\n=1,2', 'a\n"=1"', ';=1',
])('%j is no formula, and breaks out of no cell', async (text) => {
  const dir = scratch();
  const journal = await open(dir);
  const before = { kind: 'session.start', session: 's_1', agent: text, owner: text, groups: [text], database: text, protocol: 'postgres', client: text, tls: true, attributes: { [text]: text } } as const;
  for (const event of [before, statement(text, { parameters: [text, null], fate: 'refused', rule: text, code: text }), { kind: 'person.refused', use: 'cli', claimed: text, reason: text } as const]) journal.append(event);
  await journal.close();
  const { out } = await run('audit', 'export', '--dir', dir, '--format', 'csv');
  const read = rows(out);
  expect(read.length).toBe(4);
  expect(out.split('\r\n').length).toBe(6);
  expect(out).not.toMatch(/[\t\u00a0\ufeff]|[^\r]\n|\r[^\n]/);
  for (const row of read) for (const [column, cell] of Object.entries(row)) expect(cell, column).not.toMatch(/^\s*[=+\-@|%＝＋－＠]/);
});
