import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { open, records, scratch, segments, statement, stoppedClock, written } from './setup.ts';

/**
 * A journal whose front was retired at `time`, so that it begins with segment number `begin` of those there were, counted from 0.
 * @param from.kept the files are still there, as a crash may leave them
 */
export async function retiredJournal({ kept = false }): Promise<{ readonly dir: string; readonly begin: number; readonly time: string }> {
  const dir = scratch();
  const clock = stoppedClock();
  const first = await open(dir, { clock, segmentBytes: 2500 });
  for (let i = 0; i < 20; i++) {
    first.append(statement(`SELECT ${i}`, { request: `req_${i}` }));
    await written(first);
  }
  await first.close();
  const old = segments(dir).slice(0, -1);
  const copies = scratch();
  for (const name of old) copyFileSync(join(dir, name), join(copies, name));
  clock.advance(10_000);
  const journal = await open(dir, { clock, segmentBytes: 1 << 20, keep: { ageMs: 5000, leastMs: 0 } });
  journal.append(statement('SELECT after'));
  await vi.waitFor(() => expect(existsSync(join(dir, old.at(-1) ?? ''))).toBe(false));
  await journal.close();
  for (const name of kept ? old : []) copyFileSync(join(copies, name), join(dir, name));
  return { dir, begin: old.length, time: (await records(dir, { kinds: ['retired'] })).at(-1)?.time ?? '' };
}
