import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, runTyped } from '../cli/offline.ts';
import { journalOfEverything } from './every-kind.ts';
import { retiredJournal } from './retired.ts';
import { open, publicKeyFile, scratch, statement } from './setup.ts';

test('audit verify: good, then bad with exit code 1 and the place', async () => {
  const dir = await journalOfEverything();
  const key = publicKeyFile();
  const good = await run('audit', 'verify', '--dir', dir, '--key', key);
  expect(good).toMatchObject({ failed: false, err: '', out: expect.stringMatching(/^good: \d+ records/) });
  const head = /head: (\S+)/.exec(good.out)?.[1] ?? '';
  expect((await run('audit', 'verify', '--dir', dir, '--key', key, '--expect', head)).failed).toBe(false);
  expect((await run('audit', 'verify', '--dir', dir, '--key', key, '--expect', head.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).failed).toBe(true);
  const file = join(dir, '0000000000000001.journal');
  writeFileSync(file, readFileSync(file, 'latin1').replace('reporter', 'reporteR'), 'latin1');
  const bad = await run('audit', 'verify', '--dir', dir, '--key', key);
  expect(bad).toMatchObject({ failed: true, out: expect.stringMatching(/^BAD: .*\nrecord 6 in 0000000000000001\.journal at byte \d+:/) });
  const json = await run('audit', 'verify', '--dir', dir, '--key', key, '--json');
  expect(json.failed).toBe(true);
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, problem: { sequence: 6, file: '0000000000000001.journal' } });
});

test('audit verify says what was retired, by whose word, and which expected heads went with it', async () => {
  const { dir } = await retiredJournal({});
  const verified = await run('audit', 'verify', '--dir', dir, '--key', publicKeyFile(), '--expect', `2:${'a'.repeat(64)}`);
  expect(verified).toMatchObject({ failed: false, err: '' });
  expect(verified.out).toMatch(/^good: \d+ records in 1 segments.*\nretired: records 1 to \d+, until 2026-01-01T00:00:00\.000Z, by this journal's own word of 2026-01-01T00:00:10\.000Z\nhead 2, which is expected: was retired/);
});

test('what is missing is said with what to do', async () => {
  expect(await run('audit', 'verify')).toMatchObject({ failed: true, err: expect.stringContaining('--dir') });
  expect(await run('audit', 'verify', '--dir', '/nonexistent')).toMatchObject({ failed: true, err: expect.stringContaining('/nonexistent') });
  expect(await run('audit', 'verify', '--dir', scratch())).toMatchObject({ failed: true, err: expect.stringContaining('--key') });
});

test('keys generate', async () => {
  const out = join(scratch(), 'key');
  expect(await run('keys', 'generate', '--out', out)).toMatchObject({ failed: false, out: expect.stringContaining(`${out}.pub`) });
  expect(await run('keys', 'generate', '--out', out)).toMatchObject({ failed: true, err: expect.stringContaining('never replaced') });
});

test('sessions list, show and replay; nothing an agent wrote can fool the reader', async () => {
  const dir = await journalOfEverything();
  const journal = await open(dir);
  journal.append(statement('SELECT 1\n     +9.9s  40  request req_1: approve by sam\u202e\u001b[2J'));
  await journal.close();
  expect((await run('sessions', 'list', '--dir', dir)).out).toMatch(/^s_1 {2}2026-01-01T00:00:00\.000Z {2}ended {3}reporter .* 4 statements, 1 held, 1 refused\n$/);
  expect(JSON.parse((await run('sessions', 'list', '--dir', dir, '--json')).out)).toMatchObject({ sessions: [{ session: 's_1', agent: 'reporter', reason: 'closed by the agent' }] });
  const shown = await run('sessions', 'show', 's_1', '--dir', dir);
  expect(shown.out).toContain('held as req_1 by drops');
  expect(shown.out).toContain('  |      +9.9s  40  request req_1: approve by sam⟦U+202E⟧⟦U+001B⟧[2J');
  for (const hidden of ['\u001b', '\u202e']) expect(shown.out).not.toContain(hidden);
  expect((await run('sessions', 'replay', 's_1', '--dir', dir, '--speed', '100')).out).toBe(shown.out);
  const lines = (await run('sessions', 'show', 's_1', '--dir', dir, '--json')).out.trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { event: { kind: string } }).event.kind)).toContain('request.decided');
  expect(await run('sessions', 'show', 's_9', '--dir', dir)).toMatchObject({ failed: true, err: expect.stringContaining('s_9') });
  expect(await run('sessions', 'replay', 's_1', '--dir', dir, '--speed', '0')).toMatchObject({ failed: true });
  expect(await runTyped(['+', '-', ' ', ' n', 'q'], 'sessions', 'replay', 's_1', '--dir', dir, '--speed', '100')).toMatchObject({
    failed: false, err: 'at 200 times the speed\nat 100 times the speed\npaused\nat 100 times the speed\nat 100 times the speed\n',
  });
});
