/** What names stand for at a place in a query. */

import { everyOrigin, fold } from './origins.ts';
import type { Given, Origin, Shape } from './origins.ts';
import type { Factor } from './tree.ts';

/** Something in FROM. */
export interface Source {
  readonly factor: Factor | undefined;
  /** Its alias or name, folded. */
  readonly called: string;
  readonly shape: Shape;
  /** By folded name. */
  readonly columns: ReadonlyMap<string, ReadonlySet<Origin>>;
  readonly all: ReadonlySet<Origin>;
}

export function sourceOf(factor: Factor | undefined, called: string, shape: Shape): Source {
  const columns = new Map<string, Set<Origin>>();
  for (const { name, of } of shape.columns) columns.set(fold(name), new Set([...(columns.get(fold(name)) ?? []), ...of]));
  return { factor, called: fold(called), shape, columns, all: everyOrigin(shape) };
}

/** Names of WITH queries, folded. */
export type Ctes = ReadonlyMap<string, Shape>;

export interface ColumnName {
  /** Of the table; the database's says nothing here. */
  readonly qualifier: string | undefined;
  readonly name: string;
}

export class Scope {
  static readonly NOTHING = new Scope(undefined, [], new Map(), new Map(), false);
  readonly #outer: Scope | undefined;
  readonly sources: readonly Source[];
  readonly ctes: Ctes;
  readonly #aliases: ReadonlyMap<string, ReadonlySet<Origin>>;
  /** Joins make one column of two, so that their order can't be told. */
  readonly merges: boolean;

  private constructor(outer: Scope | undefined, sources: readonly Source[], ctes: Ctes, aliases: ReadonlyMap<string, ReadonlySet<Origin>>, merges: boolean) {
    this.#outer = outer;
    this.sources = sources;
    this.ctes = ctes;
    this.#aliases = aliases;
    this.merges = merges;
  }

  with(ctes: Ctes): Scope {
    return new Scope(this.#outer, this.sources, ctes, this.#aliases, this.merges);
  }

  inner(sources: readonly Source[], merges: boolean): Scope {
    return new Scope(this, sources, this.ctes, new Map(), merges);
  }

  /** With the names of outputs. */
  naming(shape: Shape): Scope {
    const aliases = new Map<string, ReadonlySet<Origin>>();
    for (const { name, of } of shape.columns) aliases.set(fold(name), new Set([...(aliases.get(fold(name)) ?? []), ...of]));
    return new Scope(this.#outer, this.sources, this.ctes, aliases, this.merges);
  }

  /** All that a column's name may mean. */
  find({ qualifier, name }: ColumnName): Set<Origin> {
    const found = new Set<Origin>();
    const key = fold(name);
    const table = qualifier === undefined ? undefined : fold(qualifier);
    let certain = this.#take(found, key, table);
    for (let scope = this.#outer; !certain && scope !== undefined; scope = scope.#outer) certain = scope.#take(found, key, table);
    return found;
  }

  /** Of every table in this list. */
  everywhere(name: string): Set<Origin> {
    return new Set(this.sources.flatMap((source) => [...(source.columns.get(fold(name)) ?? []), ...(source.shape.vague ? source.all : [])]));
  }

  /** The only source whose column it can be. */
  only({ qualifier, name }: ColumnName): Source | undefined {
    const key = fold(name);
    const named = this.sources.filter(({ called, columns, shape }) => (qualifier === undefined ? columns.has(key) || shape.vague : called === fold(qualifier)));
    return named.length === 1 && named[0]?.columns.has(key) === true ? named[0] : undefined;
  }

  /** True when it is certain that the name is one of these. */
  #take(found: Set<Origin>, key: string, table: string | undefined): boolean {
    let certain = false;
    const add = (origins: Iterable<Origin> | undefined): void => {
      for (const origin of origins ?? []) found.add(origin);
    };
    if (table === undefined && this.#aliases.has(key)) {
      add(this.#aliases.get(key));
      for (const source of this.sources) add(source.columns.get(key));
      return true;
    }
    for (const source of this.sources) {
      if (table !== undefined && source.called !== table) continue;
      if (source.columns.has(key)) {
        add(source.columns.get(key));
        certain = true;
      }
      if (source.shape.vague || (table !== undefined && !source.columns.has(key))) add(source.all);
      if (table !== undefined) certain = true;
    }
    return certain;
  }
}

/** `*` and `t.*`. */
export function starOf(scope: Scope, qualifier: string | undefined): Shape {
  const sources = qualifier === undefined ? scope.sources : scope.sources.filter(({ called }) => called === fold(qualifier));
  const columns = sources.flatMap(({ shape }): readonly Given[] => shape.columns.map((column) => ({ ...column, plain: true })));
  return { columns, vague: (qualifier === undefined && scope.merges) || sources.length === 0 || sources.some(({ shape }) => shape.vague) };
}
