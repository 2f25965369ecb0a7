import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { JournalEvent, JournalRecord } from '../journal/events.ts';
import { Dictionary } from './dictionary.ts';
import { entryOf } from './entry.ts';
import type { AuditEntry, NewEntry, RequestStory, SessionFacts } from './entry.ts';
import { facetsOf, textsOf } from './facets.ts';
import { entryFrom, JOINED, SELECT_ENTRY } from './rows.ts';
import type { StoredBody } from './rows.ts';
import { BLOCK } from './schema.ts';
import { isRequestEvent, told, untold } from './story.ts';
import type { RequestEvent } from './story.ts';

/** Makes entries of the journal's records, in their order. Within a transaction of its caller's. */
export class EntryWriter {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #sessions: Dictionary;
  readonly #judged: Dictionary;
  readonly #facets: Dictionary;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sessions = new Dictionary(database, 'SELECT id, facts FROM session WHERE name = ?', `INSERT INTO session (name, facts) VALUES (?, '{}')`);
    this.#judged = new Dictionary(database, 'SELECT id FROM judged WHERE facts = ?', 'INSERT INTO judged (facts) VALUES (?)');
    this.#facets = new Dictionary(database, 'SELECT id FROM facet WHERE facet = ? AND value = ?', 'INSERT INTO facet (facet, value) VALUES (?, ?)');
  }

  /** Forgets what it remembers of the file: somebody else has written, or what it wrote was undone. */
  forget(): void {
    for (const dictionary of [this.#sessions, this.#judged, this.#facets]) dictionary.forget();
  }

  add({ sequence, time, event }: JournalRecord): void {
    if (event.kind === 'outcome') return this.#end(event);
    if (isRequestEvent(event)) return this.#tell(event, sequence, time);
    if (event.kind === 'session.start') this.#start(event);
    const entry = entryOf(event);
    if (entry !== undefined) this.#put(sequence, time, entry);
  }

  #start({ session, agent, owner, database, protocol, client }: Extract<JournalEvent, { kind: 'session.start' }>): void {
    this.#run('INSERT INTO session (name, facts) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET facts = excluded.facts', session, JSON.stringify({ agent, owner, database, protocol, client } satisfies SessionFacts));
  }

  #end({ statement, rows, bytes, ms, tag, error }: Extract<JournalEvent, { kind: 'outcome' }>): void {
    // What is fetched in pieces ends in pieces.
    this.#run(
      'UPDATE entry SET rows = ifnull(rows, 0) + ?, bytes = ifnull(bytes, 0) + ?, ms = ifnull(ms, 0) + ?, tag = ifnull(?, tag), error = ifnull(?, error) WHERE sequence = ?',
      rows, bytes, ms, tag ?? null, error === undefined ? null : JSON.stringify(error), statement,
    );
    if (error !== undefined) this.#indexAgain('entry.sequence = ?', statement);
  }

  #tell(event: RequestEvent, sequence: number, time: string): void {
    const { request: name } = event;
    const before = this.#prepared('SELECT entry, story FROM request WHERE name = ?').get(name);
    const known = before?.['entry'];
    const entry = typeof known === 'number' ? known : sequence;
    const story = told(before === undefined ? untold(name) : (JSON.parse(String(before['story'])) as RequestStory), event, time);
    this.#run('INSERT INTO request (name, entry, story) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET entry = excluded.entry, story = excluded.story', name, entry, JSON.stringify(story));
    const opened = entryOf(event);
    if (opened !== undefined || known !== entry) this.#put(entry, time, opened ?? { body: { kind: 'request' }, request: name });
    if (before !== undefined) this.#indexAgain('entry.request = ?', name);
  }

  #put(sequence: number, time: string, { body, by, session, facts, request }: NewEntry): void {
    const known = session === undefined ? undefined : this.#sessions.row(session);
    if (request !== undefined) this.#run('INSERT OR IGNORE INTO request (name, story) VALUES (?, ?)', request, JSON.stringify(untold(request)));
    this.#run(
      'INSERT OR REPLACE INTO entry (sequence, time, session, judged, request, body) VALUES (?, ?, ?, ?, ?, ?)',
      sequence, Date.parse(time), known === undefined ? null : Number(known['id']), facts === undefined ? null : this.#judged.id(JSON.stringify(facts)), request ?? null,
      JSON.stringify({ ...body, ...(by && { by }) } satisfies StoredBody),
    );
    this.#run('INSERT INTO span (block, first, last) VALUES (?1, ?2, ?2) ON CONFLICT (block) DO UPDATE SET first = min(first, ?2), last = max(last, ?2)', Math.floor(sequence / BLOCK), Date.parse(time));
    // Its story comes along.
    if (request !== undefined) return this.#indexAgain('entry.sequence = ?', sequence);
    this.#index({ sequence, time, ...body, ...by, ...(session !== undefined && { session, ...(JSON.parse(String(known?.['facts'])) as SessionFacts) }), ...facts });
  }

  /** What is known of entries has changed, and so by whom, and by which words, they are found. */
  #indexAgain(which: 'entry.request = ?' | 'entry.sequence = ?', value: string | number): void {
    for (const row of this.#prepared(`${SELECT_ENTRY} FROM entry ${JOINED} WHERE ${which}`).all(value)) {
      this.#run('DELETE FROM word WHERE rowid = ?', Number(row['sequence']));
      this.#index(entryFrom(row));
    }
  }

  #index(entry: AuditEntry): void {
    const { text, more } = textsOf(entry);
    const facets = facetsOf(entry).map(({ facet, value }) => `f${this.#facets.id(facet, value)}`);
    this.#run('INSERT INTO word (rowid, text, more, facets) VALUES (?, ?, ?, ?)', entry.sequence, text, more, facets.join(' '));
  }

  #run(sql: string, ...values: readonly (string | number | null)[]): void {
    this.#prepared(sql).run(...values);
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
