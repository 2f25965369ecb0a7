import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Problem } from '../../src/config/problems.ts';
import type { CompiledPolicy } from '../../src/policy/decide.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { watchPolicy } from '../../src/policy/watch.ts';
import type { PolicyWatch } from '../../src/policy/watch.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Clock } from '../../src/runtime/clock.ts';

const text = (action: string): string => `version: 1\nholds: { approvers: [dba] }\nrules:\n  - { name: reads, effects: [read], then: ${action} }\n`;

let dir: string;
let file: string;
let stop: AbortController;
let heard: (CompiledPolicy | readonly Problem[])[];
let wake: () => void;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'watch-'));
  file = join(dir, 'policy.yaml');
  writeFileSync(file, text('allow'));
  stop = new AbortController();
  heard = [];
});
afterEach(() => {
  stop.abort();
  rmSync(dir, { recursive: true });
});

async function start(clock: Clock = systemClock): Promise<PolicyWatch> {
  const hear = (what: CompiledPolicy | readonly Problem[]): void => {
    heard.push(what);
    wake();
  };
  const { version } = await loadPolicy([file]);
  return watchPolicy([file], { version, onPolicy: hear, onProblem: hear, signal: stop.signal, clock });
}

/** The next thing that is heard; the test's time limit is the only clock. */
const next = (): Promise<unknown> => new Promise((resolve) => (wake = () => resolve(heard.at(-1))));
const action = (policy: unknown): string | undefined => (policy as CompiledPolicy).model.rules[0]?.action;

test('a file written in place, and one renamed over it, come into force', async () => {
  await start();
  let waiting = next();
  writeFileSync(file, text('hold'));
  expect(action(await waiting)).toBe('hold');
  waiting = next();
  writeFileSync(`${file}~`, text('deny'));
  renameSync(`${file}~`, file);
  expect(action(await waiting)).toBe('deny');
});

test('a wrong file is reported and keeps the old policy; correcting it is noticed', async () => {
  await start();
  let waiting = next();
  writeFileSync(file, text('alow'));
  expect(await waiting).toEqual([{ file, line: 4, column: 43, message: 'rules[0].then can\'t be "alow"; did you mean "allow"?' }]);
  waiting = next();
  rmSync(file);
  expect(await waiting).toMatchObject([{ line: 1, message: expect.stringContaining('ENOENT') as string }]);
  waiting = next();
  writeFileSync(file, text('deny'));
  expect(action(await waiting)).toBe('deny');
});

test('reload reads now: same contents are no news, problems are told each time', async () => {
  const never: Clock = { ...systemClock, after: () => ({ cancel: () => undefined }) };
  wake = () => undefined;
  const watching = await start(never);
  expect(await watching.reload()).toBe(true);
  expect(heard).toEqual([]);
  writeFileSync(file, 'version: 3\n');
  expect([await watching.reload(), await watching.reload()]).toEqual([false, false]);
  expect(heard).toHaveLength(2);
  writeFileSync(file, text('hold'));
  expect(await Promise.all([watching.reload(), watching.reload()])).toEqual([true, true]);
  expect(heard).toHaveLength(3);
});

test('many writes are one reading', async () => {
  const timers: (() => void)[] = [];
  let cancelled = 0;
  const byHand: Clock = { ...systemClock, after: (_, callback) => (timers.push(callback), { cancel: () => void (cancelled += 1) }) };
  await start(byHand);
  for (let round = 1; round <= 5; round += 1) {
    writeFileSync(file, text('hold'));
    while (timers.length < round) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(cancelled).toBe(timers.length - 1);
  const waiting = next();
  timers.at(-1)?.();
  expect(action(await waiting)).toBe('hold');
  expect(heard).toHaveLength(1);
});

test('after the signal nothing is heard', async () => {
  wake = () => undefined;
  const watching = await start();
  stop.abort();
  writeFileSync(file, text('deny'));
  expect(await watching.reload()).toBe(false);
  expect(heard).toEqual([]);
});
