import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Row } from './rows.ts';

/** How much is remembered; then all is forgotten, and looked up again. */
const REMEMBERED = 20_000;

/** Rows for what comes again and again, made when absent. What is remembered holds as long as nobody else has written. */
export class Dictionary {
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  readonly #known = new Map<string, Row>();

  /** @param find finds a row by one value or two; `add` takes the same */
  constructor(database: DatabaseSync, find: string, add: string) {
    this.#find = database.prepare(find);
    this.#add = database.prepare(add);
  }

  row(...values: readonly [string] | readonly [string, string]): Row {
    const key = values.join('\0');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const row = this.#find.get(...values) ?? this.#added(values);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(key, row);
    return row;
  }

  id(...values: readonly [string] | readonly [string, string]): number {
    return Number(this.row(...values)['id']);
  }

  forget(): void {
    this.#known.clear();
  }

  #added(values: readonly string[]): Row {
    this.#add.run(...values);
    return this.#find.get(...values) as Row;
  }
}
