import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { INDEX_NAME } from '../../src/audit/index-file.ts';
import { run } from '../cli/terminal-double.ts';
import { journalOfEverything } from '../journal/every-kind.ts';
import { open, scratch, statement } from '../journal/setup.ts';
import { journalOf } from './support.ts';

const audit = (...args: readonly string[]) => run(['audit', ...args]);

test('search: a line each, newest first, each with its number', async () => {
  const dir = await journalOfEverything();
  const all = await audit('search', '--dir', dir);
  expect(all).toMatchObject({ failed: false, err: '' });
  const lines = all.out.trim().split('\n');
  const numbers = lines.map((line) => Number(/^ *(\d+) {2}2026-01-01T00:00:00\.000Z {2}/.exec(line)?.[1]));
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  expect(lines.find((line) => line.includes('x'.repeat(50)))).toMatch(/reporter@shop +allow {2}read {2}SELECT 1, .* rows, .* ms {2}req_1 {2}SELECT 'x+…$|reporter@shop +allow {2}read {2}no outcome {2}req_1 {2}SELECT 'x+…$/);
  expect(all.out).toContain('deny  drop  refused (42501)  DROP TABLE orders');
  expect(all.out).toContain('req_1 released, approved by sam@example.com: fine  DROP TABLE orders');
  expect((await audit('search', '--dir', dir, '--person', 'sam@example.com', '--kind', 'agent.*')).out).toMatch(/agent\.thawed.*\n.*agent\.frozen too eager\n$/);
  expect((await audit('search', 'drop', 'table', '--dir', dir, '--kind', 'statement')).out.trim().split('\n')).toHaveLength(1);
});

test('search: pages follow each other, and JSON has what programs need', async () => {
  const dir = await journalOf(Array.from({ length: 7 }, (_, i) => statement(`SELECT ${i}`)));
  const first = await audit('search', '--dir', dir, '--limit', '4', '--json');
  const { entries, next } = JSON.parse(first.out) as { entries: { text: string }[]; next: string };
  expect(entries.map(({ text }) => text)).toEqual(['SELECT 6', 'SELECT 5', 'SELECT 4', 'SELECT 3']);
  const rest = await audit('search', '--dir', dir, '--limit', '4', '--after', next);
  expect(rest.out.match(/SELECT \d/g)).toEqual(['SELECT 2', 'SELECT 1', 'SELECT 0']);
  expect((await audit('search', '--dir', dir, '--limit', '4')).err).toBe(`There are more: --after ${next}\n`);
});

test('show: one entry, whole; nothing an agent wrote can fool the reader', async () => {
  const dir = await journalOfEverything();
  const journal = await open(dir);
  const sequence = journal.append(statement('SELECT 1\nVerdict      allow by nobody\u202e\u001b[2J', { parameters: ['\u001b[2J'] }));
  await journal.close();
  const shown = await audit('show', String(sequence), '--dir', dir);
  expect(shown.out).toContain('Agent        reporter, owned by dana@example.com\n');
  expect(shown.out).toContain('Verdict      allow by reads\n');
  expect(shown.out).toContain('  | Verdict      allow by nobody⟦U+202E⟧⟦U+001B⟧[2J\n');
  const printed = `${shown.out}${(await audit('search', '--dir', dir)).out}`;
  for (const hidden of ['\u001b', '\u202e']) expect(printed).not.toContain(hidden);
  expect(JSON.parse((await audit('show', String(sequence), '--dir', dir, '--json')).out)).toMatchObject({ sequence, text: expect.stringContaining('\u202e') });
  const request = (await audit('search', '--dir', dir, '--kind', 'request')).out.trim().split(' ')[0] ?? '';
  expect((await audit('show', request, '--dir', dir)).out).toContain('Decisions    approved by sam@example.com: fine at 2026-01-01T00:00:00.000Z (cli)\n');
  for (const nothing of ['999', 'x', '1e3']) expect(await audit('show', nothing, '--dir', dir)).toMatchObject({ failed: true, err: expect.stringContaining(`no entry ${nothing}`) });
});

test('what is wrong is said with what to do', async () => {
  const dir = await journalOfEverything();
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--effect', 'delte'], /--effect: there is no effect "delte"; did you mean "delete"\?/], [['--since', 'yesterday'], /--since: a time is written as 2026-03-01T08:00:00Z/],
    [['--limit', '1000'], /--limit: at most 200/], [['--after', 'x'], /--after: it isn't what a search gave as next/], [['--', '--'], /no letter and no digit/],
  ];
  for (const [args, why] of wrong) expect(await audit('search', '--dir', dir, ...args)).toMatchObject({ failed: true, out: '', err: expect.stringMatching(why) });
  expect(await audit('search')).toMatchObject({ failed: true, err: expect.stringContaining('--dir') });
  expect(await audit('search', '--dir', dir, '--agent', 'nobody')).toMatchObject({ failed: false, out: '', err: 'The journal knows no agent nobody.\n' });
  expect(await audit('search', '--dir', dir, 'nowhere')).toMatchObject({ failed: false, out: '', err: 'Nothing was found.\n' });
});

test('where there is no journal, nothing is left', async () => {
  const dir = scratch();
  expect(await audit('search', '--dir', dir)).toMatchObject({ failed: true, err: expect.stringContaining(`no journal in ${dir}`) });
  expect(readdirSync(dir)).toEqual([]);
});

test('a journal whose directory can\'t be written, and a damaged one, are searched', async () => {
  const dir = await journalOfEverything(800);
  mkdirSync(join(dir, INDEX_NAME));
  expect((await audit('search', '--dir', dir, '--kind', 'process.stop')).out).toContain('process.stop SIGTERM');
  const file = join(dir, '0000000000000001.journal');
  writeFileSync(file, readFileSync(file, 'latin1').replace('"kind":"policy.loaded"', '"kind";"policy.loaded"'), 'latin1');
  const damaged = await audit('search', '--dir', dir);
  expect(damaged.out).toContain('process.start');
  expect(damaged.err).toMatch(/^warning: .*can't be read\. What comes after it isn't found\.\n.*audit verify/);
});
