import type { JournalRecord } from './events.ts';
import { type SessionSummary, summarize } from './sessions.ts';
import { type InTransaction, Transactions } from './transactions.ts';

export interface PageRecord {
  readonly record: JournalRecord;
  /** How it ended, where it runs a statement or continues one. */
  readonly outcomes: readonly JournalRecord[];
  readonly transaction?: InTransaction;
}

/** What somebody looks for first: where something was held or refused. */
export interface Mark {
  readonly sequence: number;
  readonly page: number;
  readonly what: 'held' | 'refused';
  readonly time: string;
}

/** Some of a session's records, and of all the others only what leads to them. */
export interface SessionPage {
  /** Undefined when the journal no longer has the session's beginning. */
  readonly summary?: SessionSummary;
  /** Milliseconds since 1970; of the first record there is. */
  readonly begun: number;
  /** But for outcomes, which stand with their statements. */
  readonly records: readonly PageRecord[];
  readonly pages: number;
  /** The first `MOST_MARKS`. */
  readonly marks: readonly Mark[];
  readonly marked: number;
}

const PAGE_RECORDS = 200;
/** Statements may be 1 MiB each: a page ends early rather than grow past this many UTF-16 units. */
const PAGE_LENGTH = 4 * 1024 * 1024;
const MOST_MARKS = 100;

/** @param page the first is 1. Undefined when there are no records at all. */
export async function sessionPage(records: AsyncIterable<JournalRecord>, page: number): Promise<SessionPage | undefined> {
  const collected = new Collected(page);
  const [summary] = await summarize(seenBy(collected, records));
  return collected.first && { ...(summary && { summary }), begun: Date.parse(collected.first.time), records: collected.records, pages: collected.pages, marks: collected.marks, marked: collected.marked };
}

async function* seenBy(collected: Collected, records: AsyncIterable<JournalRecord>): AsyncGenerator<JournalRecord> {
  for await (const record of records) {
    collected.add(record);
    yield record;
  }
}

class Collected {
  readonly records: PageRecord[] = [];
  readonly marks: Mark[] = [];
  marked = 0;
  first: JournalRecord | undefined;
  readonly #page: number;
  readonly #pager = new Pager();
  readonly #transactions = new Transactions();
  /** By their statement: of what ran it last, where that is on the page. */
  readonly #outcomes = new Map<number, JournalRecord[]>();

  constructor(page: number) {
    this.#page = page;
  }

  get pages(): number {
    return this.#pager.page;
  }

  add(record: JournalRecord): void {
    this.first ??= record;
    const { event, sequence } = record;
    if (event.kind === 'outcome' && event.statement >= this.first.sequence) {
      this.#outcomes.get(event.statement)?.push(record);
      return;
    }
    const page = this.#pager.pageOf(record);
    const transaction = this.#transactions.place(record);
    const outcomes: JournalRecord[] = [];
    const runs = event.kind === 'statement' ? sequence : event.kind === 'continue' ? event.statement : undefined;
    if (runs !== undefined && page === this.#page) this.#outcomes.set(runs, outcomes);
    else if (runs !== undefined) this.#outcomes.delete(runs);
    if (page === this.#page) this.records.push({ record, outcomes, ...(transaction && { transaction }) });
    const what = markOf(record);
    if (what === undefined) return;
    this.marked += 1;
    if (this.marks.length < MOST_MARKS) this.marks.push({ sequence, page, what, time: record.time });
  }
}

class Pager {
  page = 1;
  #records = 0;
  #length = 0;

  pageOf({ event }: JournalRecord): number {
    const text = 'text' in event ? event.text ?? '' : '';
    const parameters = 'parameters' in event ? event.parameters ?? [] : [];
    const length = parameters.reduce((sum, value) => sum + (value?.length ?? 0), text.length);
    if (this.#records === PAGE_RECORDS || (this.#records > 0 && this.#length + length > PAGE_LENGTH)) {
      this.page += 1;
      this.#records = this.#length = 0;
    }
    this.#records += 1;
    this.#length += length;
    return this.page;
  }
}

function markOf({ event }: JournalRecord): Mark['what'] | undefined {
  if (event.kind === 'request.opened') return 'held';
  return event.kind === 'refused' || (event.kind === 'statement' && event.fate === 'refused') ? 'refused' : undefined;
}
