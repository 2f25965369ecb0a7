/**
 * Follows columns through the queries of a statement: which are shown, which compare or combine rows, which are stored. From tokens, so it finds
 * more uses than there are rather than fewer.
 */

import type { Use } from '../../../masking/substitution.ts';
import { nameOf } from '../cursor.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import { Expressions } from './expressions.ts';
import { everyOrigin, fold } from './origins.ts';
import type { Given, Origin, Shape, UseLog } from './origins.ts';
import type { Outline } from './outline.ts';
import { sourceOf, starOf } from './scope.ts';
import type { Ctes, Scope, Source } from './scope.ts';
import { Obstacle } from './tree.ts';
import type { Block, Clause, Factor, Item, Named, Query, Region, Tables } from './tree.ts';

/** What a table's name stands for. */
export interface Looked {
  readonly shape: Shape;
  /** Rows are chosen or ordered by these, out of sight. */
  readonly rows: ReadonlySet<Origin>;
}

export interface Host extends UseLog {
  /** @throws {Obstacle} when it can't be read at all */
  look(factor: Named): Looked;
  /** A block's WHERE, before it is looked at: returns the conditions that are taken care of. */
  conditions(where: Region, scope: Scope, locks: readonly Clause[]): readonly Region[];
  /** A block whose tables were looked at. */
  visit(block: Block): void;
  /** A name of what is no table of a database. */
  alias(called: string): void;
  /** A call of a function that isn't built in. */
  call(): void;
}

const BECAUSE: Partial<Record<string, string>> = {
  WHERE: 'is compared in WHERE', GROUP: 'groups the rows', HAVING: 'is compared in HAVING', ORDER: 'orders the rows', WINDOW: 'orders a window', PROCEDURE: 'is analysed',
};

/** Each query in a recursive one is followed anew until nothing changes. */
const MOST_QUERIES = 3000;

export class Flow {
  readonly outline: Outline;
  readonly host: Host;
  readonly expressions: Expressions;
  #left = MOST_QUERIES;

  constructor(outline: Outline, host: Host, flavour: 'mysql' | 'mariadb') {
    this.outline = outline;
    this.host = host;
    this.expressions = new Expressions(this, flavour);
  }

  /** @param outer what is in sight around it */
  query(query: Query, outer: Scope): Shape {
    if (--this.#left < 0) throw new Obstacle('It holds too many queries.');
    const scope = outer.with(this.ctes(query, outer));
    const shapes = query.operands.map((operand) => ('is' in operand ? this.#block(operand, scope, query) : this.query(operand, scope)));
    const shape = shapes.length === 1 && shapes[0] !== undefined ? shapes[0] : union(shapes);
    if (query.dedups) this.host.use(everyOrigin(shape), 'filtered', 'is compared by a set operator');
    for (const clause of query.tail) this.#tail(clause, scope, shape);
    const last = query.operands.at(-1);
    if (query.operands.length > 1 && last !== undefined && 'is' in last) for (const clause of last.clauses) if (clause.word === 'ORDER' || clause.word === 'INTO') this.#tail(clause, scope, shape);
    return shape;
  }

  /** Names of WITH, for what follows. */
  ctes({ ctes, recursive }: Pick<Query, 'ctes' | 'recursive'>, outer: Scope): Ctes {
    let known = outer.ctes;
    const add = (name: string, shape: Shape): void => {
      known = new Map([...known, [fold(name), shape]]);
    };
    if (recursive) {
      for (const { name } of ctes) add(name, { columns: [], vague: true });
      for (let before = ''; ;) {
        for (const cte of ctes) add(cte.name, renamed(this.query(cte.query, outer.with(known)), cte.columns));
        const now = JSON.stringify(ctes.map(({ name }) => known.get(fold(name))?.columns.map(({ of }) => [...of].map(({ relation, column }) => [relation, column]))));
        if (now === before) return known;
        before = now;
      }
    }
    for (const cte of ctes) add(cte.name, renamed(this.query(cte.query, outer.with(known)), cte.columns));
    return known;
  }

  #block(block: Block, outer: Scope, query: Query): Shape {
    const scope = this.tables(block.tables, outer);
    this.host.visit(block);
    const shape = block.is === 'table' ? starOf(scope, undefined) : this.#outputs(block, scope);
    if (block.distinct) this.host.use(everyOrigin(shape), 'filtered', 'is compared by DISTINCT');
    const named = scope.naming(shape);
    const locks = block.clauses.filter(({ word }) => word === 'FOR' || word === 'LOCK');
    if (locks.length > 0 && query.operands.length > 1) throw new Obstacle('It locks rows of several queries at once; lock them one by one.');
    for (const clause of block.clauses) this.#clause(clause, scope, named, shape, locks);
    return shape;
  }

  #clause(clause: Clause, scope: Scope, named: Scope, shape: Shape, locks: readonly Clause[]): void {
    switch (clause.word) {
      case 'WHERE':
        return this.where({ from: clause.from + 1, to: clause.to }, scope, locks);
      case 'GROUP':
      case 'HAVING':
      case 'WINDOW':
      case 'ORDER':
        return this.ordered(clause, named, shape);
      case 'INTO':
        return this.host.use(everyOrigin(shape), 'copied', 'is stored by INTO');
      case 'PROCEDURE':
        return this.host.use(everyOrigin(shape), 'filtered', BECAUSE[clause.word]);
      case 'FOR':
      case 'LOCK':
        return;
      case 'LIMIT':
      case 'FETCH':
      case 'OFFSET':
      case 'RETURNING':
        this.expressions.walk(clause, scope, 'filtered', 'is compared');
    }
  }

  /** Behind the last of several queries, or behind parentheses: names are those of the outputs. */
  #tail(clause: Clause, scope: Scope, shape: Shape): void {
    if (clause.word === 'FOR' || clause.word === 'LOCK') throw new Obstacle('It locks rows of a query in parentheses; write FOR UPDATE within them.');
    this.#clause(clause, scope, scope.naming(shape), shape, []);
  }

  where(region: Region, scope: Scope, locks: readonly Clause[] = []): void {
    const done = this.host.conditions(region, scope, locks);
    let from = region.from;
    for (const each of [...done, { from: region.to, to: region.to }]) {
      this.expressions.walk({ from, to: each.from }, scope, 'filtered', 'is compared in WHERE');
      from = each.to;
    }
  }

  /** A number alone is an output's place. */
  ordered(clause: Region & { readonly word: string }, named: Scope, shape: Shape): void {
    const because = BECAUSE[clause.word] ?? 'is compared';
    const start = isWord(this.outline.tokens[clause.from + 1], 'BY') ? clause.from + 2 : clause.from + 1;
    for (const { from, to } of this.outline.parts(start, clause.to)) {
      const token = this.outline.tokens[from];
      const alone = to - from === 1 || isWord(this.outline.tokens[from + 1], 'ASC', 'DESC', 'WITH');
      if (token?.kind === 'number' && alone && (clause.word === 'ORDER' || clause.word === 'GROUP')) this.host.use(placed(shape, Number(token.text)), 'filtered', because);
      this.expressions.walk({ from, to }, named, 'filtered', because);
    }
  }

  tables({ factors, on, using, natural }: Tables, outer: Scope): Scope {
    const sources: Source[] = [];
    let scope = outer.inner(sources, natural || using.length > 0);
    // LATERAL sees what stands before it; others see at most what is around.
    for (const factor of factors) {
      sources.push(this.#source(factor, scope));
      scope = outer.inner(sources, natural || using.length > 0);
    }
    for (const region of on) this.expressions.walk(region, scope, 'filtered', 'is compared in ON');
    for (const at of using) {
      const token = this.outline.tokens[at];
      if (isIdentifier(token)) this.host.use(scope.everywhere(nameOf(token)), 'filtered', 'is compared in USING');
    }
    if (natural) for (const source of sources) this.host.use(compared(source, sources), 'filtered', 'is compared by NATURAL JOIN');
    return scope;
  }

  #source(factor: Factor, scope: Scope): Source {
    if (factor.is !== 'named') this.host.alias(factor.alias ?? '');
    switch (factor.is) {
      case 'computed': {
        this.expressions.walk(factor.arguments, scope, 'filtered', 'is taken apart by JSON_TABLE');
        return sourceOf(factor, factor.alias ?? '', { columns: [], vague: true });
      }
      case 'derived':
        return sourceOf(factor, factor.alias ?? '', renamed(this.query(factor.query, scope), factor.columns));
      case 'named': {
        const cte = factor.schema === undefined ? scope.ctes.get(fold(factor.name)) : undefined;
        if (cte !== undefined) this.host.alias(factor.alias ?? factor.name);
        if (cte !== undefined) return sourceOf(factor, factor.alias ?? factor.name, cte);
        const { shape, rows } = this.host.look(factor);
        this.host.use(rows, 'filtered', `chooses the rows of view ${factor.name}`);
        return sourceOf(factor, factor.alias ?? factor.name, shape);
      }
    }
  }

  #outputs(block: Block, scope: Scope): Shape {
    const shapes = block.items.map((item) => this.item(item, scope));
    return { columns: shapes.flatMap(({ columns }) => columns), vague: shapes.some(({ vague }) => vague) || block.is === 'values' };
  }

  /** One item of a list of outputs, which may be several columns. */
  item(item: Item, scope: Scope): Shape {
    const { tokens } = this.outline;
    if (isSymbol(tokens[item.ends - 1], '*') && (item.ends - item.from === 1 || isSymbol(tokens[item.ends - 2], '.'))) {
      const qualifier = tokens[item.ends - 3];
      return starOf(scope, item.ends - item.from > 1 && isIdentifier(qualifier) ? nameOf(qualifier) : undefined);
    }
    const column = this.expressions.columnAt(item.from, item.ends);
    if (column?.end === item.ends) return { columns: [{ name: item.alias ?? column.name, plain: true, of: scope.find(column) }], vague: false };
    const assigns = tokens.slice(item.from, item.ends).some((token) => isSymbol(token, ':='));
    const of = this.expressions.walk({ from: item.from, to: item.ends }, scope, 'derived');
    if (assigns) this.host.use(of, 'copied', 'is stored in a variable');
    return { columns: [{ name: item.alias ?? this.outline.written({ from: item.from, to: item.ends }), plain: false, of }], vague: false };
  }

  /** What an answer shows. */
  show(shape: Shape, use: Use | undefined, because?: string): void {
    for (const { plain, of } of shape.columns) this.host.use(of, use ?? (plain ? 'projected' : 'derived'), because);
  }
}

/** Names that a WITH query or a derived table gives. When they can't be matched, each may be any. */
function renamed(shape: Shape, names: readonly string[] | undefined): Shape {
  if (names === undefined) return shape;
  const all = everyOrigin(shape);
  const fits = !shape.vague && names.length === shape.columns.length;
  return { columns: names.map((name, index) => ({ name, plain: true, of: fits ? (shape.columns[index]?.of ?? all) : all })), vague: false };
}

/** By place; the first query names them. */
function union(shapes: readonly Shape[]): Shape {
  const [first, ...others] = shapes;
  if (first === undefined) return { columns: [], vague: true };
  const fits = shapes.every(({ vague, columns }) => !vague && columns.length === first.columns.length);
  const all = new Set(shapes.flatMap((shape) => [...everyOrigin(shape)]));
  if (!fits) return { columns: [...first.columns.map(({ name }): Given => ({ name, plain: false, of: all })), { name: '', plain: false, of: all }], vague: true };
  return { columns: first.columns.map(({ name, plain, of }, index) => ({ name, plain: plain && others.every(({ columns }) => columns[index]?.plain === true), of: new Set([...of, ...others.flatMap(({ columns }) => [...(columns[index]?.of ?? [])])]) })), vague: false };
}

const placed = (shape: Shape, place: number): ReadonlySet<Origin> => (shape.vague ? everyOrigin(shape) : (shape.columns[place - 1]?.of ?? new Set()));

/** Columns of a source that another of the list has, or may have, too. */
function compared(source: Source, sources: readonly Source[]): Origin[] {
  return source.shape.columns.flatMap(({ name, of }) => (sources.some((other) => other !== source && (other.shape.vague || other.columns.has(fold(name)))) ? [...of] : []));
}
