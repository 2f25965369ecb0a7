import { copyFileSync, readdirSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HEADER_BYTES } from '../../src/journal/record.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { journalOfEverything } from './every-kind.ts';
import { keys, records } from './setup.ts';

const publicKey = keys.publicKey;

function segments(dir: string): string[] {
  return readdirSync(dir).filter((name) => name.endsWith('.journal')).toSorted();
}

test('an untouched journal of every kind of record is good', async () => {
  const dir = await journalOfEverything();
  expect(segments(dir).length).toBeGreaterThan(2);
  expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true, unsigned: 0, decisions: { unchecked: 1 } });
  expect(new Set((await records(dir)).map(({ event }) => event.kind)).size).toBe(25);
});

test('any byte changed anywhere, in a header, a length or any field, is found at its record or before the next checkpoint', async () => {
  const dir = await journalOfEverything();
  let start = 0;
  for (const name of segments(dir)) {
    const file = join(dir, name);
    const good = readFileSync(file);
    // A field is longer than three bytes; the way a byte is changed follows from its place: one bit, or zero.
    for (let at = start++; at < good.length; at += at < 20 ? 1 : 3) {
      const bad = Buffer.from(good);
      bad[at] = at % 5 === 4 ? (good[at] === 0 ? 0x30 : 0) : (good[at] as number) ^ (1 << (at % 7));
      writeFileSync(file, bad);
      const report = await verifyJournal({ dir, publicKey });
      expect(report.ok, `${name} byte ${at}`).toBe(false);
      expect(report.problem?.why).toBeTruthy();
    }
    writeFileSync(file, good);
  }
  expect((await verifyJournal({ dir, publicKey })).ok).toBe(true);
}, 120_000);

test('bytes removed or inserted anywhere are found', async () => {
  const dir = await journalOfEverything();
  await fc.assert(fc.asyncProperty(fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 40 }), fc.nat(40), async (which, where, inserted, removed) => {
    const names = segments(dir);
    const file = join(dir, names[which % names.length] as string);
    const good = readFileSync(file);
    const at = where % good.length;
    const bad = Buffer.concat([good.subarray(0, at), inserted, good.subarray(at + removed)]);
    fc.pre(!bad.equals(good));
    writeFileSync(file, bad);
    const report = await verifyJournal({ dir, publicKey });
    writeFileSync(file, good);
    // Cut exactly after a record of the last segment: then the tail is unsigned, which is all that files can show.
    expect(!report.ok || report.unsigned > 0 || report.records < 24).toBe(true);
  }), { numRuns: 300 });
}, 120_000);

test('whole segments: missing, renamed, swapped, copied in, emptied', async () => {
  const attacks: Record<string, (file: (i: number) => string) => void> = {
    'segment is missing': (file) => unlinkSync(file(1)),
    'first segment is missing': (file) => unlinkSync(file(0)),
    renamed: (file) => renameSync(file(1), file(1).replace(/\d\.journal/, '9.journal')),
    swapped: (file) => {
      const [one, two] = [readFileSync(file(0)), readFileSync(file(1))];
      writeFileSync(file(0), two);
      writeFileSync(file(1), one);
    },
    doubled: (file) => copyFileSync(file(0), file(0).replace('0000000000000001', '0000000000000002')),
    emptied: (file) => truncateSync(file(1), 0),
  };
  for (const [name, attack] of Object.entries(attacks)) {
    const dir = await journalOfEverything();
    const names = segments(dir);
    attack((i) => join(dir, names[i] as string));
    expect((await verifyJournal({ dir, publicKey })).ok, name).toBe(false);
  }
});

test('records exchanged, removed or repeated in a file are found', async () => {
  const dir = await journalOfEverything(1 << 20);
  const file = join(dir, segments(dir)[0] as string);
  const good = readFileSync(file);
  const pieces: Buffer[] = [];
  for (let at = HEADER_BYTES; at < good.length; at += 4 + good.readUInt32BE(at)) pieces.push(good.subarray(at, at + 4 + good.readUInt32BE(at)));
  const header = good.subarray(0, HEADER_BYTES);
  for (let i = 0; i + 1 < pieces.length; i++) {
    const arrangements = [pieces.toSpliced(i, 1), pieces.toSpliced(i, 2, pieces[i + 1] as Buffer, pieces[i] as Buffer), pieces.toSpliced(i, 0, pieces[i] as Buffer)];
    for (const arrangement of arrangements) {
      writeFileSync(file, Buffer.concat([header, ...arrangement]));
      const report = await verifyJournal({ dir, publicKey });
      expect(report.ok, `record ${i + 1}`).toBe(false);
      expect(report.problem?.sequence).toBeGreaterThanOrEqual(i + 1);
      expect(report.problem?.sequence).toBeLessThanOrEqual(i + 2);
    }
  }
});

test('another key\'s signature doesn\'t count, and a rewritten journal can\'t be signed', async () => {
  const dir = await journalOfEverything();
  const other = generateKeyPairSync('ed25519');
  expect((await verifyJournal({ dir, publicKey: other.publicKey })).problem?.why).toMatch(/another key/);
  expect((await verifyJournal({ dir, publicKey: [other.publicKey, publicKey] })).ok).toBe(true);
});

test('an end cut off is found by whoever kept the head', async () => {
  const dir = await journalOfEverything();
  const { head } = await verifyJournal({ dir, publicKey });
  unlinkSync(join(dir, segments(dir).at(-1) as string));
  expect((await verifyJournal({ dir, publicKey })).ok).toBe(true);
  expect(await verifyJournal({ dir, publicKey, expect: [head] })).toMatchObject({ ok: false });
});
