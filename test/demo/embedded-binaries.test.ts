import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { usableFolder } from '../../src/demo/embedded-binaries.ts';

let root: string;
let native: string;
let version: string;

/** A package as npm unpacks it: no links, programs not even executable. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cs-native-'));
  chmodSync(root, 0o755);
  native = join(root, 'home/package/native');
  version = `test-${randomUUID()}`;
  mkdirSync(join(native, 'bin'), { recursive: true });
  mkdirSync(join(native, 'lib'));
  for (const program of ['initdb', 'pg_ctl', 'postgres']) writeFileSync(join(native, 'bin', program), 'program');
  writeFileSync(join(native, 'lib/libpq.so.5.18'), 'library');
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]));
});
afterEach(() => rmSync(root, { recursive: true }));

const somebody = { uid: 54_321, gid: 54_321 };

test('links that npm did not make are made', () => {
  expect(usableFolder(native, version, undefined)).toBe(native);
  expect(readlinkSync(join(native, 'lib/libpq.so.5'))).toBe('libpq.so.5.18');
  expect(usableFolder(native, version, undefined)).toBe(native);
});

test('what the account cannot reach is copied once, with its links, executable', () => {
  chmodSync(join(root, 'home'), 0o700);
  const copy = usableFolder(native, version, somebody);
  try {
    expect(copy).not.toBe(native);
    expect(readFileSync(join(copy, 'lib/libpq.so.5'), 'utf8')).toBe('library');
    expect(statSync(join(copy, 'bin/postgres')).mode & 0o111).toBe(0o111);
    const made = lstatSync(copy).ino;
    expect(usableFolder(native, version, somebody)).toBe(copy);
    expect(lstatSync(copy).ino).toBe(made);
  } finally {
    rmSync(dirname(copy), { recursive: true });
  }
});

test.runIf(process.getuid?.() === 0)('a copy that somebody else has put there is not run', () => {
  chmodSync(join(root, 'home'), 0o700);
  const copy = usableFolder(native, version, somebody);
  try {
    chownSync(dirname(copy), somebody.uid, somebody.gid);
    expect(() => usableFolder(native, version, somebody)).toThrow('belongs to somebody else');
  } finally {
    rmSync(dirname(copy), { recursive: true });
  }
});
