import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { JournalIndex } from '../../src/audit/journal-index.ts';
import { scratch, segments } from '../journal/setup.ts';
import { generate } from './generate.ts';
import { contents, grown } from './support.ts';

const GROWER = join(import.meta.dirname, 'grower.ts');
const KILLS = 12;

async function killedGrower(dir: string, ms: number): Promise<void> {
  const child = spawn(process.execPath, [GROWER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  await pause(ms);
  child.kill('SIGKILL');
  expect((await exited)[1]).toBe('SIGKILL');
}

test(`killed ${KILLS} times while it grew, the index is as one that was made at once`, async () => {
  const dir = scratch();
  await generate(dir, 6000, { segmentBytes: 20_000 });
  const reached: number[] = [];
  for (let i = 0; i < KILLS; i++) {
    await killedGrower(dir, Math.random() * 150);
    const index = new JournalIndex(dir);
    reached.push((await index.search({ limit: 1 })).entries[0]?.sequence ?? 0);
    await index.close();
  }
  const whole = scratch();
  for (const name of segments(dir)) copyFileSync(join(dir, name), join(whole, name));
  await grown(dir);
  await grown(whole);
  // Each went on where the one before was killed, and at least one was killed on its way.
  expect(reached).toEqual(reached.toSorted((a, b) => a - b));
  expect(new Set(reached).size).toBeGreaterThan(2);
  expect(contents(dir)).toEqual(contents(whole));
}, 60_000);
