/** The dice, and what everything else is made of: names, columns, literals. */

import type { Random } from '../random.ts';
import type { FuzzColumn, Protocol, Relations, Type } from '../relations.ts';
import type { Parameter } from './script.ts';

/** One item of FROM. */
export interface Item {
  readonly sql: string;
  readonly alias: string;
  readonly columns: readonly FuzzColumn[];
  /** Is it a relation of the database, whose whole rows have a type? */
  readonly base: boolean;
}

/** Stands in a text for its parameter of this number, until it is known what the session writes there. */
const MARK = /⟦(\d+)⟧/g;

export interface DrawOptions {
  readonly protocol: Protocol;
  readonly relations: Relations;
  /** Queries that name each column they use: no stars, no whole rows, no natural joins. */
  readonly plain?: boolean;
}

export class Draw {
  readonly random: Random;
  readonly protocol: Protocol;
  readonly relations: Relations;
  readonly plain: boolean;
  /** Queries that WITH names, as far as they are seen. */
  protected ctes: readonly Item[] = [];
  #names = 0;
  #parameters: Parameter[] | undefined;

  constructor(random: Random, { protocol, relations, plain = false }: DrawOptions) {
    this.random = random;
    this.protocol = protocol;
    this.relations = relations;
    this.plain = plain;
  }

  get postgres(): boolean {
    return this.protocol === 'postgres';
  }

  name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  type(): Type {
    return this.random.pick(['number', 'text', 'text', 'date'] as const);
  }

  column(items: readonly Item[], type?: Type): string {
    const all = items.flatMap((item) => item.columns.filter((column) => type === undefined || column.type === type).map((column) => `${item.alias}.${column.name}`));
    return all.length === 0 ? this.literal(type ?? 'number') : this.random.pick(all);
  }

  /** A relation under its own name, without its schema. */
  relation(name: string): Item {
    return { sql: name, alias: name.slice(name.indexOf('.') + 1), columns: this.relations[name] ?? [], base: true };
  }

  anyRelation(): Item {
    return this.relation(this.random.pick(Object.keys(this.relations)));
  }

  literal(type: Type): string {
    const value = this.#value(type);
    if (this.#parameters !== undefined && this.random.chance(2)) {
      this.#parameters.push({ type, value: this.random.chance(20) ? null : value });
      return `⟦${this.#parameters.length - 1}⟧`;
    }
    return type === 'number' ? value : type === 'date' ? `date '${value}'` : `'${value}'`;
  }

  #value(type: Type): string {
    const { random } = this;
    if (type === 'number') return String(random.pick([0, 1, 2, 5, 10, 100, 1000, 9000.75, 1012.25]));
    if (type === 'date') return random.pick(['1970-01-01', '2000-01-01', '2000-06-15', '1955-01-06']);
    return random.pick(['north', '***', 'q001@elsewhere.org', 'name 1', 'note 2', 'q998@elsewhere.org', '%e%']);
  }

  /** Literals of what `make` makes become parameters; marks in the text say where. */
  protected collect(make: () => string): { readonly text: string; readonly parameters: readonly Parameter[] } {
    const parameters: Parameter[] = (this.#parameters = []);
    const text = make();
    this.#parameters = undefined;
    return { text, parameters };
  }

  cast(type: Type, sql: string): string {
    const names = this.postgres ? { number: 'numeric', text: 'text', date: 'date' } : { number: 'decimal(12,2)', text: 'char(80)', date: 'date' };
    return `cast(${sql} as ${names[type]})`;
  }
}

/** PostgreSQL's parameters have numbers; MySQL's go by where they stand. */
export function numbered(text: string): string {
  return text.replaceAll(MARK, (_, number: string) => `$${Number(number) + 1}`);
}

export function inOrder(text: string, parameters: readonly Parameter[]): { readonly text: string; readonly parameters: readonly Parameter[] } {
  const ordered = [...text.matchAll(MARK)].flatMap(([, number]) => parameters[Number(number)] ?? []);
  return { text: text.replaceAll(MARK, '?'), parameters: ordered };
}
