import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { SCHEMA, VERSION } from './schema.ts';

/** Beside the segments, where the journal ignores it. */
export const INDEX_NAME = 'index.sqlite';

export interface IndexFile {
  readonly database: DatabaseSync;
  /** Kept, for whoever comes next. Otherwise it is gone when it's closed. */
  readonly kept: boolean;
}

/** How long one process waits for another to write. */
const BUSY_MS = 10_000;
/** Results of SQLite by their low byte. */
const RESULT = { cantOpen: 14, readOnly: 8, corrupt: 11, notADatabase: 26, permission: 3 } as const;

/** The index of the directory's journal, made when absent, of another version or broken; where the directory can't be written, a copy of what is there, or an empty one. */
export function openIndexFile(dir: string): IndexFile {
  const path = join(dir, INDEX_NAME);
  try {
    return { database: openKept(path), kept: true };
  } catch (error) {
    if (isBroken(error)) {
      removeIndexFile(dir);
      return { database: openKept(path), kept: true };
    }
    if (!isForbidden(error)) throw error;
    return { database: openCopy(path) ?? prepared(new DatabaseSync(''), 'MEMORY'), kept: false };
  }
}

/** Undefined when there is nothing to copy. Its file has no name as soon as it is open, so that nothing of it stays, whatever ends this process. */
function openCopy(path: string): DatabaseSync | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-index-'));
  try {
    copyIndex(path, join(dir, INDEX_NAME));
    return prepared(new DatabaseSync(join(dir, INDEX_NAME)), 'MEMORY');
  } catch {
    return undefined; // it may be absent, of another version, broken, or unreadable: the journal has all that it has
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function copyIndex(from: string, to: string): void {
  // As it is while somebody writes it. When nobody does, it is one file, which reading alone can only open as one that never changes.
  const address = pathToFileURL(from);
  if (!existsSync(`${from}-wal`)) address.search = 'immutable=1';
  const database = new DatabaseSync(address, { readOnly: true, timeout: BUSY_MS });
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
}

export function removeIndexFile(dir: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(join(dir, `${INDEX_NAME}${end}`), { force: true });
}

function openKept(path: string): DatabaseSync {
  // With the mode of the segments: it tells what they tell.
  closeSync(openSync(path, 'a', 0o640));
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    return prepared(database, 'WAL');
  } catch (error) {
    database.close();
    throw error;
  }
}

class OtherVersion extends Error {}

function prepared(database: DatabaseSync, journal: 'WAL' | 'MEMORY'): DatabaseSync {
  // A power cut may cost what was written last, and never the whole: NORMAL is enough for what can be made again.
  database.exec(`PRAGMA journal_mode = ${journal}; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32000; PRAGMA journal_size_limit = 67108864`);
  inTransaction(database, () => {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    const empty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
    if (empty) database.exec(SCHEMA);
    else if (version !== VERSION) throw new OtherVersion(`The index has version ${version}.`);
  });
  return database;
}

/** All or nothing, with nobody else writing meanwhile. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Something that only making it anew mends. */
export function isBroken(error: unknown): boolean {
  if (error instanceof OtherVersion) return true;
  const result = resultOf(error);
  return result === RESULT.corrupt || result === RESULT.notADatabase || (error instanceof Error && error.message.startsWith('no such table'));
}

function isForbidden(error: unknown): boolean {
  const result = resultOf(error);
  if (result === RESULT.cantOpen || result === RESULT.readOnly || result === RESULT.permission) return true;
  return error instanceof Error && 'code' in error && ['EACCES', 'EROFS', 'EPERM', 'EISDIR'].includes(String(error.code));
}

function resultOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
