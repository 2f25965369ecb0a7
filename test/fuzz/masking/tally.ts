/** What a long run found, for people: figures, differences, and what was refused without need. */

import type { Outcome } from './answers.ts';
import type { Session } from './grammar/grammar.ts';
import type { Step } from './grammar/script.ts';
import type { Server } from './servers.ts';

/** More of a kind say nothing more. */
const SHOWN = 12;

export class Tally {
  readonly outcomes: Record<Outcome, number> = { answered: 0, error: 0, refused: 0 };
  /** Of statements that have nothing to do with masked columns. */
  readonly unmasked: Record<Outcome, number> = { answered: 0, error: 0, refused: 0 };
  readonly differences: string[] = [];
  readonly broken: string[] = [];
  readonly needless: string[] = [];
  readonly #families = new Map<string, Record<Outcome, number>>();
  readonly #server: Server;
  readonly #seed: number;

  constructor(server: Server, seed: number) {
    this.#server = server;
    this.#seed = seed;
  }

  get statements(): number {
    return this.outcomes.answered + this.outcomes.error + this.outcomes.refused;
  }

  count(session: Session, outcome: Outcome): void {
    const family = this.#families.get(session.family) ?? { answered: 0, error: 0, refused: 0 };
    this.#families.set(session.family, family);
    for (const counts of [this.outcomes, family, ...(session.masked ? [] : [this.unmasked])]) counts[outcome]++;
  }

  /** One line of figures, and a table of families. */
  report(): string {
    const rate = ({ answered, error, refused }: Record<Outcome, number>): string => `${answered} answered, ${error} errors, ${refused} refused (${((100 * refused) / Math.max(1, answered + error + refused)).toFixed(1)} %)`;
    const families = [...this.#families].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, counts]) => `  ${name}: ${rate(counts)}`);
    return [
      `${this.#server}: seed ${this.#seed}, ${this.statements} statements: ${rate(this.outcomes)}; ${this.differences.length} differences, ${this.broken.length} broken connections`,
      ...families, `  without masked columns: ${rate(this.unmasked)}`,
    ].join('\n');
  }

  /** Empty when all is well. */
  faults(): string {
    return [
      ...named('different', this.differences), ...named('broken', this.broken), ...named('refused without need', this.needless),
    ].join('\n\n');
  }
}

const named = (what: string, all: readonly string[]): string[] => (all.length === 0 ? [] : [`${all.length} ${what}:`, ...all.slice(0, SHOWN)]);

/** A step and what came before it in its session, as one can send it again. */
export function told(seed: number, session: Session, step: Step): string {
  const before = session.steps.slice(0, Math.max(0, session.steps.indexOf(step)));
  const shown = (each: Step): string => (each.how === 'query' ? each.text : `${each.text} ${JSON.stringify([each.parameters.map(({ value }) => value), { binary: each.binary, limit: each.limit }])}`);
  return `seed ${seed} (${session.family}): ${shown(step)}${before.length === 0 ? '' : `\n  after ${before.map(shown).join('; ')}`}`;
}
