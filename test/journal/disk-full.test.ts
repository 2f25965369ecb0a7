import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { KEPT_ENTRIES } from '../../src/journal/backlog.ts';
import { RETRY_MS } from '../../src/journal/writer.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { keys, open, outcome, records, scratch, statement, stoppedClock, turn, written } from './setup.ts';

const publicKey = keys.publicKey;
const mountable = canMount();
if (!mountable) console.warn('disk-full: left out, since this user may not mount a tmpfs (run as root)');

function canMount(): boolean {
  const dir = '/tmp/countersign-mount-probe';
  try {
    mkdirSync(dir, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function tinyDisk(kilobytes: number): string {
  const dir = scratch();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', dir]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', dir]));
  return dir;
}

/** Takes all space but `spare` pages; the returned function gives it back. */
function fill(dir: string, spare: number): () => void {
  const { bfree, bsize } = statfsSync(dir);
  writeFileSync(join(dir, 'ballast'), Buffer.alloc(Math.max(0, bfree - spare) * bsize));
  return () => rmSync(join(dir, 'ballast'));
}

test.skipIf(!mountable)('a full disk: statements are void, the rest is kept and written when there is room, the chain has no gap', async () => {
  const dir = tinyDisk(256);
  const clock = stoppedClock();
  const journal = await open(dir, { clock, checkpointRecords: 10 });
  const running = journal.append(statement('SELECT before'));
  await written(journal);
  const free = fill(dir, 0);
  const refusal = { code: 'ENOSPC', hint: expect.stringMatching(/room/) };

  // Bit by bit, up to the brim: some of these still fit into the last page.
  let failure: unknown;
  for (let i = 0; failure === undefined; i++) {
    journal.append(statement(`SELECT ${i}`, { parameters: ['x'.repeat(300)] }));
    failure = await written(journal).catch((error: unknown) => error);
  }
  expect(failure).toMatchObject(refusal);
  expect(journal.writable).toBe(false);
  const fitted = (await records(dir, { kinds: ['statement'] })).length;

  // Outcomes of what ran before are kept; a statement is refused; nothing is tried more often than it should be.
  journal.append(outcome(running, { tag: 'kept' }));
  journal.append(statement('SELECT never'));
  await expect(written(journal)).rejects.toMatchObject(refusal);
  await expect(journal.durable()).rejects.toMatchObject(refusal);
  clock.advance(RETRY_MS);
  await turn();
  expect(journal.writable).toBe(false);
  expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true });

  free();
  clock.advance(RETRY_MS);
  await turn();
  expect(journal.writable).toBe(true);
  const after = journal.append(statement('SELECT after'));
  await written(journal);
  await journal.close();

  const read = await records(dir);
  expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true, unsigned: 0, records: read.at(-1)?.sequence });
  // The outage record is small: it may have fitted while what follows it didn't, and then there are two.
  const outages = read.flatMap(({ event }) => (event.kind === 'outage' ? [event] : []));
  expect(outages[0]).toMatchObject({ code: 'ENOSPC', dropped: {} });
  expect(outages.reduce((sum, { voided }) => sum + (voided['statement'] ?? 0), 0)).toBe(2);
  expect(read.filter(({ event }) => event.kind === 'statement').length).toBe(fitted + 1);
  expect(read.filter(({ event }) => event.kind === 'outcome').map(({ event }) => event)).toEqual([outcome(running, { tag: 'kept' })]);
  expect(read.find(({ sequence }) => sequence === after)?.event).toMatchObject({ text: 'SELECT after' });
  expect(JSON.stringify(read)).not.toContain('SELECT never');
});

test.skipIf(!mountable)('room comes back in the turn of a statement: it is written under the number it was given', async () => {
  const dir = tinyDisk(128);
  const clock = stoppedClock();
  const journal = await open(dir, { clock });
  const running = journal.append(statement('SELECT before'));
  await written(journal);
  const free = fill(dir, 0);
  journal.append(statement('x'.repeat(20_000)));
  journal.append(outcome(running));
  await expect(written(journal)).rejects.toMatchObject({ code: 'ENOSPC' });
  free();
  clock.advance(RETRY_MS - 1);
  journal.append(statement('SELECT too early'));
  await expect(written(journal)).rejects.toMatchObject({ code: 'ENOSPC' });
  clock.advance(1);
  const large = `SELECT '${'y'.repeat(20_000)}'`;
  const number = journal.append(statement(large));
  await written(journal);
  await journal.close();
  const read = await records(dir);
  expect(read.find(({ sequence }) => sequence === number)?.event).toMatchObject({ text: large });
  expect((await verifyJournal({ dir, publicKey })).ok).toBe(true);
});

test.skipIf(!mountable)('a segment that can\'t be begun is begun later', async () => {
  const dir = tinyDisk(64);
  const clock = stoppedClock();
  const journal = await open(dir, { clock, segmentBytes: 1 });
  journal.append(statement('SELECT before'));
  await written(journal);
  const free = fill(dir, 0);
  journal.append(statement('SELECT never'));
  await expect(written(journal)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect((await verifyJournal({ dir, publicKey })).ok).toBe(true);
  free();
  clock.advance(RETRY_MS);
  await turn();
  expect(journal.writable).toBe(true);
  await journal.close();
  expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true, unsigned: 0 });
});

test.skipIf(!mountable)('a long outage is remembered in bounded memory: what is given up is counted', async () => {
  const dir = tinyDisk(16_000);
  const clock = stoppedClock();
  const journal = await open(dir, { clock });
  const running = journal.append(statement('SELECT before'));
  await written(journal);
  const free = fill(dir, 0);
  journal.append(statement('x'.repeat(20_000)));
  await expect(written(journal)).rejects.toMatchObject({ code: 'ENOSPC' });
  const ended = KEPT_ENTRIES + 1000;
  for (let i = 0; i < ended; i++) journal.append(outcome(running, { rows: 2, bytes: 3, tag: `${i}` }));
  journal.append({ kind: 'request.decided', request: 'req_1', person: 'sam@example.com', channel: 'cli', decision: 'deny', jws: 'a.b.c' });
  await turn();
  free();
  clock.advance(RETRY_MS);
  await turn();
  await journal.close();
  const read = await records(dir);
  const outage = read.find(({ event }) => event.kind === 'outage')?.event;
  const kept = read.filter(({ event }) => event.kind === 'outcome').length;
  expect(kept).toBeLessThanOrEqual(KEPT_ENTRIES);
  expect(outage).toMatchObject({ dropped: { outcome: ended - kept }, outcomes: { rows: 2 * (ended - kept), bytes: 3 * (ended - kept), errors: 0 } });
  expect(read.some(({ event }) => event.kind === 'request.decided')).toBe(true);
  expect((await verifyJournal({ dir, publicKey })).ok).toBe(true);
});

test.skipIf(!mountable)('closed while the disk is full: it says so, and the next process goes on', async () => {
  const dir = tinyDisk(64);
  const journal = await open(dir);
  journal.append(statement('SELECT before'));
  await written(journal);
  const free = fill(dir, 0);
  journal.append(statement('x'.repeat(9000)));
  await expect(written(journal)).rejects.toMatchObject({ code: 'ENOSPC' });
  free();
  fill(dir, 0);
  journal.append({ kind: 'process.stop', reason: 'x'.repeat(9000) });
  await expect(journal.close()).rejects.toMatchObject({ code: 'ENOSPC' });
  rmSync(join(dir, 'ballast'));
  const next = await open(dir);
  next.append(statement('SELECT after'));
  await next.close();
  expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true, unsigned: 0 });
});

// An append-only file can be written to by who has it open, but not cut back: what a failing disk does, on purpose.
test.skipIf(!mountable)('a file that can\'t be cut back is left, and the next one says from where on it doesn\'t count', async () => {
  const dir = tinyDisk(64);
  const clock = stoppedClock();
  const journal = await open(dir, { clock });
  journal.append(statement('SELECT before'));
  await written(journal);
  const first = join(dir, '0000000000000001.journal');
  execFileSync('chattr', ['+a', first]);
  const free = fill(dir, 2);
  // Small records first: whole ones of a void batch end up in the file, under numbers that are used again.
  for (let i = 0; i < 8; i++) journal.append(statement(`SELECT never ${i}`));
  journal.append(statement('x'.repeat(20_000)));
  await expect(written(journal)).rejects.toMatchObject({ code: 'ENOSPC' });
  free();
  clock.advance(RETRY_MS);
  await turn();
  journal.append(statement('SELECT after'));
  await written(journal);
  await journal.close();

  expect(readFileSync(first).includes('SELECT never 7')).toBe(true);
  const read = await records(dir);
  expect(JSON.stringify(read)).not.toContain('never');
  // 1 and 4 are what the statements were judged to be.
  expect(read.map(({ sequence }) => sequence)).toEqual([2, 3, 5, 6]);
  expect(read[1]?.event).toMatchObject({ kind: 'outage', damaged: { file: '0000000000000001.journal' }, voided: { statement: 9 } });
  expect(await verifyJournal({ dir, publicKey })).toMatchObject({ ok: true, unsigned: 0 });
  await (await open(dir)).close();
  execFileSync('chattr', ['-a', first]);

  // Nobody else may add to a finished file.
  writeFileSync(first, readFileSync(first).subarray(0, -1));
  expect((await verifyJournal({ dir, publicKey })).ok).toBe(true);
  const second = join(dir, '0000000000000002.journal');
  appendFileSync(second, '\0\0\0\x05hello');
  expect((await verifyJournal({ dir, publicKey })).ok).toBe(false);
});
