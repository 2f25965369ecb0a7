import { copyFileSync, cpSync, existsSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Journal } from '../../src/journal/events.ts';
import type { JournalOptions, Keep } from '../../src/journal/options.ts';
import { CHECK_MS } from '../../src/journal/retention.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import type { Report } from '../../src/journal/verify.ts';
import { retiredJournal } from './retired.ts';
import { firstOf, keys, open, records, scratch, segments, statement, stoppedClock, written } from './setup.ts';

const DAY = 86_400_000;
const publicKey = keys.publicKey;
const forever: Keep = { leastMs: 0 };

const verify = (dir: string, expect?: Report['head'][]): Promise<Report> => verifyJournal({ dir, publicKey, ...(expect && { expect }) });

async function append(journal: Journal, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    journal.append(statement(`SELECT ${i}`, { request: `req_${i}` }));
    await written(journal);
  }
}

/** A journal of some segments for each of so many days, by the day of their newest records; the clock stands on the last. */
async function ofDays(days: number, options: Partial<JournalOptions> = {}): Promise<{ dir: string; clock: ReturnType<typeof stoppedClock>; perDay: string[][] }> {
  const dir = scratch();
  const clock = stoppedClock();
  const perDay: string[][] = [];
  for (let day = 0; day < days; day++) {
    if (day > 0) clock.advance(DAY);
    // The last segment goes on the next day.
    const before = segments(dir).slice(0, -1);
    const journal = await open(dir, { clock, segmentBytes: 2500, ...options });
    await append(journal, 15);
    await journal.close();
    perDay.push(segments(dir).filter((name) => !before.includes(name)).slice(0, day === days - 1 ? undefined : -1));
  }
  return { dir, clock, perDay };
}

async function retired(dir: string, options: Partial<JournalOptions>, gone: string): Promise<void> {
  const journal = await open(dir, { segmentBytes: 2500, ...options });
  await vi.waitFor(() => expect(existsSync(join(dir, gone))).toBe(false));
  await journal.close();
}

test('segments all of whose records are too old go at the start; the journal says so, and verifies', async () => {
  const { dir, clock, perDay } = await ofDays(3);
  const before = await records(dir);
  const { head } = await verify(dir);
  const [, second = []] = perDay;
  const removed = (perDay[0] ?? []).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
  await retired(dir, { clock, keep: { ageMs: 1.5 * DAY, leastMs: 0 } }, perDay[0]?.at(-1) ?? '');
  const first = firstOf(second[0]);
  expect(segments(dir)[0]).toBe(second[0]);
  const [tombstone] = await records(dir, { kinds: ['retired'] });
  const report = await verify(dir, [head]);
  expect(tombstone?.event).toMatchObject({
    first: 1, last: first - 1, segments: perDay[0]?.length, why: 'age', since: before[0]?.time, until: before[0]?.time,
    bytes: removed,
  });
  expect(report).toMatchObject({ ok: true, unsigned: 0, retired: { last: first - 1, until: before[0]?.time, why: 'age', expected: [] } });
  expect((await records(dir)).filter(({ sequence }) => sequence <= head.sequence)).toEqual(before.filter(({ sequence }) => sequence >= first));
});

test('beyond its size the oldest go, but for what is too young and what is being written', async () => {
  const { dir, clock, perDay } = await ofDays(3);
  const keep = { bytes: 1, leastMs: 1.5 * DAY };
  await retired(dir, { clock, keep }, perDay[0]?.at(-1) ?? '');
  expect(segments(dir)[0]).toBe(perDay[1]?.[0]);
  expect((await records(dir, { kinds: ['retired'] }))[0]?.event).toMatchObject({ why: 'size' });
  await retired(dir, { clock, keep: { bytes: 1, leastMs: -1 } }, perDay[2]?.[0] ?? '');
  expect(segments(dir).length).toBeLessThan(3);
  expect(await verify(dir)).toMatchObject({ ok: true, unsigned: 0, retired: { why: 'size' } });
  await (await open(dir, { clock })).close();
  expect((await verify(dir)).ok).toBe(true);
});

test('nothing goes that need not', async () => {
  const { dir, clock } = await ofDays(2);
  const before = segments(dir);
  for (const keep of [forever, { ageMs: 3 * DAY, leastMs: 0 }, { bytes: 1 << 20, leastMs: 0 }]) {
    const journal = await open(dir, { clock, keep });
    await append(journal, 1);
    await journal.close();
  }
  expect(segments(dir)).toEqual(before);
  expect(await records(dir, { kinds: ['retired'] })).toEqual([]);
});

test('it is looked at when a segment is full, and now and then', async () => {
  const dir = scratch();
  const clock = stoppedClock();
  const journal = await open(dir, { clock, segmentBytes: 2500, keep: { ageMs: DAY, leastMs: 0 } });
  await append(journal, 15);
  const [one = ''] = segments(dir);
  clock.advance(2 * DAY);
  await append(journal, 15);
  await vi.waitFor(async () => expect((await records(dir))[0]?.time).toBe(new Date(clock.now()).toISOString()));
  expect(existsSync(join(dir, one))).toBe(false);
  clock.advance(2 * DAY);
  const left = segments(dir)[0] ?? '';
  clock.advance(CHECK_MS);
  await vi.waitFor(() => expect(existsSync(join(dir, left))).toBe(false));
  await journal.close();
  expect(await verify(dir)).toMatchObject({ ok: true, unsigned: 0 });
});

test('a front that is missing without such a word, or with one that isn\'t signed or is of other records, is bad', async () => {
  const { dir, clock, perDay } = await ofDays(4);
  const whole = join(scratch(), 'whole');
  cpSync(dir, whole, { recursive: true });
  const front = /front is missing: records 1 to \d+ aren't there/;
  unlinkSync(join(dir, segments(dir)[0] ?? ''));
  expect(await verify(dir)).toMatchObject({ ok: false, problem: { sequence: 1, why: expect.stringMatching(front) } });
  await retired(whole, { clock, keep: { ageMs: 2.5 * DAY, leastMs: 0 } }, perDay[0]?.at(-1) ?? '');
  expect((await verify(whole)).ok).toBe(true);
  // One more than the tombstone says.
  const [next = ''] = segments(whole);
  renameSync(join(whole, next), join(dir, 'kept'));
  expect((await verify(whole)).problem?.why).toMatch(front);
  renameSync(join(dir, 'kept'), join(whole, next));
  // One in between.
  const [, between = ''] = segments(whole);
  renameSync(join(whole, between), join(dir, 'kept'));
  expect((await verify(whole)).problem?.why).toMatch(/^records \d+ to \d+ aren't there/);
  renameSync(join(dir, 'kept'), join(whole, between));
  // The checkpoint after the tombstone is cut off: anybody can write such a record.
  const [last = ''] = segments(whole).slice(-1);
  const bytes = readFileSync(join(whole, last));
  writeFileSync(join(whole, last), bytes.subarray(0, bytes.lastIndexOf('{"event":{"key"') - 4));
  expect((await records(whole, { kinds: ['retired'] })).length).toBe(1);
  expect(await verify(whole)).toMatchObject({ ok: false, problem: { why: expect.stringMatching(front) } });
});

test('any byte of the segment with the tombstone changed is found', async () => {
  const { dir } = await retiredJournal({});
  const file = join(dir, segments(dir).at(-1) ?? '');
  const good = readFileSync(file);
  for (let at = good.indexOf('"kind":"retired"') - 200; at < good.length; at += 3) {
    const bad = Buffer.from(good);
    bad[at] = (good[at] ?? 0) ^ (1 << (at % 7));
    writeFileSync(file, bad);
    expect((await verify(dir)).ok, `byte ${at}`).toBe(false);
  }
});

test('a tombstone of other records than there were is bad', async () => {
  const { dir, clock, perDay } = await ofDays(2);
  const journal = await open(dir, { clock });
  const last = firstOf(perDay[1]?.[0]) - 1;
  (journal as Journal & { note(note: unknown): void }).note({ kind: 'retired', first: 1, last, hash: '0'.repeat(64), segments: 1, bytes: 1, since: '', until: '', why: 'age' });
  await journal.close();
  expect((await verify(dir)).problem?.why).toMatch(/was another one/);
});

test('heads that are expected: retired ones are named, the last of them is compared', async () => {
  const { dir, clock, perDay } = await ofDays(3);
  const early = (await verify(dir)).head;
  const hash = 'a'.repeat(64);
  await retired(dir, { clock, keep: { ageMs: 1.5 * DAY, leastMs: 0 } }, perDay[0]?.at(-1) ?? '');
  const last = firstOf(segments(dir)[0]) - 1;
  expect(await verify(dir, [early, { sequence: 2, hash }])).toMatchObject({ ok: true, retired: { expected: [2] } });
  expect(await verify(dir, [{ sequence: last, hash }])).toMatchObject({ ok: false, problem: { sequence: last } });
});

test('what a crash left is finished at the next start: the tombstone stands, files go; half of them gone verifies as well', async () => {
  const { dir, clock, perDay } = await ofDays(3);
  const old = perDay[0] ?? [];
  const copies = scratch();
  for (const name of old) copyFileSync(join(dir, name), join(copies, name));
  const keep = { ageMs: 1.5 * DAY, leastMs: 0 };
  await retired(dir, { clock, keep }, old.at(-1) ?? '');
  for (const name of old.toReversed()) {
    copyFileSync(join(copies, name), join(dir, name));
    expect(await verify(dir)).toMatchObject({ ok: true });
  }
  expect((await verify(dir)).retired).toBeUndefined();
  await retired(dir, { clock, keep }, old.at(-1) ?? '');
  expect((await records(dir, { kinds: ['retired'] })).length).toBe(1);
  expect(await verify(dir)).toMatchObject({ ok: true, retired: { last: firstOf(perDay[1]?.[0]) - 1 } });
});

test('what is damaged is evidence, and stays', async () => {
  const { dir, clock, perDay } = await ofDays(3);
  const [, second = ''] = perDay[0] ?? [];
  const rest = segments(dir).slice(1);
  const file = join(dir, second);
  writeFileSync(file, readFileSync(file, 'latin1').replace('SELECT 7', 'SELECT 8'), 'latin1');
  await retired(dir, { clock, keep: { ageMs: 1.5 * DAY, leastMs: 0 } }, perDay[0]?.[0] ?? '');
  expect(segments(dir).slice(0, rest.length)).toEqual(rest);
});
