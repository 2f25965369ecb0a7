import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { INDEX_NAME } from '../../src/audit/index-file.ts';
import { JournalIndex } from '../../src/audit/journal-index.ts';
import { journalOfEverything } from '../journal/every-kind.ts';
import { firstOf, open, scratch, segments, statement, written } from '../journal/setup.ts';
import { contents, found, grown, indexOf, journalOf } from './support.ts';


/** A directory with an index that is closed and complete. */
async function indexed(): Promise<string> {
  const dir = await journalOfEverything();
  const index = new JournalIndex(dir);
  await index.grow();
  await index.close();
  return dir;
}

test('the index is what the directory is to its readers: nobody else\'s', async () => {
  const dir = await indexed();
  expect(statSync(join(dir, INDEX_NAME)).mode & 0o777).toBe(0o640);
});

test('a file of another version, of something else, or damaged anywhere is made anew', async () => {
  const dir = await indexed();
  const whole = contents(dir);
  const file = join(dir, INDEX_NAME);
  const bytes = readFileSync(file);
  const harms: (() => void)[] = [
    () => new DatabaseSync(file).exec('PRAGMA user_version = 99'),
    () => writeFileSync(file, 'not a database, though it is as long as one would be'.repeat(200)),
    () => writeFileSync(file, bytes.subarray(0, bytes.length / 2)),
    () => writeFileSync(file, ''),
    () => { rmSync(file); new DatabaseSync(file).exec('CREATE TABLE other (x)'); },
    // Every page but the first.
    () => writeFileSync(file, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0x5a)])),
  ];
  for (const harm of harms) {
    for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    harm();
    const index = new JournalIndex(dir);
    await index.grow();
    expect(await found(index, { agent: 'reporter' })).not.toEqual([]);
    await index.close();
    expect(contents(dir)).toEqual(whole);
  }
});

test('another journal in the same place is read from its beginning', async () => {
  const dir = await indexed();
  for (const name of segments(dir)) unlinkSync(join(dir, name));
  await journalOf([statement('SELECT other')], {}, dir);
  const index = await grown(dir);
  expect(await found(index)).toMatchObject([{ text: 'SELECT other' }]);
  expect(await found(index, { text: 'drop' })).toEqual([]);
});

test('what retention has removed at the front is forgotten; the rest goes on', async () => {
  const dir = scratch();
  const journal = await open(dir, { segmentBytes: 3000, checkpointRecords: 5 });
  const append = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      journal.append(statement(`SELECT ${i}`, { session: `s_${i}`, request: `req_${i}` }));
      await written(journal);
    }
  };
  await append(0, 30);
  const index = await grown(dir);
  const [one = '', two = '', three] = segments(dir);
  unlinkSync(join(dir, one));
  unlinkSync(join(dir, two));
  await append(30, 60);
  await index.grow();
  const left = await found(index, { limit: '200' });
  expect(left.map(({ sequence }) => sequence).toSorted((a, b) => a - b)[0]).toBe(firstOf(three));
  expect(left.length).toBeGreaterThan(30);
  expect(await found(index, { request: 'req_0' })).toEqual([]);
  // More is gone than was ever read.
  await append(60, 90);
  for (const name of segments(dir).slice(0, -2)) unlinkSync(join(dir, name));
  await index.grow();
  const rest = await found(index, { limit: '200' });
  expect(rest.at(-1)?.sequence).toBe(firstOf(segments(dir)[0]));
  expect(rest[0]?.text).toBe('SELECT 89');
  const whole = scratch();
  for (const name of segments(dir)) copyFileSync(join(dir, name), join(whole, name));
  await grown(whole);
  expect(contents(dir)).toEqual(contents(whole));
  await journal.close();
});

test('who may only read has a copy of the index, brought up to the journal, and leaves nothing behind', async () => {
  const dir = scratch();
  const journal = await open(dir);
  journal.append(statement('SELECT 1'));
  await written(journal);
  const index = new JournalIndex(dir);
  await index.grow();
  journal.append(statement('SELECT 2'));
  await written(journal);
  const temporary = scratch();
  chmodSync(temporary, 0o777);
  const reads = (): unknown => {
    for (const name of readdirSync(dir)) chmodSync(join(dir, name), 0o444);
    chmodSync(dir, 0o555);
    // Root may write anywhere, and so becomes somebody else.
    const child = spawnSync(process.execPath, [join(import.meta.dirname, 'reader.ts'), dir], { env: { TMPDIR: temporary }, encoding: 'utf8', ...(process.getuid?.() === 0 && { uid: 65_534, gid: 65_534 }) });
    chmodSync(dir, 0o755);
    return JSON.parse(child.stdout);
  };
  const read = { kept: false, before: ['SELECT 1'], after: ['SELECT 2', 'SELECT 1'] };
  expect(reads()).toEqual(read);
  await index.close();
  expect(reads()).toEqual(read);
  rmSync(join(dir, INDEX_NAME));
  expect(reads()).toEqual({ ...read, before: [] });
  expect(readdirSync(temporary)).toEqual([]);
  await journal.close();
});

test('where no file can be made there, one search has an index of its own', async () => {
  const dir = await journalOfEverything();
  mkdirSync(join(dir, INDEX_NAME));
  const index = await grown(dir);
  expect(index.kept).toBe(false);
  expect(await found(index, { kind: 'policy.loaded' })).toHaveLength(1);
  expect(readdirSync(join(dir, INDEX_NAME))).toEqual([]);
});

test('a damaged journal is searched up to there, and says so', async () => {
  const dir = await journalOfEverything(800);
  const [name = ''] = segments(dir).slice(3);
  const bytes = readFileSync(join(dir, name), 'latin1');
  writeFileSync(join(dir, name), bytes.replace('{"event":', '{"event";'), 'latin1');
  const index = indexOf(dir);
  await expect(index.grow()).rejects.toMatchObject({ code: 'damaged' });
  expect((await found(index))[0]?.sequence).toBeLessThan(firstOf(name));
  expect(await found(index)).not.toEqual([]);
  writeFileSync(join(dir, name), bytes, 'latin1');
  await index.grow();
  expect(await found(index, { kind: 'process.stop' })).toHaveLength(1);
  expect(existsSync(join(dir, INDEX_NAME))).toBe(true);
});
