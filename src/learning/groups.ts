/** Statements counted by what they have in common, each with its first as an example. */

import { statementShape } from './statement-shape.ts';
import type { SeenStatement } from './traffic.ts';

export interface Group {
  readonly agent: string;
  readonly database: string;
  readonly shape: string;
  readonly count: number;
  readonly example: { readonly sequence: number; readonly time: string; readonly session: string; readonly text: string };
}

/** An example is to be recognised; `sessions show` has the whole. */
const LONGEST_EXAMPLE = 2000;
/** Agents may send as many shapes as they like; no person reads more. Further ones are counted together. */
const MOST_GROUPS = 10_000;
const OTHERS = 'other statements';

export class Groups<T extends object> {
  readonly #byKey = new Map<string, T & { -readonly [K in keyof Group]: Group[K] }>();

  /** @param alike what those of a group have in common beside agent, database and shape */
  add({ by, event, sequence, time }: SeenStatement, alike: T): void {
    const { agent: { name: agent }, database: { name: database, protocol } } = by;
    const sort = JSON.stringify([agent, database, alike]);
    const own = statementShape(event.text, protocol);
    const shape = this.#byKey.size < MOST_GROUPS || this.#byKey.has(`${sort}${own}`) ? own : OTHERS;
    const known = this.#byKey.get(`${sort}${shape}`);
    if (known !== undefined) known.count++;
    else this.#byKey.set(`${sort}${shape}`, { ...alike, agent, database, shape, count: 1, example: { sequence, time, session: event.session, text: beginning(event.text) } });
  }

  /** The largest first. */
  all(): (T & Group)[] {
    return [...this.#byKey.values()].toSorted((a, b) => b.count - a.count || a.example.sequence - b.example.sequence);
  }
}

/** A copy: a mere slice would keep the whole text in memory. */
function beginning(text: string): string {
  return text.length <= LONGEST_EXAMPLE ? text : Buffer.from(text.slice(0, LONGEST_EXAMPLE), 'utf16le').toString('utf16le');
}
