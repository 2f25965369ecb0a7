/** Which columns of tables are in the columns of views, by the definitions as the server prints them. */

import type { CatalogData, RelationData } from '../../catalog.ts';
import { Lexer } from '../lexer.ts';
import type { Dialect } from '../lexer.ts';
import { Names } from '../names.ts';
import type { MysqlReading, Readings } from '../reading.ts';
import type { Token } from '../tokens.ts';
import { Flow } from './flow.ts';
import type { Host, Looked } from './flow.ts';
import type { Origin } from './origins.ts';
import { Outline } from './outline.ts';
import { Scope } from './scope.ts';
import { Obstacle } from './tree.ts';
import type { Named } from './tree.ts';

export interface Lineage {
  /** In the view's order. `of`: `schema.table.column` of the columns of tables that it may show. */
  readonly columns: readonly { readonly name: string; readonly of: readonly string[] | 'unknown' }[];
  /** Columns of tables by which its rows are chosen, joined, grouped or ordered; NULL tests, too. */
  readonly rows: readonly string[] | 'unknown';
  /** Tables it reads, through other views, too: `schema.table`. */
  readonly tables: readonly string[] | 'unknown';
}

interface Traced {
  readonly columns: readonly ReadonlySet<Origin>[];
  readonly rows: ReadonlySet<Origin>;
  readonly tables: ReadonlySet<string>;
}

/** Of all views that didn't come with the server, by `schema.view`. */
export function lineage(data: CatalogData, readings: Readings): ReadonlyMap<string, Lineage> {
  const tracer = new Tracer(data, readings);
  return new Map(data.relations.filter(({ kind, system }) => kind === 'v' && !system).map((view) => [`${view.schema}.${view.name}`, tracer.lineage(view)]));
}

export class Tracer {
  readonly #names: Names;
  readonly #dialect: Dialect;
  readonly #readings: Readings;
  /** Undefined while it is being traced, and when it can't be. */
  readonly #traced = new Map<RelationData, Traced | undefined>();

  constructor(data: CatalogData, readings: Readings) {
    this.#names = new Names(data);
    this.#dialect = { flavour: data.mysql?.flavour ?? 'mysql', version: data.serverVersion };
    this.#readings = readings;
  }

  lineage(view: RelationData): Lineage {
    const traced = this.trace(view);
    if (traced === undefined) return { columns: view.columns.map(({ name }) => ({ name, of: 'unknown' })), rows: 'unknown', tables: 'unknown' };
    return { columns: view.columns.map(({ name }, index) => ({ name, of: full(traced.columns[index] ?? []) })), rows: full(traced.rows), tables: [...traced.tables].toSorted() };
  }

  /** Undefined when it can't be told. */
  trace(view: RelationData): Traced | undefined {
    if (this.#traced.has(view)) return this.#traced.get(view);
    this.#traced.set(view, undefined);
    let traced: Traced | undefined;
    try {
      traced = this.#read(view);
    } catch {
      // Whatever went wrong, it isn't known.
    }
    this.#traced.set(view, traced);
    return traced;
  }

  #read(view: RelationData): Traced | undefined {
    const { definition } = view;
    if (view.kind !== 'v' || view.system || definition === undefined || definition === '') return undefined;
    const reading = this.#readings.reading({ sqlMode: '', database: view.schema });
    const outline = new Outline(definition, allTokens(definition, this.#dialect, reading));
    const host = new TracingHost(this.#names, reading, (relation) => this.trace(relation));
    const flow = new Flow(outline, host, this.#dialect.flavour);
    const shape = flow.query(outline.query(0, outline.tokens.length), Scope.NOTHING);
    if (shape.vague || shape.columns.length !== view.columns.length) return undefined;
    return { columns: shape.columns.map(({ of }) => of), rows: host.rows, tables: host.tables };
  }
}

class TracingHost implements Host {
  readonly rows = new Set<Origin>();
  readonly tables = new Set<string>();
  readonly #names: Names;
  readonly #reading: MysqlReading;
  readonly #trace: (view: RelationData) => Traced | undefined;

  constructor(names: Names, reading: MysqlReading, trace: (view: RelationData) => Traced | undefined) {
    this.#names = names;
    this.#reading = reading;
    this.#trace = trace;
  }

  use(origins: Iterable<Origin>): void {
    for (const origin of origins) this.rows.add(origin);
  }

  look(factor: Named): Looked {
    const relation = this.#names.relation(factor.schema ?? this.#reading.database, factor.name);
    if (relation === undefined || relation.columns.length === 0) throw new Obstacle('a table that isn\'t known');
    const name = `${relation.schema}.${relation.name}`;
    if (relation.kind !== 'v') {
      this.tables.add(name);
      return { shape: { columns: relation.columns.map((column) => ({ name: column.name, plain: true, of: new Set([{ relation: name, column: column.name, masked: undefined, own: false }]) })), vague: false }, rows: new Set() };
    }
    const traced = this.#trace(relation);
    if (traced === undefined) throw new Obstacle('a view that isn\'t known');
    for (const table of traced.tables) this.tables.add(table);
    return { shape: { columns: relation.columns.map((column, index) => ({ name: column.name, plain: true, of: traced.columns[index] ?? new Set() })), vague: false }, rows: traced.rows };
  }

  conditions(): readonly [] {
    return [];
  }

  visit(): void {
    // Nothing is written anew.
  }

  alias(): void {
    // Names don't matter here.
  }

  /** It may read anything. */
  call(): void {
    throw new Obstacle('a function that isn\'t built in');
  }
}

export function allTokens(text: string, dialect: Dialect, reading: MysqlReading): Token[] {
  const lexer = new Lexer(text, dialect, reading);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
  return tokens;
}

const full = (origins: Iterable<Origin>): string[] => [...new Set([...origins].map(({ relation, column }) => `${relation}.${column}`))].toSorted();
