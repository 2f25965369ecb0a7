import type { DatabaseSync } from 'node:sqlite';
import type { AuditEntry } from './entry.ts';
import { BadSearch } from './failures.ts';
import { FACETS, meant, searchable } from './facets.ts';
import type { Facet } from './facets.ts';
import { cursorAfter } from './query.ts';
import type { SearchQuery } from './query.ts';
import { entryFrom, JOINED, SELECT_ENTRY } from './rows.ts';
import type { Row } from './rows.ts';
import { BLOCK } from './schema.ts';
import { wordsExpression } from './words.ts';

export interface Found {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** Present when there are more. */
  readonly next?: string;
  /** Filters by which nothing was ever recorded, `agent nobody`: typing errors, mostly. */
  readonly unknown?: readonly string[];
}

/** Statements may be 1 MiB each: a page ends early rather than grow past this many UTF-16 units. */
const PAGE_LENGTH = 4 * 1024 * 1024;
/** So many values at most may be meant by one filter. */
const MOST_MEANT = 1000;
/** Facets whose values are compared one by one, since a part of them will do. */
const BY_PART: ReadonlySet<Facet> = new Set(['table', 'column']);

const FOREVER = Number.MAX_SAFE_INTEGER;

export function find(database: DatabaseSync, query: SearchQuery): Found {
  const filters = FACETS.flatMap((facet) => (query[facet] === undefined ? [] : [{ facet, given: query[facet], ids: idsOf(database, facet, query[facet]) }]));
  const unknown = filters.filter(({ ids }) => ids.length === 0).map(({ facet, given }) => `${facet} ${given}`);
  const words = query.text === undefined ? [] : [`{text more} : (${wordsExpression(query.text)})`];
  if (unknown.length > 0) return { entries: [], unknown };
  const match = [...words, ...filters.map(({ ids }) => `facets : (${ids.map((id) => `f${id}`).join(' OR ')})`)].join(' AND ');
  return page(rows(database, match, query), query.limit);
}

function idsOf(database: DatabaseSync, facet: Facet, given: string): readonly number[] {
  const wanted = searchable(given);
  const exact = !BY_PART.has(facet) && !wanted.includes('*');
  const known = exact
    ? database.prepare('SELECT id, value FROM facet WHERE facet = ? AND value = ?').all(facet, wanted)
    : database.prepare('SELECT id, value FROM facet WHERE facet = ?').all(facet);
  const chosen = new Set(meant(facet, wanted, known.map(({ value }) => String(value))));
  if (chosen.size > MOST_MEANT) throw new BadSearch(facet, `${chosen.size} values are meant by "${given}", and at most ${MOST_MEANT} can be searched at once`, 'Write more of it.');
  return known.filter(({ value }) => chosen.has(String(value))).map(({ id }) => Number(id));
}

/** One more than the page has, if there are. */
function rows(database: DatabaseSync, match: string, { after = FOREVER, since = 0, until = FOREVER, limit }: SearchQuery): Iterable<Row> {
  const { first, last } = spanOf(database, since, until);
  const bounds = [first, Math.min(after, last + 1), since, until, limit + 1] as const;
  if (match === '') {
    return database.prepare(`${SELECT_ENTRY} FROM entry ${JOINED}
      WHERE entry.sequence >= ? AND entry.sequence < ? AND +entry.time >= ? AND +entry.time < ? ORDER BY entry.sequence DESC LIMIT ?`).iterate(...bounds);
  }
  return database.prepare(`${SELECT_ENTRY} FROM word CROSS JOIN entry ON entry.sequence = word.rowid ${JOINED}
    WHERE word MATCH ? AND word.rowid >= ? AND word.rowid < ? AND +entry.time >= ? AND +entry.time < ? ORDER BY word.rowid DESC LIMIT ?`).iterate(match, ...bounds);
}

/** These narrow the search down; each entry's own time decides. */
function spanOf(database: DatabaseSync, since: number, until: number): { readonly first: number; readonly last: number } {
  if (since === 0 && until === FOREVER) return { first: 0, last: FOREVER - 1 };
  const blocks = database.prepare('SELECT min(block) AS first, max(block) AS last FROM span WHERE last >= ? AND first < ?').get(since, until);
  return typeof blocks?.['last'] === 'number' ? { first: Number(blocks['first']) * BLOCK, last: (blocks['last'] + 1) * BLOCK - 1 } : { first: 0, last: 0 };
}

export function entryAt(database: DatabaseSync, sequence: number): AuditEntry | undefined {
  const row = database.prepare(`${SELECT_ENTRY} FROM entry ${JOINED} WHERE entry.sequence = ?`).get(sequence);
  return row && entryFrom(row);
}

function page(found: Iterable<Row>, limit: number): Found {
  const entries: AuditEntry[] = [];
  let length = 0;
  for (const row of found) {
    const last = entries.at(-1);
    length += String(row['body']).length;
    if (last !== undefined && (entries.length === limit || length > PAGE_LENGTH)) return { entries, next: cursorAfter(last.sequence) };
    entries.push(entryFrom(row));
  }
  return { entries };
}
