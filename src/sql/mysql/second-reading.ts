/**
 * A second reading of SELECT, INSERT, REPLACE, UPDATE and DELETE by parsers that know nothing of ours, as a veto: what they see and the facts
 * leave out makes the statement doubtful. It never makes facts smaller. Where neither can parse a statement, the facts stand: they
 * are more than what is there, not less.
 */

import type { Findings } from '../findings.ts';
import { canonical, STRING_MARK } from './canonical.ts';
import type { Canonical } from './canonical.ts';
import { HARMLESS } from './harmless.ts';
import { RESERVED } from './keywords.ts';
import { loadNode, nodeTakes } from './node-opinion.ts';
import type { Parse } from './node-opinion.ts';
import type { Opinion, SeenName } from './opinion.ts';
import { loadRust } from './rust-opinion.ts';
import type { Walk } from './walk.ts';
import { NO_CALL } from './words.ts';

/** How a statement was read the first time. */
export interface FirstReading {
  readonly walk: Walk;
  readonly found: Findings;
}

/** Why no parser was heard: `other` statements aren't read twice, `big` ones are too long, `none` can parse the rest. */
export type Heard = 'node' | 'rust' | 'none' | 'big' | 'other';

/** Characters of all canonical texts of one text: 10 ms on the loop, 200 ms in the worker. */
export const ON_LOOP = 4096;
export const IN_WORKER = 64 * 1024;

const KINDS: ReadonlySet<string> = new Set(['select', 'insert', 'replace', 'update', 'delete']);

export interface Parsers {
  readonly node: Parse;
  readonly rust: Parse;
}

/** Parsers are loaded once; together they take 0.2 s and 40 MB. */
const loaded = new Map<'mysql' | 'mariadb', Promise<Parsers>>();

export function loadParsers(flavour: 'mysql' | 'mariadb'): Promise<Parsers> {
  let parsers = loaded.get(flavour);
  if (parsers === undefined) loaded.set(flavour, (parsers = Promise.all([loadNode(flavour), loadRust()]).then(([node, rust]) => ({ node, rust }))));
  return parsers;
}

export class SecondReading {
  readonly #parsers: Parsers;
  readonly #characters: number;
  /** What is left for the text, with those that it has the server prepare: characters, and whether the slow parser may be heard. */
  #left = 0;
  #slow = false;
  /** How many statements each was the one to be heard on. */
  readonly heard: Record<Heard, number> = { node: 0, rust: 0, none: 0, big: 0, other: 0 };

  /** @param characters most that is read of one text */
  constructor(parsers: Parsers, characters: number) {
    this.#parsers = parsers;
    this.#characters = characters;
  }

  /** Before each text that comes from outside. */
  begin(): void {
    this.#left = this.#characters;
    this.#slow = true;
  }

  /** A sentence; undefined when the readings agree. */
  disagreement(statements: readonly FirstReading[]): string | undefined {
    for (const first of statements) {
      const { kind } = first.walk.planned ?? first.walk;
      const text = KINDS.has(kind) ? canonical(first.walk.tokens, first.walk.begins, this.#left) : undefined;
      const opinion = text === undefined ? undefined : this.#opinion(text);
      if (text === undefined) this.heard[KINDS.has(kind) ? 'big' : 'other']++;
      this.#left -= text?.text.length ?? 0;
      const difference = opinion === undefined || text === undefined ? undefined : differenceOf(opinion, text, first);
      if (difference !== undefined) return `Two readings of the statement disagree: ${difference}.`;
    }
    return undefined;
  }

  /** The quick parser first: it always takes the same time for the same text. What only the other takes depends on how busy the machine is, a little. */
  #opinion(text: Canonical): Opinion | undefined {
    const byRust = attempt(this.#parsers.rust, text);
    const byNode = byRust === undefined && this.#slow && nodeTakes(text) ? attempt(this.#parsers.node, text) : undefined;
    if (byRust === undefined) this.#slow = false;
    this.heard[byRust !== undefined ? 'rust' : byNode !== undefined ? 'node' : 'none']++;
    return byRust ?? byNode;
  }
}

/**
 * A reserved word or a string in the place of a table: the servers take no such text, so what the parser makes of it says nothing.
 * Names that look like that have others in canonical text.
 */
const isLax = ({ names }: Opinion): boolean => names.some((name) => name.startsWith(STRING_MARK) || (RESERVED.has(name.toUpperCase()) && name.toUpperCase() !== 'DUAL'));

/** Whatever it throws, it couldn't parse the text. */
function attempt(parse: Parse, { text }: Canonical): Opinion | undefined {
  try {
    const opinion = parse(text);
    return isLax(opinion) ? undefined : opinion;
  } catch {
    return undefined;
  }
}

/** What the opinion says and the first reading doesn't, in words. Exported for its tests. */
export function differenceOf(opinion: Opinion, { names }: Pick<Canonical, 'names'>, first: FirstReading): string | undefined {
  const { walk } = first;
  const { kind, runs } = walk.planned ?? { kind: walk.kind, runs: true };
  const real = ({ schema, name }: SeenName): SeenName => ({ schema: schema === undefined ? undefined : (names.get(schema) ?? schema), name: names.get(name) ?? name });
  if (opinion.kinds.length !== 1) return `one sees ${opinion.kinds.length} statements`;
  if (opinion.kinds[0] !== kind) return `one sees ${opinion.kinds[0] ?? ''} where the other sees ${kind}`;
  const table = opinion.tables.filter((seen) => !standsForOther(seen, opinion, walk)).map(real).find((seen) => !first.found.touches.has(fullName(seen, walk)));
  if (table !== undefined) return `only one sees table ${fullName(table, walk)}`;
  const target = runs ? opinion.written.map(real).find((seen) => first.found.touches.get(fullName(seen, walk))?.written !== true) : undefined;
  if (target !== undefined) return `only one sees that table ${fullName(target, walk)} is written`;
  const call = opinion.calls.map(real).find((seen) => !isJudged(seen, walk));
  if (call !== undefined) return `only one sees a call of ${call.name}`;
  return opinion.file && runs && !first.found.effects.has('server_io') ? 'only one sees that it writes a file' : undefined;
}

const fullName = ({ schema, name }: SeenName, walk: Walk): string => walk.resolve(schema, name).name;

/** DUAL is no table (a table that is called so has another name here), nor is a WITH query, unless there is a table of its name too. */
function standsForOther({ schema, name }: SeenName, { ctes }: Opinion, walk: Walk): boolean {
  if (schema !== undefined) return false;
  return name.toLowerCase() === 'dual' || (ctes.has(name.toLowerCase()) && walk.resolve(undefined, name).relation === undefined);
}

/** A built-in that does nothing needs no judge, unless a stored function has its name. */
function isJudged({ schema, name }: SeenName, walk: Walk): boolean {
  const lower = name.toLowerCase();
  if (schema !== undefined) return walk.calls.has(`${schema.toLowerCase()}.${lower}`);
  const { names, dialect } = walk.around;
  // `= ANY (…)`: a parser may take the word for a function's name.
  return walk.calls.has(lower) || ((HARMLESS[dialect.flavour].has(lower) || NO_CALL.has(name.toUpperCase())) && !names.hasFunction(walk.reading.database, lower));
}
