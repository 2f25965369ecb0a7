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

export class Groups<T extends object> {
  readonly #byKey = new Map<string, T & { -readonly [K in keyof Group]: Group[K] }>();

  /** @param alike what those of a group have in common beside agent, database and shape */
  add({ by, event, sequence, time }: SeenStatement, alike: T): void {
    const shape = statementShape(event.text, by.database.protocol);
    const key = JSON.stringify([by.agent.name, by.database.name, shape, alike]);
    const known = this.#byKey.get(key);
    if (known !== undefined) known.count++;
    else this.#byKey.set(key, { ...alike, agent: by.agent.name, database: by.database.name, shape, count: 1, example: { sequence, time, session: event.session, text: event.text.slice(0, LONGEST_EXAMPLE) } });
  }

  /** The largest first. */
  all(): (T & Group)[] {
    return [...this.#byKey.values()].toSorted((a, b) => b.count - a.count || a.example.sequence - b.example.sequence);
  }
}
