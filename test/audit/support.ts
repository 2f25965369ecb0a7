import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AuditEntry } from '../../src/audit/entry.ts';
import type { Found } from '../../src/audit/find.ts';
import { INDEX_NAME } from '../../src/audit/index-file.ts';
import { JournalIndex } from '../../src/audit/journal-index.ts';
import { SearchQuery } from '../../src/audit/query.ts';
import { entryFrom, JOINED, SELECT_ENTRY } from '../../src/audit/rows.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import type { JournalOptions } from '../../src/journal/journal.ts';
import { open, scratch, written } from '../journal/setup.ts';

/** As they are typed. */
export type Filters = Partial<Record<keyof SearchQuery, string>>;

/** A directory with a journal of these events. */
export async function journalOf(events: readonly JournalEvent[], options: Partial<JournalOptions> = {}, dir = scratch()): Promise<string> {
  const journal = await open(dir, options);
  for (const event of events) {
    journal.append(event);
    await written(journal);
  }
  await journal.close();
  return dir;
}

/** Closed at the end of the test. */
export function indexOf(dir: string): JournalIndex {
  const index = new JournalIndex(dir);
  onTestFinished(() => index.close());
  return index;
}

export async function grown(dir: string): Promise<JournalIndex> {
  const index = indexOf(dir);
  await index.grow();
  return index;
}

export function search(index: JournalIndex, query: Filters = {}): Promise<Found> {
  return index.search(SearchQuery.parse(query));
}

export async function found(index: JournalIndex, query: Filters = {}): Promise<readonly AuditEntry[]> {
  return (await search(index, query)).entries;
}

/** All that the file holds, in words and not in numbers, which depend on the order things came in. */
export function contents(dir: string): { readonly entries: readonly AuditEntry[]; readonly words: readonly string[]; readonly position: unknown } {
  const database = new DatabaseSync(join(dir, INDEX_NAME), { readOnly: false });
  try {
    const facets = new Map(database.prepare('SELECT id, facet, value FROM facet').all().map(({ id, facet, value }) => [`f${String(id)}`, `${String(facet)}=${String(value)}`]));
    database.exec('CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, word, instance)');
    const words = database.prepare('SELECT term, doc, col, offset FROM temp.vocabulary').all()
      .map(({ term, doc, col, offset }) => (col === 'facets' ? `${String(doc)} ${facets.get(String(term)) ?? '?'}` : `${String(doc)} ${String(col)} ${String(offset)} ${String(term)}`));
    return {
      entries: database.prepare(`${SELECT_ENTRY} FROM entry ${JOINED} ORDER BY entry.sequence`).all().map(entryFrom),
      words: words.toSorted(), position: database.prepare('SELECT segment, offset, sequence, hash FROM position').get(),
    };
  } finally {
    database.close();
  }
}
