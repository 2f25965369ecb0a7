/** Readers under way while the front of what they read is retired. */
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { JournalRecord } from '../../src/journal/events.ts';
import { findEvents } from '../../src/journal/find.ts';
import { prove } from '../../src/journal/proof/prove.ts';
import { readJournal } from '../../src/journal/read.ts';
import { SegmentScan } from '../../src/journal/scan.ts';
import { JournalTail } from '../../src/journal/tail.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { run } from '../cli/offline.ts';
import { journalOfEverything } from './every-kind.ts';
import { retiredJournal } from './retired.ts';
import { firstOf, keys, open, records, scratch, segments, statement, written } from './setup.ts';


/** As many of the oldest go in the moment somebody opens one of the others. */
function retiredOnOpening(dir: string, which: number, count: number): void {
  const names = segments(dir);
  const open = SegmentScan.open.bind(SegmentScan);
  let done = false;
  const spy = vi.spyOn(SegmentScan, 'open').mockImplementation(async (path, offset) => {
    if (!done && path.endsWith(names[which] ?? '')) {
      done = true;
      for (const name of names.slice(0, count)) unlinkSync(join(dir, name));
    }
    return open(path, offset).finally(() => done && spy.mockRestore());
  });
}

const after = (all: readonly JournalRecord[], dir: string): JournalRecord[] => all.filter(({ sequence }) => sequence >= firstOf(segments(dir)[0]));

test('a reader leaves out what went before it came there, and goes on', async () => {
  const dir = await journalOfEverything(800);
  const all = await records(dir);
  const [, second] = segments(dir);
  retiredOnOpening(dir, 1, 3);
  const read = await records(dir);
  expect(read).toEqual([...all.filter(({ sequence }) => sequence < firstOf(second)), ...after(all, dir)]);
});

test('a reader that follows does so, too', async () => {
  const dir = scratch();
  const journal = await open(dir, { segmentBytes: 1 });
  const stop = new AbortController();
  const seen: string[] = [];
  for (let i = 0; i < 6; i++) {
    journal.append(statement(`SELECT ${i}`));
    await written(journal);
  }
  for await (const { event } of readJournal(dir, { follow: stop.signal, kinds: ['statement'] })) {
    seen.push(event.kind === 'statement' ? event.text : '');
    if (seen.length === 1) {
      for (const name of segments(dir).slice(0, 4)) unlinkSync(join(dir, name));
      journal.append(statement('SELECT 6'));
      await written(journal);
    }
    if (seen.at(-1) === 'SELECT 6') stop.abort();
  }
  await journal.close();
  expect(seen).toEqual(['SELECT 0', 'SELECT 4', 'SELECT 5', 'SELECT 6']);
});

test('a tail begins where the journal now begins, or says that what it read has moved', async () => {
  const dir = await journalOfEverything(800);
  const all = await records(dir);
  retiredOnOpening(dir, 0, 2);
  const read: JournalRecord[] = [];
  const tail = new JournalTail(dir);
  for (let chunk = await tail.next(); chunk !== undefined; chunk = await tail.next()) read.push(...chunk.records);
  expect(read).toEqual(after(all, dir));
  const lagging = new JournalTail(dir);
  await lagging.next();
  const gone = segments(dir).indexOf(lagging.position?.segment ?? '') + 2;
  for (const name of segments(dir).slice(0, gone)) unlinkSync(join(dir, name));
  await expect((async () => { while ((await lagging.next()) !== undefined); })()).rejects.toMatchObject({ code: 'moved' });
});

test('events are found in what is left', async () => {
  const dir = await journalOfEverything(800);
  retiredOnOpening(dir, 1, 2);
  expect(await Array.fromAsync(findEvents(dir, 'process.stop', 0))).toHaveLength(1);
});

test('verification begins anew where the journal then begins', async () => {
  const { dir, begin } = await retiredJournal({ kept: true });
  retiredOnOpening(dir, 1, begin);
  expect(await verifyJournal({ dir, publicKey: keys.publicKey })).toMatchObject({ ok: true, retired: { last: firstOf(segments(dir)[0]) - 1 } });
});

test('of a record that was retired nothing can be proven, and it is said when it went', async () => {
  const { dir, time } = await retiredJournal({});
  await expect(prove(dir, 2)).rejects.toMatchObject({ code: 'retired', message: expect.stringContaining(`Record 2 was retired at ${time}`) });
  await expect(prove(dir, 1_000_000)).rejects.toMatchObject({ code: 'no_record' });
  const [left] = await records(dir, { kinds: ['statement'] });
  expect((await prove(dir, left?.sequence ?? 0)).subject).toBe(left?.sequence);
  expect(await run('audit', 'prove', '2', '--dir', dir)).toMatchObject({ failed: true, err: expect.stringContaining('was retired') });
});
