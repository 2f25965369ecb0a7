/**
 * What is looked for in the values of a statement's result, by where they come from.
 *
 * A line of the policy that names columns means those, and all through which they are seen as they are: views, children, generated columns. Of a
 * value whose origin isn't told (an expression, COPY) it means those of statements that read a table with such columns, and of those that run
 * what isn't seen.
 */

import { wordPattern } from '../../policy/pattern.ts';
import type { CatalogData, RelationData } from '../../sql/catalog.ts';
import type { Facts } from '../../sql/facts.ts';
import { qualified } from '../exposure.ts';
import type { DetectorName } from './detector.ts';
import { type Finder, finderOf } from './finder.ts';
import type { SearchedColumns } from './searched.ts';

/** Of one statement. The same object for the same. */
export class Detection {
  /** Of values whose origin isn't told, or can't be believed: all that is looked for in any value of the statement's. */
  readonly untold: Finder;
  readonly #searched: Searched;

  constructor(searched: Searched, untold: Finder) {
    this.#searched = searched;
    this.untold = untold;
  }

  /** PostgreSQL: of the column of this OID and number. */
  column(table: number, number: number): Finder | undefined {
    const { known, byNumber, everywhere } = this.#searched;
    // A table that was made since the catalog was read may be anything.
    return known.has(table) ? byNumber.get(`${table}.${number}`) ?? everywhere : this.untold;
  }
}

interface Searched {
  readonly everywhere: Finder | undefined;
  /** OIDs of the catalog's relations. */
  readonly known: ReadonlySet<number>;
  /** By OID and number. */
  readonly byNumber: ReadonlyMap<string, Finder>;
}

/** Relations and columns that show what the patterns name; see Sights. */
export type Showing = (catalog: CatalogData, patterns: readonly string[]) => ReadonlyMap<RelationData, ReadonlySet<string>>;

/** For an agent and a database: what its statements are searched for. */
export class Detections {
  /** Of the lines that count here: names of what is found everywhere, and by relation. */
  readonly #everywhere: ReadonlySet<DetectorName>;
  readonly #byRelation: ReadonlyMap<string, ReadonlySet<DetectorName>>;
  readonly #all: ReadonlySet<DetectorName>;
  readonly #searched: Searched;
  readonly #made = new Map<Finder, Detection>();
  /** Facts are cached by their text, so most are asked for many times. */
  readonly #byFacts = new WeakMap<Facts, { readonly detection: Detection | undefined }>();

  constructor(lines: readonly SearchedColumns[], catalog: CatalogData, showing: Showing) {
    this.#everywhere = new Set(lines.flatMap(({ columns, find }) => (columns === undefined ? find : [])));
    this.#all = new Set(lines.flatMap(({ find }) => find));
    const byNumber = new Map<string, Set<DetectorName>>();
    const byRelation = new Map<string, Set<DetectorName>>();
    for (const { columns, find } of lines) {
      for (const [relation, names] of columns === undefined ? [] : showing(catalog, columns)) {
        put(byRelation, qualified(relation), find);
        for (const { name, number } of relation.columns) if (names.has(name)) put(byNumber, `${relation.oid}.${number}`, [...find, ...this.#everywhere]);
      }
    }
    this.#byRelation = byRelation;
    const known = new Set(catalog.relations.map(({ oid }) => oid));
    this.#searched = { everywhere: finderOf(this.#everywhere), known, byNumber: new Map([...byNumber].map(([at, names]) => [at, finderOf(names) as Finder])) };
  }

  /** Undefined: nothing is looked for in its values. */
  of(facts: Facts): Detection | undefined {
    let known = this.#byFacts.get(facts);
    if (known === undefined) this.#byFacts.set(facts, (known = { detection: this.#make(facts) }));
    return known.detection;
  }

  #make(facts: Facts): Detection | undefined {
    const untold = finderOf(this.#untold(facts));
    if (untold === undefined) return undefined;
    let detection = this.#made.get(untold);
    if (detection === undefined) this.#made.set(untold, (detection = new Detection(this.#searched, untold)));
    return detection;
  }

  #untold({ doubt, statements, effects, tables }: Facts): ReadonlySet<DetectorName> {
    const unseen = doubt !== undefined || effects.some(({ effect }) => UNSEEN.has(effect)) || tables.some(({ known }) => !known) || statements.some(({ names }) => names.some(({ use }) => use === 'fetch' || use === 'execute'));
    if (unseen) return this.#all;
    return new Set([...this.#everywhere, ...tables.flatMap(({ name }) => [...this.#byRelation.get(name) ?? []])]);
  }
}

const UNSEEN: ReadonlySet<string> = new Set(['routine', 'dynamic', 'unknown']);

function put(map: Map<string, Set<DetectorName>>, at: string, names: Iterable<DetectorName>): void {
  const known = map.get(at) ?? new Set();
  for (const name of names) known.add(name);
  map.set(at, known);
}

/** The lines that count for an agent of these groups in a database. */
export function linesFor(lines: readonly SearchedColumns[], groups: readonly string[], database: string): readonly SearchedColumns[] {
  return lines.filter(({ unmask, databases }) => !unmask.some((group) => groups.includes(group)) && (databases === undefined || databases.map(wordPattern).some((pattern) => pattern.maybe(database))));
}
