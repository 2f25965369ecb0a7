import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { verifyJournal } from '../../src/journal/verify.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { generateSigningKey } from '../../src/runtime/keys.ts';
import { open, records, scratch, segments } from './setup.ts';

const KILLS = 50;
const WRITER = join(import.meta.dirname, 'writer.ts');

/** Of all segments but the last. */
const closedBytes = (dir: string): number => segments(dir).slice(0, -1).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);

/** Runs the writer, kills it after about `ms` of writing, and answers with what it had acknowledged. */
async function killedWriter(dir: string, key: string, ms: number, ...more: string[]): Promise<Map<number, number>> {
  const child = spawn(process.execPath, [WRITER, dir, key, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_code, signal) => resolve(signal)));
  const acknowledged = new Map<number, number>();
  const lines = createInterface({ input: child.stdout });
  const opened = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      if (line === 'open') return resolve();
      const [number, length] = line.split(' ').map(Number);
      acknowledged.set(number as number, length as number);
    });
  });
  await Promise.race([opened, exited]);
  await pause(ms);
  child.kill('SIGKILL');
  expect(await exited).toBe('SIGKILL');
  return acknowledged;
}

test(`killed ${KILLS} times in mid-work, no acknowledged statement is missing and the chain holds`, async () => {
  const dir = scratch();
  const key = join(scratch(), 'key');
  const { privateKey, publicKey } = generateSigningKey(key);
  const acknowledged = new Map<number, number>();
  for (let i = 0; i < KILLS; i++) {
    for (const [number, length] of await killedWriter(dir, key, Math.random() * 60)) acknowledged.set(number, length);
  }
  await (await open(dir, { signingKey: privateKey })).close();
  expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true, unsigned: 0 });
  const lengths = new Map<number, number>();
  for (const { sequence, event } of await records(dir, { kinds: ['statement'] })) {
    if (event.kind === 'statement') lengths.set(sequence, event.text.length);
  }
  expect(acknowledged.size).toBeGreaterThan(KILLS * 10);
  for (const [number, length] of acknowledged) expect(lengths.get(number), `record ${number}`).toBe(length);
  const recovered = (await records(dir, { kinds: ['recovered'] })).length;
  console.log(`${acknowledged.size} acknowledged statements, ${recovered} torn records cut off`);
}, 120_000);

const RETIRING_KILLS = 25;
const KEPT = 20_000;

test(`killed ${RETIRING_KILLS} times while the front is retired, nothing else is missing, the journal says what is, and a start finishes it`, async () => {
  const dir = scratch();
  const key = join(scratch(), 'key');
  const { privateKey, publicKey } = generateSigningKey(key);
  const acknowledged: number[] = [];
  let [unfinished, retired] = [0, 0];
  for (let i = 0; i < RETIRING_KILLS; i++) {
    acknowledged.push(...(await killedWriter(dir, key, Math.random() * 120, String(KEPT))).keys());
    // Without retention: as the crash has left it.
    await (await open(dir, { signingKey: privateKey })).close();
    const report = await verifyJournal({ dir, publicKey });
    expect(report).toMatchObject({ ok: true, unsigned: 0 });
    expect(report.retired?.last ?? 0).toBeGreaterThanOrEqual(retired);
    retired = report.retired?.last ?? 0;
    const last = (await records(dir, { kinds: ['retired'] })).flatMap(({ event }) => (event.kind === 'retired' ? [event.last] : [])).at(-1) ?? 0;
    if (last > retired) unfinished += 1;
  }
  const there = new Set((await records(dir, { kinds: ['statement'] })).map(({ sequence }) => sequence));
  expect(retired).toBeGreaterThan(0);
  expect(acknowledged.filter((number) => number > retired && !there.has(number))).toEqual([]);
  const journal = await open(dir, { signingKey: privateKey, keep: { bytes: KEPT, leastMs: 0 }, clock: systemClock });
  await vi.waitFor(() => expect(closedBytes(dir)).toBeLessThanOrEqual(KEPT), { timeout: 30_000 });
  await journal.close();
  expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true, unsigned: 0, retired: { why: 'size' } });
  console.log(`${retired} records retired, ${unfinished} times killed between tombstone and last file`);
}, 120_000);

test('verification of a journal that is being written finds nothing wrong', async () => {
  const dir = scratch();
  const key = join(scratch(), 'key');
  const { publicKey } = generateSigningKey(key);
  const killed = new AbortController();
  const writing = killedWriter(dir, key, 1500).finally(() => killed.abort());
  const seen: number[] = [];
  while (!killed.signal.aborted) {
    const report = await verifyJournal({ dir, publicKey });
    // Killed meanwhile, it may end in half a record.
    if (!killed.signal.aborted) expect(report.problem).toBeUndefined();
    seen.push(report.records);
  }
  await writing;
  expect(seen.at(-1)).toBeGreaterThan(1000);
});
