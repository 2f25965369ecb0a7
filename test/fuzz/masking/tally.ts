/** What a long run found, for people: figures, differences, and what was refused without need. */

import type { Outcome } from './answers.ts';
import type { Session } from './grammar/grammar.ts';
import type { Step } from './grammar/script.ts';
import type { Server } from './servers.ts';

/** More of a kind say nothing more. */
const SHOWN = 12;

export class Tally {
  readonly outcomes: Record<Outcome, number> = none();
  /** Of statements that have nothing to do with masked columns. */
  readonly unmasked: Record<Outcome, number> = none();
  readonly differences: string[] = [];
  readonly broken: string[] = [];
  /** Understood on one side only: no leak, as values have no part in it, but a fault. */
  readonly wavering: string[] = [];
  readonly needless: string[] = [];
  readonly #families = new Map<string, Record<Outcome, number>>();
  readonly #server: Server;
  readonly #seed: number;

  constructor(server: Server, seed: number) {
    this.#server = server;
    this.#seed = seed;
  }

  get statements(): number {
    return Object.values(this.outcomes).reduce((sum, count) => sum + count, 0);
  }

  count(session: Session, outcome: Outcome): void {
    const family = this.#families.get(session.family) ?? none();
    this.#families.set(session.family, family);
    for (const counts of [this.outcomes, family, ...(session.masked ? [] : [this.unmasked])]) counts[outcome]++;
  }

  /** One line of figures, and a table of families. */
  report(): string {
    const families = [...this.#families].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, counts]) => `  ${name}: ${rate(counts)}`);
    return [
      `${this.#server}: seed ${this.#seed}, ${this.statements} statements: ${rate(this.outcomes)}; ${this.differences.length} differences, ${this.broken.length} broken connections, ${this.wavering.length} understood on one side only`,
      ...families, `  without masked columns: ${rate(this.unmasked)}`,
    ].join('\n');
  }

  /** Empty when all is well. */
  faults(): string {
    return [
      ...named('different', this.differences), ...named('broken', this.broken), ...named('understood on one side only', this.wavering), ...named('refused without need', this.needless),
    ].join('\n\n');
  }
}

const none = (): Record<Outcome, number> => ({ answered: 0, error: 0, refused: 0, 'given up': 0 });

function rate(counts: Record<Outcome, number>): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return `${counts.answered} answered, ${counts.error} errors, ${counts['given up']} given up, ${counts.refused} refused (${((100 * counts.refused) / Math.max(1, all)).toFixed(1)} %)`;
}

const named = (what: string, all: readonly string[]): string[] => (all.length === 0 ? [] : [`${all.length} ${what}:`, ...all.slice(0, SHOWN)]);

/** A step and what came before it in its session, as one can send it again. */
export function told(seed: number, session: Session, step: Step): string {
  const before = session.steps.slice(0, Math.max(0, session.steps.indexOf(step)));
  const shown = (each: Step): string => (each.how === 'query' ? each.text : `${each.text} ${JSON.stringify([each.parameters.map(({ value }) => value), { binary: each.binary, limit: each.limit }])}`);
  return `seed ${seed} (${session.family}): ${shown(step)}${before.length === 0 ? '' : `\n  after ${before.map(shown).join('; ')}`}`;
}
