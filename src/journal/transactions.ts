import type { JournalRecord } from './events.ts';

/** Where a record stands in a transaction of its session. */
export interface InTransaction {
  /** The session's first is 1. */
  readonly number: number;
  readonly begins?: true;
  /** By which command; what became of it, its outcome says. */
  readonly ends?: 'commit' | 'rollback';
}

const BEGINS: ReadonlySet<string> = new Set(['begin', 'start', 'start transaction']);
const ENDS: ReadonlySet<string> = new Set(['commit', 'rollback']);

/**
 * Follows a session's records, in order, through the transactions it begins and ends in words. What the database begins or commits by itself (a pipeline
 * without BEGIN, MySQL's DDL and `autocommit = 0`) isn't in the journal, and so not here.
 */
export class Transactions {
  #number = 0;
  #open = false;

  /** Undefined outside of any. An outcome may come after the next statement: it belongs where its statement is. */
  place({ event }: JournalRecord): InTransaction | undefined {
    if (event.kind === 'session.end') return this.#open ? this.#end('rollback') : undefined;
    const commands = event.kind === 'statement' && event.fate === 'run' ? event.statements.map(({ kind }) => kind).filter((kind) => BEGINS.has(kind) || ENDS.has(kind)) : [];
    const begins = !this.#open && commands.some((command) => BEGINS.has(command));
    if (begins) this.#begin();
    if (!this.#open) return undefined;
    const last = commands.at(-1);
    const here = last !== undefined && ENDS.has(last) ? this.#end(last === 'rollback' ? 'rollback' : 'commit') : { number: this.#number };
    return begins ? { ...here, begins } : here;
  }

  #begin(): void {
    this.#number += 1;
    this.#open = true;
  }

  #end(ends: 'commit' | 'rollback'): InTransaction {
    this.#open = false;
    return { number: this.#number, ends };
  }
}
