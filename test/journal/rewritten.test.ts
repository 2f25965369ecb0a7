/** An attacker who has the files but no key: changes a record, and then all hashes and roots that follow from it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canonical } from '../../src/journal/canonical.ts';
import { Commitments, leavesOf, Salts } from '../../src/journal/commitments.ts';
import { HEADER_BYTES, MAGIC, NO_HASH, recordHash, recordJson } from '../../src/journal/record.ts';
import { numbersOf, parseRecord } from '../../src/journal/scan.ts';
import type { ParsedRecord } from '../../src/journal/scan.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { journalOfEverything } from './every-kind.ts';
import { keys, segments } from './setup.ts';

type Record = Pick<ParsedRecord, 'event' | 'time'>;

function read(bytes: Buffer): Record[] {
  const found: Record[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
    const { event, time } = parseRecord(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at))) as ParsedRecord;
    found.push({ event, time });
  }
  return found;
}

/** A segment of these records in which everything fits together but the signatures. @param changed index of the one that is left as it is */
function segment(header: Buffer, records: readonly Record[], changed?: number): Buffer {
  const commitments = new Commitments(new Salts(header.subarray(MAGIC.length)));
  const parts = [header];
  let [sequence, previous] = [1, NO_HASH];
  for (const [i, { event, time }] of records.entries()) {
    const made = event.kind === 'checkpoint' && i !== changed ? { ...event, ...commitments.made } : event;
    const record = { event: made, previous, sequence, time };
    const json = recordJson(canonical(made), previous, sequence, time);
    for (const leaf of leavesOf(record, json)) commitments.add(leaf);
    if (event.kind === 'checkpoint') commitments.signed();
    const bytes = Buffer.from(json);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
    previous = recordHash(bytes);
    sequence += numbersOf(record);
  }
  return Buffer.concat(parts);
}

test('fields of other types are bad records, and nothing that verification stumbles over', async () => {
  const dir = await journalOfEverything(1 << 20);
  const file = join(dir, segments(dir)[0] ?? '');
  const good = readFileSync(file);
  const records = read(good);
  const last = records.length - 1;
  for (const { event } of records) {
    for (const name of Object.keys(event)) {
      for (const other of [null, 7, {}, [null], [[null]]]) {
        // As the last record: nothing after it says that it was changed, unless it can't be read.
        const cut = [...records.slice(0, last), { event: { ...event, [name]: other } as Record['event'], time: '2026-01-01T00:00:00.000Z' }];
        if (name === 'kind' || ((event.kind === 'statements' || event.kind === 'outcomes') && !Array.isArray(other))) continue;
        writeFileSync(file, segment(good.subarray(0, HEADER_BYTES), cut, last));
        expect(typeof (await verifyJournal({ dir, publicKey: keys.publicKey })).ok).toBe('boolean');
      }
    }
  }
});

/** The value with one thing in it changed, for each: another value, one more, one less. */
function* changed(value: unknown, at = ''): Generator<readonly [where: string, value: unknown]> {
  if (typeof value === 'string') yield [at, `${value}a`];
  else if (typeof value === 'number') yield [at, value + 1];
  else if (typeof value === 'boolean') yield [at, !value];
  else if (value === null) yield [at, 'null'];
  else {
    for (const [name, member] of Object.entries(value as object)) {
      const put = (other: unknown): unknown => (Array.isArray(value) ? value.with(Number(name), other) : { ...(value as object), [name]: other });
      for (const [where, other] of changed(member, `${at}.${name}`)) yield [where, put(other)];
      yield [`${at}.${name} left out`, Array.isArray(value) ? value.toSpliced(Number(name), 1) : put(undefined)];
    }
    if (Array.isArray(value)) yield [`${at} and one more`, [...(value as unknown[]), value[0] ?? 'more']];
    else yield [`${at}.more`, { ...(value as object), more: 1 }];
  }
}

test('any field of any kind of record, with every hash after it made to fit', async () => {
  const dir = await journalOfEverything(1 << 20);
  const file = join(dir, segments(dir)[0] ?? '');
  const good = readFileSync(file);
  const header = good.subarray(0, HEADER_BYTES);
  const records = read(good);
  expect(segment(header, records).equals(good)).toBe(true);
  const kinds = new Set<string>();
  let count = 0;
  for (const [i, record] of records.entries()) {
    const others = [[' time', { ...record, time: '2027-01-01T00:00:00.000Z' }] as const, ...[...changed(record.event)].map(([where, event]) => [where, { ...record, event } as Record] as const)];
    for (const [where, { event, time }] of others) {
      // What isn't a record at all can't be made to fit.
      if (event.kind === undefined || (event.kind === 'statements' && !Array.isArray(event.ran)) || (event.kind === 'outcomes' && !Array.isArray(event.ended))) continue;
      writeFileSync(file, segment(header, records.with(i, { event, time }), i));
      const report = await verifyJournal({ dir, publicKey: keys.publicKey });
      expect(report.ok, `${record.event.kind}${where}`).toBe(false);
      kinds.add(record.event.kind);
      count += 1;
    }
  }
  expect(kinds.size).toBe(29); // all but what comes after crashes and full disks: recovered, outage
  expect(count).toBeGreaterThan(400);
}, 120_000);
