import type * as promises from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { CHECK_MS } from '../../src/journal/retention.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { keys, open, records, scratch, segments, statement, stoppedClock, written } from './setup.ts';

const refusing = vi.hoisted(() => ({ path: '', tries: 0 }));
// Root, which tests may be run as, removes whatever it wants.
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof promises>();
  const unlink = async (path: string): Promise<void> => {
    if (path !== refusing.path) return fs.unlink(path);
    refusing.tries += 1;
    throw Object.assign(new Error('operation not permitted'), { code: 'EPERM', syscall: 'unlink' });
  };
  return { ...fs, unlink };
});

test('a file that can\'t be removed is told once, harms nothing, keeps those after it, and is tried again', async () => {
  const dir = scratch();
  const clock = stoppedClock();
  const warn = vi.fn();
  const journal = await open(dir, { clock, segmentBytes: 1, keep: { ageMs: 1000, leastMs: 0 }, log: { warn, error: warn } });
  const append = async (): Promise<void> => {
    journal.append(statement('SELECT 1'));
    await written(journal);
  };
  for (let i = 0; i < 5; i++) await append();
  const [, second = '', third = ''] = segments(dir);
  refusing.path = join(dir, second);
  clock.advance(5000);
  await append();
  await vi.waitFor(() => expect(refusing.tries).toBeGreaterThan(0));
  const { tries } = refusing;
  clock.advance(CHECK_MS);
  await vi.waitFor(() => expect(refusing.tries).toBeGreaterThan(tries));
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toMatchObject({ code: 'EPERM' });
  expect(segments(dir).slice(0, 2)).toEqual([second, third]);
  expect(journal.writable).toBe(true);
  expect(await verifyJournal({ dir, publicKey: keys.publicKey })).toMatchObject({ ok: true, retired: { why: 'age' } });
  refusing.path = '';
  clock.advance(CHECK_MS);
  await vi.waitFor(() => expect(existsSync(join(dir, third))).toBe(false));
  await journal.close();
  expect(await verifyJournal({ dir, publicKey: keys.publicKey })).toMatchObject({ ok: true, unsigned: 0 });
  expect((await records(dir, { kinds: ['retired'] })).length).toBeGreaterThan(0);
});
