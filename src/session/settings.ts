/** Settings of a session that change what statements mean, or how it wants to be held; followed as commands succeed. */

import type { Reading, SettingUse, TransactionCommand, Understanding } from '../sql/facts.ts';

/** What an approval is bound to beside the bytes. */
const MEANINGFUL = new Set(['role', 'session_authorization', 'search_path', 'sql_mode', 'database']);
/** RESET ALL leaves the two that say who one is (guc_tables.c: GUC_NO_RESET_ALL). */
const NO_RESET = new Set(['role', 'session_authorization']);
const OWN = 'countersign.';

/**
 * Settings made in a transaction end with it if it is rolled back. What can't be followed (ROLLBACK TO, values that
 * aren't constants) makes the settings unlike those of any other session, so that no approval given elsewhere fits.
 */
export class Settings {
  readonly #session: string;
  /** What RESET goes back to: what the session was started with. */
  #initial: ReadonlyMap<string, string> = new Map();
  #current = new Map<string, string>();
  /** As they were before the transaction, explicit or not, that is under way; undefined while it has set nothing. */
  #before: Map<string, string> | undefined;
  /** Names set only until the transaction's end. */
  readonly #local = new Map<string, string>();
  #uncertain = 0;
  /** As the settings are now; null until it was asked for. */
  #reading: Reading | undefined | null = null;

  /** @param session its id: what is uncertain here is equal to nothing elsewhere */
  constructor(session: string) {
    this.#session = session;
  }

  /** The session starts with these. */
  begin(initial: ReadonlyMap<string, string>): void {
    this.#reading = null;
    this.#initial = new Map([...initial].filter(([name]) => followed(name)));
    this.#current = new Map(this.#initial);
  }

  get(name: string): string | undefined {
    return this.#local.get(name) ?? this.#current.get(name);
  }

  /** How the database reads a text sent now; undefined: it can't be told. */
  reading(understanding: Pick<Understanding, 'reading'>): Reading | undefined {
    if (this.#reading === null) this.#reading = this.#uncertain > 0 ? undefined : understanding.reading?.(new Map(this.meaningful()));
    return this.#reading;
  }

  /** What an approval is bound to: names and values, sorted. */
  meaningful(): (readonly [string, string])[] {
    const all = new Map([...this.#current, ...this.#local]);
    const named = [...all].filter(([name]) => MEANINGFUL.has(name)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return this.#uncertain === 0 ? named : [...named, ['uncertain', `${this.#session} ${this.#uncertain}`]];
  }

  /** DISCARD ALL has succeeded. */
  clear(): void {
    this.#reading = null;
    this.#before ??= this.#current;
    this.#current = new Map(this.#initial);
  }

  /** Something has run that may have set anything. */
  doubt(): void {
    this.#reading = null;
    this.#uncertain++;
  }

  /** A command that sets something has succeeded. */
  apply(uses: readonly SettingUse[]): void {
    this.#reading = null;
    for (const use of uses) {
      const name = use.name.toLowerCase();
      if (name !== '*' && !followed(name)) continue;
      this.#before ??= new Map(this.#current);
      if (name === '*') this.#resetAll();
      else this.#set(name, use);
    }
  }

  /** The server reported a value (ParameterStatus): that is the truth. */
  report(name: string, value: string): void {
    if (!MEANINGFUL.has(name)) return;
    this.#reading = null;
    this.#current.set(name, value);
  }

  /** A transaction command has succeeded. */
  transaction(command: TransactionCommand): void {
    this.#reading = null;
    if (command === 'rollback_to' && (this.#before !== undefined || this.#local.size > 0)) this.#uncertain++;
    else if (command === 'rollback' && this.#before !== undefined) this.#current = this.#before;
    else if (command === 'commit') this.#before = undefined;
  }

  /** No transaction is open any more. @param failed it ended without being committed */
  idle(failed: boolean): void {
    if (this.#before !== undefined || this.#local.size > 0) this.#reading = null;
    if (failed && this.#before !== undefined) this.#current = this.#before;
    this.#before = undefined;
    this.#local.clear();
  }

  /** Without a value it is a RESET, or a value that isn't known: the two can't be told apart, so it is neither. */
  #set(name: string, { value, scope }: SettingUse): void {
    if (value === undefined && MEANINGFUL.has(name)) this.#uncertain++;
    if (scope === 'transaction') this.#local.set(name, value ?? '');
    else if (value === undefined) this.#reset(name);
    else this.#current.set(name, value);
  }

  #reset(name: string): void {
    const initial = this.#initial.get(name);
    if (initial === undefined) this.#current.delete(name);
    else this.#current.set(name, initial);
  }

  #resetAll(): void {
    for (const name of [...this.#current.keys(), ...this.#initial.keys()]) if (!NO_RESET.has(name)) this.#reset(name);
  }
}

const followed = (name: string): boolean => MEANINGFUL.has(name) || name.startsWith(OWN);
