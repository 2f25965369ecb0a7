import { mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HEADER_BYTES } from '../../src/journal/record.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { keys, open, outcome, records, scratch, segments, statement, written } from './setup.ts';

const publicKey = keys.publicKey;

/** Released ones: each is a record by itself. */
async function fiveStatements(segmentBytes = 1 << 20): Promise<string> {
  const dir = scratch();
  const journal = await open(dir, { segmentBytes });
  for (let i = 0; i < 5; i++) {
    journal.append(statement(`SELECT ${i}`, { request: `req_${i}` }));
    await written(journal);
  }
  await journal.close();
  return dir;
}

function lastSegment(dir: string): string {
  return join(dir, segments(dir).at(-1) as string);
}

/** Where records begin, and where the file ends. */
function borders(bytes: Buffer): number[] {
  const found = [HEADER_BYTES];
  for (let at = HEADER_BYTES; at < bytes.length; found.push(at)) at += 4 + bytes.readUInt32BE(at);
  return found;
}

test('a file cut at any length: opened again, the whole records stay, the rest is cut off, and the journal says so', async () => {
  const source = await fiveStatements();
  const whole = readFileSync(lastSegment(source));
  const starts = borders(whole);
  const dir = join(source, 'cut');
  mkdirSync(dir);
  // Every length around where records meet and within the first record; every seventh elsewhere.
  const near = (length: number): boolean => length < 150 || length === whole.length || starts.some((start) => Math.abs(start - length) < 8);
  for (const length of Array.from({ length: whole.length + 1 }, (_, i) => i).filter((i) => near(i) || i % 7 === 0)) {
    writeFileSync(join(dir, '0000000000000001.journal'), whole.subarray(0, length));
    const before = Math.max(0, starts.filter((start) => start <= length).length - 1);
    const journal = await open(dir);
    await journal.close();
    const read = await records(dir);
    expect(read.slice(0, before).length, `length ${length}`).toBe(before);
    const dropped = length < HEADER_BYTES ? length : length - (starts[before] as number);
    expect(read[before]?.event, `length ${length}`).toEqual(dropped > 0 ? expect.objectContaining({ kind: 'recovered', bytes: dropped }) : before === 0 ? undefined : expect.objectContaining({ kind: 'checkpoint' }));
    expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true, unsigned: 0 });
    for (const name of readdirSync(dir).filter((one) => one !== '0000000000000001.journal' && one.endsWith('.journal'))) expect.unreachable(name);
  }
}, 60_000);

test('what the disk filled with zeros is cut off as well', async () => {
  const dir = await fiveStatements();
  const file = lastSegment(dir);
  const whole = readFileSync(file);
  for (const tail of [Buffer.alloc(1), Buffer.alloc(4096), Buffer.concat([whole.subarray(HEADER_BYTES, HEADER_BYTES + 48), Buffer.alloc(100)])]) {
    writeFileSync(file, Buffer.concat([whole, tail]));
    await (await open(dir)).close();
    expect((await verifyJournal({ dir, publicKey })).ok).toBe(true);
    expect((await records(dir)).find(({ event }) => event.kind === 'recovered')?.event).toMatchObject({ bytes: tail.length });
  }
});

test('a crash while a segment was begun', async () => {
  for (const length of [0, 5, 12, 40, HEADER_BYTES, 70]) {
    const dir = await fiveStatements(1500);
    const { head } = await verifyJournal({ dir, publicKey });
    const template = readFileSync(lastSegment(dir));
    writeFileSync(join(dir, `${String(head.sequence + 1).padStart(16, '0')}.journal`), template.subarray(0, length));
    const journal = await open(dir, { segmentBytes: 1500 });
    journal.append(statement('SELECT 6'));
    await journal.close();
    expect((await verifyJournal({ dir, publicKey })).ok).toBe(true);
    expect((await records(dir, { kinds: ['statement'] })).length).toBe(6);
  }
});

test('anything else than a cut refuses to start, and says where and what to do', async () => {
  const source = await fiveStatements();
  const whole = readFileSync(lastSegment(source));
  const starts = borders(whole);
  const third = starts[2] as number;
  const longer = Buffer.from(whole);
  longer.writeUInt32BE(whole.length, third);
  const flipped = Buffer.from(whole);
  flipped[third + 50] = (whole[third + 50] as number) ^ 1;
  const shorter = Buffer.from(whole);
  shorter.writeUInt32BE(whole.readUInt32BE(third) - 1, third);
  const badHeader = Buffer.from(whole);
  badHeader[11] = 3;
  for (const bad of [longer, flipped, shorter, badHeader, Buffer.concat([whole, Buffer.from('\0\0\0\x05hello')]), Buffer.concat([whole, Buffer.from('\n\n\n\n\n')])]) {
    const dir = scratch();
    writeFileSync(join(dir, '0000000000000001.journal'), bad);
    await expect(open(dir)).rejects.toMatchObject({ code: 'damaged', hint: expect.stringMatching(/audit verify/), message: expect.stringMatching(/at byte \d+/) });
    expect(readFileSync(join(dir, '0000000000000001.journal')).equals(bad)).toBe(true);
    await expect(open(dir), 'the lock is free again').rejects.toMatchObject({ code: 'damaged' });
  }
});

test('a missing or foreign segment before the last refuses to start', async () => {
  for (const attack of ['missing', 'foreign']) {
    const dir = await fiveStatements(1500);
    const names = segments(dir);
    expect(names.length).toBe(2);
    const first = join(dir, names[0] as string);
    if (attack === 'missing') unlinkSync(first);
    else writeFileSync(first, readFileSync(first, 'latin1').replace('SELECT 1', 'SELECT 9'), 'latin1');
    await expect(open(dir), attack).rejects.toMatchObject({ code: 'damaged' });
  }
});

test('while an outcome is pending at a crash, its statement is still there', async () => {
  const dir = await fiveStatements();
  const journal = await open(dir);
  const number = journal.append(statement('SELECT 6'));
  await written(journal);
  journal.append(outcome(number));
  await journal.close();
  const read = await records(dir, { session: 's_1' });
  expect(read.at(-1)?.event).toMatchObject({ kind: 'outcome', statement: number });
  expect(read.find(({ sequence }) => sequence === number)?.event).toMatchObject({ text: 'SELECT 6' });
});
