/** The places of a statement where masked relations are read, and what has to go into the subqueries there. */

import type { MaskedColumn, Sight } from '../../../masking/sight.ts';
import type { Use } from '../../../masking/substitution.ts';
import { mysqlName } from '../../quoting.ts';
import { nameOf } from '../cursor.ts';
import type { MysqlReading } from '../reading.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import type { Flow, Host, Looked } from './flow.ts';
import type { Knowledge, Known } from './known.ts';
import { asColumn, comparison, conjuncts, MOST_CONSTANTS, parametersIn } from './lookups.ts';
import type { Comparison } from './lookups.ts';
import { fold, ownUse } from './origins.ts';
import type { Origin, Uses } from './origins.ts';
import type { Outline } from './outline.ts';
import type { Scope, Source } from './scope.ts';
import { partitioning } from './telling.ts';
import { Obstacle } from './tree.ts';
import type { Block, Clause, Named, Region } from './tree.ts';
import type { ViewForm } from './views.ts';

/** A place where a masked relation is read. */
export interface Read {
  readonly factor: Named;
  readonly known: Known;
  /** What the subquery is called, as written. */
  readonly called: string;
  /** Conditions that go into the subquery, as SQL, and where they stood. */
  readonly moved: { readonly region: Region; readonly column: string; readonly sql: string }[];
  locks: readonly Clause[];
}

export interface ReadingOf {
  readonly outline: Outline;
  readonly knowledge: Knowledge;
  readonly reading: MysqlReading;
  readonly uses: Uses;
  /** Tables that the statement writes. */
  readonly targets: ReadonlySet<Named>;
  /** EXPLAIN: nothing goes by real values, since plans show them. */
  readonly explains: boolean;
}

/** Each is held against those before it. Where there are more, none goes by real values. */
const MOST_CONDITIONS = 50;

/** The text grows with each. */
const MOST_READS = 500;

export class Reads implements Host {
  readonly reads = new Map<Named, Read>();
  readonly blocks = new Set<Block>();
  /** Parameters that targets' columns are compared with, as values of the column's type: by their index. */
  readonly parameters = new Map<number, string>();
  /** Indexes by which targets mustn't be read. */
  readonly ignored = new Map<Named, readonly string[]>();
  /** Masked columns that targets are looked up by. */
  readonly lookedUp = new Map<Named, Set<string>>();
  /** Real values of a target's own masked columns are used. */
  usesOwn = false;
  /** All names that tables have in the statement, with what they stand for. */
  readonly tables: { readonly called: string; readonly factor: Named }[] = [];
  readonly #aliases = new Set<string>();
  flow: Flow | undefined;
  readonly #of: ReadingOf;
  readonly #looked = new Map<Named, Looked>();

  constructor(of: ReadingOf) {
    this.#of = of;
  }

  get sight(): Sight {
    return this.#of.knowledge.sight;
  }

  /** Is there another table of this name in the statement than a read one of this database? */
  isTarget(called: string): boolean {
    const alike = this.tables.filter((table) => table.called === fold(called));
    return this.#aliases.has(fold(called)) || alike.some(({ factor }) => this.#of.targets.has(factor)) || new Set(alike.map(({ factor }) => fold(factor.schema ?? this.#of.reading.database ?? ''))).size > 1;
  }

  use(origins: Iterable<Origin>, use: Use, because?: string, value?: string | number): void {
    const all = [...origins];
    this.usesOwn ||= all.some((origin) => origin.own && ownUse(origin, use) === 'own');
    this.#of.uses.use(all, use, because, value);
  }

  look(factor: Named): Looked {
    const before = this.#looked.get(factor);
    if (before !== undefined) return before;
    const { knowledge, reading, targets } = this.#of;
    const known = knowledge.find(factor.schema ?? reading.database, factor.name);
    const called = factor.alias ?? factor.name;
    this.tables.push({ called: fold(called), factor });
    let looked: Looked = UNKNOWN;
    if (known !== undefined) {
      looked = targets.has(factor) ? known.own : known.looked;
      if (known.obstacle !== undefined) {
        this.use(known.looked.rows, 'filtered', `chooses the rows of view ${factor.name}`);
        throw new Obstacle(known.obstacle);
      }
      this.#partitions(factor, known);
      if (this.reads.size >= MOST_READS) throw new Obstacle('It reads tables with masked columns at too many places.');
      if (known.replaced && !targets.has(factor)) this.reads.set(factor, { factor, known, called, moved: [], locks: [] });
    }
    this.#looked.set(factor, looked);
    return looked;
  }

  /** Which rows are in a partition tells of the values that it is made by. */
  #partitions({ details, name }: Named, { relation, masked }: Known): void {
    if (masked === undefined || !details.some(({ from }) => isWord(this.#of.outline.tokens[from], 'PARTITION'))) return;
    const column = partitioning(relation, masked);
    if (column !== undefined) throw new Obstacle(`It selects partitions of ${name}, which are made by the masked column ${column}; leave PARTITION out.`);
  }

  /** What stands in the place of a view; undefined: the relation itself. */
  form({ known, factor, moved, locks }: Read): ViewForm | undefined {
    // A view's rows are locked, and looked up, as the view's.
    if (known.relation.kind !== 'v' || factor.details.length > 0 || moved.length > 0 || locks.length > 0) return undefined;
    return this.#of.knowledge.form(known.relation, this.#of.reading, this.#of.explains);
  }

  visit(block: Block): void {
    this.blocks.add(block);
    if (block.clauses.some(({ word }) => word === 'PROCEDURE') && block.tables.factors.some((factor) => factor.is === 'named' && this.reads.has(factor))) throw new Obstacle('PROCEDURE can\'t analyse a table with masked columns.');
    const locks = block.clauses.filter(({ word }) => word === 'FOR' || word === 'LOCK');
    if (locks.length === 0) return;
    for (const factor of block.tables.factors) {
      const read = factor.is === 'named' ? this.reads.get(factor) : undefined;
      if (read !== undefined) read.locks = locks.filter((lock) => locksTable(this.#of.outline, lock, read.called));
    }
  }

  alias(called: string): void {
    this.#aliases.add(fold(called));
  }

  call(): void {
    // What it does is judged elsewhere.
  }

  conditions(where: Region, scope: Scope): readonly Region[] {
    const { outline } = this.#of;
    const { flow } = this;
    if (flow === undefined || scope.sources.every(({ all }) => all.size === 0)) return [];
    const parts = conjuncts(outline, where);
    if (parts.length > MOST_CONDITIONS) return [];
    const done: Region[] = [];
    const compared = parts.map((part) => comparison(outline, flow.expressions, part));
    for (const [index, each] of compared.entries()) if (each !== undefined && this.#lookup(each, compared.slice(0, index), scope)) done.push(each.region);
    return done;
  }

  /** True when it works on real values. */
  #lookup(condition: Comparison, before: readonly (Comparison | undefined)[], scope: Scope): boolean {
    const source = scope.only(condition);
    const origins = [...(source?.columns.get(fold(condition.name)) ?? [])];
    const [origin] = origins;
    if (source?.factor?.is !== 'named' || origin?.masked === undefined || origins.length !== 1 || origin.masked.filtered !== 'equality' || this.#of.explains) return false;
    const read = this.reads.get(source.factor);
    // A recursive query is followed again and again.
    if (read?.moved.some(({ region }) => region.from === condition.region.from) === true) return true;
    const sql = this.#sql(condition, origin.masked);
    if (sql === undefined || this.#of.uses.constants + condition.constants.length > MOST_CONSTANTS) return false;
    if (read === undefined) {
      if (!origin.own) return false;
      this.#of.uses.constants += condition.constants.length;
      this.use([origin], 'lookup');
      this.lookedUp.set(source.factor, new Set([...(this.lookedUp.get(source.factor) ?? []), origin.column]));
      for (const region of condition.constants) if (isSymbol(this.#of.outline.tokens[region.from], '?')) this.parameters.set(region.from, asColumn(this.#of.outline, origin.masked.type, region) ?? '');
      return true;
    }
    if (source.factor.nullable || !this.#keepsOrder(condition.region, read, before, scope, source)) return false;
    read.moved.push({ region: condition.region, column: origin.column, sql });
    this.#of.uses.constants += condition.constants.length;
    this.use([origin], 'lookup');
    return true;
  }

  #sql({ operator, constants }: Comparison, { name, type }: MaskedColumn): string | undefined {
    if (operator !== '=' && operator !== 'IN') return undefined;
    const values = constants.map((region) => asColumn(this.#of.outline, type, region));
    if (!values.every((value) => value !== undefined)) return undefined;
    return operator === 'IN' ? `${mysqlName(name)} IN (${values.join(', ')})` : `${mysqlName(name)} = ${values.join('')}`;
  }

  /**
   * Parameters are numbered by their places. What goes to its table passes the parameters in between: those must go there before it, or to a
   * table before; so comparisons of the same table's other columns are taken along.
   */
  #keepsOrder(region: Region, read: Read, before: readonly (Comparison | undefined)[], scope: Scope, source: Source): boolean {
    const { tokens } = this.#of.outline;
    if (parametersIn(tokens, region.from, region.to) === 0) return true;
    const { factor } = read;
    const moved = [...this.reads.values()].filter((each) => each.factor.from <= factor.from).flatMap((each) => each.moved);
    const later = [...this.reads.values()].filter((each) => each.factor.from > factor.from).flatMap((each) => each.moved);
    // One that has gone to a table behind this one would come to stand behind.
    if (later.some((each) => parametersIn(tokens, each.region.from, each.region.to) > 0)) return false;
    const isMoved = (each: Region): boolean => moved.some((one) => one.region.from === each.from);
    const along = before.filter((each) => each !== undefined && !isMoved(each.region) && parametersIn(tokens, each.region.from, each.region.to) > 0);
    const company = along.map((each) => (each === undefined || scope.only(each) !== source ? undefined : this.#company(each, source)));
    const between = parametersIn(tokens, factor.to, region.from);
    const accounted = [...moved.filter((one) => one.region.from >= factor.to && one.region.from < region.from).map((one) => one.region), ...along.flatMap((each) => (each === undefined ? [] : [each.region]))].reduce((sum, each) => sum + parametersIn(tokens, each.from, each.to), 0);
    if (between !== accounted || !company.every((each) => each !== undefined)) return false;
    // What was moved before must stand before what is taken along.
    const last = Math.max(-1, ...moved.filter((one) => parametersIn(tokens, one.region.from, one.region.to) > 0).map((one) => one.region.from));
    if (company.some((each) => each.region.from < last)) return false;
    read.moved.push(...company);
    return true;
  }

  /** A comparison of a column that isn't masked means the same in the subquery. */
  #company({ name, region, operator, constants }: Comparison, source: Source): Read['moved'][number] | undefined {
    const { outline } = this.#of;
    const column = source.shape.columns.find((each) => fold(each.name) === fold(name));
    if (column === undefined || column.of.size > 0) return undefined;
    const values = constants.map((each) => outline.written(each));
    return { region, column: column.name, sql: operator === 'IN' ? `${mysqlName(column.name)} IN (${values.join(', ')})` : `${mysqlName(column.name)} ${operator} ${values.join('')}` };
  }
}

const UNKNOWN: Looked = { shape: { columns: [], vague: true }, rows: new Set() };

/** FOR UPDATE locks all, FOR UPDATE OF those that it names. */
function locksTable({ tokens }: Outline, { from, to }: Clause, called: string): boolean {
  const of = tokens.findIndex((token, at) => at > from && at < to && isWord(token, 'OF'));
  if (of < 0) return true;
  for (let at = of + 1; at < to; at += 2) {
    const token = tokens[at];
    if (!isIdentifier(token)) return false;
    if (fold(nameOf(token)) === fold(called)) return true;
    if (!isSymbol(tokens[at + 1], ',')) return false;
  }
  return false;
}
