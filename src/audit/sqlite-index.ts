import type { DatabaseSync } from 'node:sqlite';
import type { Chunk, Position } from '../journal/tail.ts';
import { EntryWriter } from './entry-writer.ts';
import type { AuditEntry } from './entry.ts';
import { type Found, entryAt, find } from './find.ts';
import { inTransaction, type IndexFile } from './index-file.ts';
import type { SearchQuery } from './query.ts';
import { TABLES } from './schema.ts';

/** How many entries are taken out at a time, so that others come in between. */
const FORGOTTEN_AT_ONCE = 1000;
const FORGET = [
  'DELETE FROM word WHERE rowid <= ?',
  'DELETE FROM entry WHERE sequence <= ?',
  // Statements that are left still have its story.
  'DELETE FROM request WHERE entry <= ? AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.request = request.name)',
];

/**
 * The index over one file, which other processes may have open, too. Each chunk of the journal goes in whole, in one transaction with how far has been
 * read: nobody, whenever they are killed, leaves half of one, and no two put the same in twice.
 */
export class SqliteIndex {
  readonly #database: DatabaseSync;
  readonly #writer: EntryWriter;
  readonly kept: boolean;

  constructor({ database, kept }: IndexFile) {
    this.#database = database;
    this.#writer = new EntryWriter(database);
    this.kept = kept;
  }

  /** How far the journal is in it. */
  position(): Position | undefined {
    const row = this.#database.prepare('SELECT segment, offset, sequence, hash FROM position').get();
    return row === undefined ? undefined : ({ ...row } as unknown as Position);
  }

  /** False, and nothing is done, when it doesn't end at `from`: somebody else has gone on with it meanwhile. */
  add({ records, position }: Chunk, from: Position | undefined): boolean {
    return this.#write(() => {
      if (this.position()?.hash !== from?.hash) {
        this.#writer.forget();
        return false;
      }
      for (const record of records) this.#writer.add(record);
      const { segment, offset, sequence, hash } = position;
      this.#database.prepare('INSERT OR REPLACE INTO position (one, segment, offset, sequence, hash) VALUES (1, ?, ?, ?, ?)').run(segment, offset, sequence, hash);
      return true;
    });
  }

  /** Takes out what comes before the journal's first record: it has been removed there. */
  forgetBefore(first: number): void {
    const some = this.#database.prepare('SELECT max(sequence) AS last FROM (SELECT sequence FROM entry WHERE sequence < ? ORDER BY sequence LIMIT ?)');
    for (let last = some.get(first, FORGOTTEN_AT_ONCE)?.['last']; typeof last === 'number'; last = some.get(first, FORGOTTEN_AT_ONCE)?.['last']) {
      const until = last;
      this.#write(() => {
        for (const sql of FORGET) this.#database.prepare(sql).run(until);
      });
    }
  }

  /** As if nothing had been read. */
  clear(): void {
    this.#write(() => {
      this.#writer.forget();
      for (const table of TABLES) this.#database.exec(table === 'word' ? `INSERT INTO word (word) VALUES ('delete-all')` : `DELETE FROM ${table}`);
    });
  }

  search(query: SearchQuery): Found {
    return find(this.#database, query);
  }

  entry(sequence: number): AuditEntry | undefined {
    return entryAt(this.#database, sequence);
  }

  close(): void {
    this.#database.close();
  }

  #write<T>(work: () => T): T {
    try {
      return inTransaction(this.#database, work);
    } catch (error) {
      this.#writer.forget();
      throw error;
    }
  }
}
