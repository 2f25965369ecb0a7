/** The index as SQLite keeps it. Whoever changes it counts VERSION up: files of another version are made anew from the journal. */

export const VERSION = 1;

export const SCHEMA = `
CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), segment TEXT NOT NULL, offset INTEGER NOT NULL, sequence INTEGER NOT NULL, hash TEXT NOT NULL);

CREATE TABLE session (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, facts TEXT NOT NULL);
-- What statements were judged to be: the same for many.
CREATE TABLE judged (id INTEGER PRIMARY KEY, facts TEXT NOT NULL UNIQUE);
-- entry: NULL for a request of which only a statement tells.
CREATE TABLE request (name TEXT PRIMARY KEY, entry INTEGER, story TEXT NOT NULL) WITHOUT ROWID;

-- JSON in body, facts and story keeps texts that SQL and C would change: NUL, halves of characters.
CREATE TABLE entry (
  sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, session INTEGER, judged INTEGER, request TEXT, body TEXT NOT NULL,
  rows INTEGER, bytes INTEGER, ms REAL, tag TEXT, error TEXT
);
-- When the entries were made whose sequences begin alike: times may go back when a clock is set, and so can't be searched for by halves.
CREATE TABLE span (block INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE INDEX entry_request ON entry (request) WHERE request IS NOT NULL;

CREATE TABLE facet (id INTEGER PRIMARY KEY, facet TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (facet, value));
-- By the entry's sequence. Each facet an entry has is a word in facets, f and its id: lists of entries by word are what FTS5 intersects, newest first.
CREATE VIRTUAL TABLE word USING fts5 (text, more, facets, content = '', contentless_delete = 1, tokenize = 'unicode61');

PRAGMA user_version = ${VERSION};
`;

/** Sequences of one span. */
export const BLOCK = 4096;

/** In an order in which nothing is missed by what is left. */
export const TABLES = ['position', 'session', 'judged', 'request', 'entry', 'span', 'facet', 'word'] as const;
