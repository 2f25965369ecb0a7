import { copyFileSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JournalRecord } from '../../src/journal/events.ts';
import { JournalTail } from '../../src/journal/tail.ts';
import type { Position } from '../../src/journal/tail.ts';
import { journalOfEverything } from './every-kind.ts';
import { firstOf, open, outcome, records, scratch, segments, statement, written } from './setup.ts';

async function drain(tail: JournalTail): Promise<JournalRecord[]> {
  const all: JournalRecord[] = [];
  for (let chunk = await tail.next(); chunk !== undefined; chunk = await tail.next()) all.push(...chunk.records);
  return all;
}


test('reads what a reader reads, over segments, and goes on from any position', async () => {
  const dir = await journalOfEverything(800);
  expect(segments(dir).length).toBeGreaterThan(4);
  const all = await records(dir);
  const tail = new JournalTail(dir);
  const positions: (Position | undefined)[] = [undefined];
  const read: JournalRecord[] = [];
  for (let chunk = await tail.next(); chunk !== undefined; chunk = await tail.next()) {
    read.push(...chunk.records);
    positions.push(chunk.position);
  }
  expect(read).toEqual(all);
  for (const position of positions) {
    const after = all.filter(({ sequence }) => sequence > (position?.sequence ?? 0));
    expect(await drain(new JournalTail(dir, position))).toEqual(after);
  }
});

test('what is appended comes with the next round: large texts and judgements of before, other segments', async () => {
  const dir = scratch();
  const large = `SELECT '${'x'.repeat(9000)}'`;
  const journal = await open(dir, { segmentBytes: 60_000 });
  const append = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      for (const text of ['SELECT $1', large]) journal.append(statement(text));
      await written(journal);
      journal.append(outcome(1));
    }
    await written(journal);
  };
  const lasting = new JournalTail(dir);
  let position: Position | undefined;
  const read: JournalRecord[] = [];
  const readAgain: JournalRecord[] = [];
  for (let round = 0; round < 12; round++) {
    await append(30);
    read.push(...await drain(lasting));
    const fresh = new JournalTail(dir, position);
    readAgain.push(...await drain(fresh));
    position = fresh.position;
  }
  await journal.close();
  read.push(...await drain(lasting));
  expect(segments(dir).length).toBeGreaterThan(1);
  expect(read).toEqual(await records(dir));
  expect(readAgain.map(({ sequence }) => sequence)).toEqual(read.map(({ sequence }) => sequence).slice(0, readAgain.length));
});

test('segments at the front may be gone, before or after they were read', async () => {
  const dir = await journalOfEverything(800);
  const all = await records(dir);
  const [first = '', second = '', third = ''] = segments(dir);
  const tail = new JournalTail(dir);
  while (tail.position?.segment !== second) await tail.next();
  await tail.close();
  const { position } = tail;
  unlinkSync(join(dir, first));
  unlinkSync(join(dir, second));
  const left = all.filter(({ sequence }) => sequence >= firstOf(third));
  expect(await drain(new JournalTail(dir))).toEqual(left);
  // Whether all of the second segment was read: only then does the third follow.
  if (position?.sequence === firstOf(third) - 1) expect(await drain(new JournalTail(dir, position))).toEqual(left);
  unlinkSync(join(dir, third));
  await expect(drain(new JournalTail(dir, position))).rejects.toMatchObject({ code: 'moved' });
});

test('another journal, or an older copy of it, isn\'t taken for the one that was read', async () => {
  const dir = await journalOfEverything();
  const tail = new JournalTail(dir);
  await drain(tail);
  const { position } = tail;
  const other = scratch();
  for (const name of segments(dir)) copyFileSync(join(dir, name), join(other, name));
  expect(await drain(new JournalTail(other, position))).toEqual([]);
  const last = join(other, segments(other).at(-1) ?? '');
  const bytes = readFileSync(last);
  bytes[(position?.offset ?? 0) + 20] = 0x21;
  writeFileSync(last, bytes);
  await expect(drain(new JournalTail(other, position))).rejects.toMatchObject({ code: 'moved' });
  const older = scratch();
  for (const name of segments(dir).slice(0, -1)) copyFileSync(join(dir, name), join(older, name));
  await expect(drain(new JournalTail(older, position))).rejects.toMatchObject({ code: 'moved' });
});

test('a record that isn\'t whole yet is waited for, and read as it is then', async () => {
  const dir = await journalOfEverything(1 << 20);
  const [name = ''] = segments(dir);
  const whole = readFileSync(join(dir, name));
  const all = await records(dir);
  truncateSync(join(dir, name), whole.length - 30);
  const tail = new JournalTail(dir);
  const before = await drain(tail);
  expect(before).toEqual(all.filter(({ sequence }) => sequence <= (tail.position?.sequence ?? 0)));
  expect(await drain(tail)).toEqual([]);
  writeFileSync(join(dir, name), whole);
  expect([...before, ...await drain(tail)]).toEqual(all);
});

test('damage ends it, after all that comes before', async () => {
  const dir = await journalOfEverything(800);
  const damaged = segments(dir)[2] ?? '';
  const bytes = readFileSync(join(dir, damaged), 'latin1');
  writeFileSync(join(dir, damaged), bytes.replace('{"event":', '{"event";'), 'latin1');
  const tail = new JournalTail(dir);
  await expect(drain(tail)).rejects.toMatchObject({ code: 'damaged', hint: expect.stringContaining('audit verify') });
  expect(tail.position?.sequence).toBe(firstOf(damaged) - 1);
  writeFileSync(join(dir, damaged), bytes, 'latin1');
  expect((await drain(tail)).at(-1)).toEqual((await records(dir)).at(-1));
});
