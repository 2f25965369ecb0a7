/** Settings of a session that change what statements mean, or how it wants to be held; followed as commands succeed. */

import type { SettingUse, TransactionCommand } from '../sql/facts.ts';

/** What an approval is bound to beside the bytes. */
const MEANINGFUL = new Set(['role', 'session_authorization', 'search_path', 'sql_mode']);
const OWN = 'countersign.';

/**
 * Settings made in a transaction end with it if it is rolled back. What can't be followed (ROLLBACK TO, values that
 * aren't constants) makes the settings unlike any others, so that no approval given elsewhere fits.
 */
export class Settings {
  #current = new Map<string, string>();
  /** As they were before the transaction, explicit or not, that is under way; undefined while it has set nothing. */
  #before: Map<string, string> | undefined;
  /** Names set only until the transaction's end. */
  readonly #local = new Map<string, string | undefined>();
  #uncertain = 0;

  get(name: string): string | undefined {
    return this.#local.get(name) ?? this.#current.get(name);
  }

  /** What an approval is bound to: names and values, sorted. */
  meaningful(): (readonly [string, string])[] {
    const all = new Map([...this.#current, ...[...this.#local].map(([name, value]) => [name, value ?? ''] as const)]);
    const named = [...all].filter(([name]) => MEANINGFUL.has(name)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return this.#uncertain === 0 ? named : [...named, ['uncertain', String(this.#uncertain)]];
  }

  /** DISCARD ALL has succeeded. */
  clear(): void {
    this.#before ??= this.#current;
    this.#current = new Map();
  }

  /** A command that sets something has succeeded. */
  apply(uses: readonly SettingUse[]): void {
    for (const use of uses) {
      const name = use.name.toLowerCase();
      if (!MEANINGFUL.has(name) && !name.startsWith(OWN) && name !== '*') continue;
      this.#before ??= new Map(this.#current);
      // RESET ALL leaves the two that say who one is (guc_tables.c: GUC_NO_RESET_ALL).
      if (name === '*') this.#current = new Map([...this.#current].filter(([kept]) => kept === 'role' || kept === 'session_authorization'));
      else if (use.scope === 'transaction') this.#local.set(name, use.value);
      else if (use.value === undefined) this.#current.delete(name);
      else this.#current.set(name, use.value);
    }
  }

  /** The server reported a value (ParameterStatus): that is the truth. */
  report(name: string, value: string): void {
    if (MEANINGFUL.has(name)) this.#current.set(name, value);
  }

  /** A transaction command has succeeded. */
  transaction(command: TransactionCommand): void {
    if (command === 'rollback_to' && (this.#before !== undefined || this.#local.size > 0)) this.#uncertain++;
    else if (command === 'rollback' && this.#before !== undefined) this.#current = this.#before;
    else if (command === 'commit') this.#before = undefined;
  }

  /** No transaction is open any more. @param failed it ended without being committed */
  idle(failed: boolean): void {
    if (failed && this.#before !== undefined) this.#current = this.#before;
    this.#before = undefined;
    this.#local.clear();
  }
}
