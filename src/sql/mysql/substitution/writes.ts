/** INSERT, REPLACE, UPDATE, DELETE: their targets stay as they are, all else that they read is substituted. */

import type { RelationData } from '../../catalog.ts';
import { nameAt, nameOf } from '../cursor.ts';
import type { QualifiedName } from '../cursor.ts';
import type { MysqlReading } from '../reading.ts';
import { assignsVariable, isIdentifier, isSymbol, isWord } from '../tokens.ts';
import type { Flow } from './flow.ts';
import type { Knowledge, Known } from './known.ts';
import { comparison, conjuncts, kindOf } from './lookups.ts';
import { everyOrigin, fold } from './origins.ts';
import type { Origin, Shape } from './origins.ts';
import type { Outline } from './outline.ts';
import type { Reads } from './reads.ts';
import type { Scope, Source } from './scope.ts';
import { sourceOf } from './scope.ts';
import { readTables } from './tables.ts';
import { tellingWrites } from './telling.ts';
import { NO_TABLES, Obstacle, UNREAD } from './tree.ts';
import type { Clause, Factor, Named, Region, Tables } from './tree.ts';

const NO_SHAPE: Shape = { columns: [], vague: true };

/** Values of so many rows are told one by one. */
const MOST_VALUES = 100;

export class Writes {
  readonly #flow: Flow;
  readonly #reads: Reads;
  readonly #outline: Outline;
  readonly #knowledge: Knowledge;
  readonly #reading: MysqlReading;
  readonly #targets: Set<Named>;

  constructor(flow: Flow, reads: Reads, knowledge: Knowledge, reading: MysqlReading, targets: Set<Named>) {
    this.#flow = flow;
    this.#reads = reads;
    this.#outline = flow.outline;
    this.#knowledge = knowledge;
    this.#reading = reading;
    this.#targets = targets;
  }

  #is(at: number, ...words: readonly string[]): boolean {
    return isWord(this.#outline.tokens[at], ...words);
  }

  #skip(from: number, ...words: readonly string[]): number {
    let at = from;
    while (this.#is(at, ...words)) at++;
    return at;
  }

  /** @param at the verb's index @returns what RETURNING gives */
  update(at: number, to: number, outer: Scope): Shape | undefined {
    const start = this.#skip(at + 1, 'LOW_PRIORITY', 'IGNORE');
    const tables = readTables(this.#outline, start, to);
    if (!this.#is(tables.end, 'SET')) throw new Obstacle(UNREAD);
    const end = this.#outline.clauseFrom(tables.end + 1, to);
    const assigned = this.#outline.parts(tables.end + 1, end);
    for (const target of this.#assignedTables(tables, assigned, outer)) this.#targets.add(target);
    const scope = this.#flow.tables(tables, outer);
    this.#assign(assigned, scope, scope);
    const shown = this.#clauses(end, to, scope);
    const { found } = this.#outline.clauses(end, to);
    // What is assigned to variables tells in which order rows were found.
    if (found.some(({ word }) => word === 'LIMIT') || assignsVariable(this.#outline.tokens, at, to)) this.#chooses(tables.factors, found, true);
    return shown;
  }

  /**
   * Which rows of a target are written, or in which order, is told by what the statement leaves or answers. An index on columns that aren't masked and then
   * on masked ones may decide it. @param hints whether the syntax lets an index be ignored
   */
  #chooses(factors: readonly Factor[], clauses: readonly Clause[], hints: boolean): void {
    for (const target of factors) {
      if (target.is !== 'named' || !this.#targets.has(target)) continue;
      const known = this.#knowledge.find(target.schema ?? this.#reading.database, target.name);
      if (known === undefined || (factors.length === 1 && this.#leavesNoChoice(clauses, known))) continue;
      if (known.telling !== undefined) throw new Obstacle(known.telling);
      const indexes = known.masked === undefined ? [] : tellingWrites(known.relation, known.masked, this.#reads.lookedUp.get(target) ?? new Set());
      const [index] = indexes;
      if (index !== undefined && !hints) throw new Obstacle(`Index ${index} of ${target.name} might choose or order the rows by a masked column; sort by all columns of its primary key, or leave LIMIT and RETURNING out.`);
      if (index !== undefined) this.#reads.ignored.set(target, indexes);
    }
  }

  /** By all columns of the primary key, none of them masked: ORDER BY, or a condition that one row fits. */
  #leavesNoChoice(clauses: readonly Clause[], { relation, masked }: Known): boolean {
    const { primaryKey = [] } = relation;
    if (primaryKey.length === 0 || primaryKey.some((name) => masked?.columns.some((column) => column.name === name) === true)) return false;
    return clauses.some(({ word, from, to }) => {
      const by = word === 'ORDER' ? this.#sortedBy(from + 2, to) : word === 'WHERE' ? this.#pinned({ from: from + 1, to }, relation) : [];
      return primaryKey.every((name) => by.includes(fold(name)));
    });
  }

  #sortedBy(from: number, to: number): string[] {
    return this.#outline.parts(from, to).flatMap((part) => {
      const column = this.#flow.expressions.columnAt(part.from, part.to);
      return column === undefined || !(column.end === part.to || this.#is(column.end, 'ASC', 'DESC')) ? [] : [fold(column.name)];
    });
  }

  /** A text compared with a number, which a parameter may be, fits many rows. */
  #pinned(where: Region, { columns }: RelationData): string[] {
    return conjuncts(this.#outline, where).flatMap((part) => {
      const found = comparison(this.#outline, this.#flow.expressions, part);
      const [value] = found?.operator === '=' ? found.constants : [];
      if (found === undefined || value === undefined) return [];
      const kind = kindOf(columns.find(({ name }) => fold(name) === fold(found.name))?.type ?? '');
      return kind === 'integer' || (kind === 'string' && this.#outline.tokens[value.from]?.kind === 'string') ? [fold(found.name)] : [];
    });
  }

  #assignedTables({ factors: listed }: Tables, assigned: readonly Region[], { ctes }: Scope): Named[] {
    const factors = listed.filter((factor) => factor.is !== 'named' || factor.schema !== undefined || !ctes.has(fold(factor.name)));
    const [only] = factors;
    if (listed.length === 1 && only?.is === 'named') return [only];
    return assigned.flatMap(({ from, to }) => {
      const column = this.#flow.expressions.columnAt(from, to);
      if (column === undefined) throw new Obstacle(UNREAD);
      const candidates = factors.filter((factor) => this.#mayHave(factor, column.qualifier, column.name));
      const [target] = candidates;
      if (candidates.length !== 1 || target?.is !== 'named') throw new Obstacle(`Which table's ${column.name} is set can't be told; write the table's name before the columns that SET names.`);
      return target;
    });
  }

  #mayHave(factor: Factor, qualifier: string | undefined, column: string): boolean {
    const called = factor.alias ?? (factor.is === 'named' ? factor.name : '');
    if (qualifier !== undefined) return fold(called) === fold(qualifier);
    if (factor.is !== 'named') return false;
    const known = this.#knowledge.find(factor.schema ?? this.#reading.database, factor.name);
    return known === undefined || known.relation.columns.length === 0 || known.relation.columns.some(({ name }) => fold(name) === fold(column));
  }

  /** `a = 1, b = c`. @param scope what may stand on the right */
  #assign(assigned: readonly Region[], targets: Scope, scope: Scope): void {
    const { tokens } = this.#outline;
    for (const { from, to } of assigned) {
      const column = this.#flow.expressions.columnAt(from, to);
      if (column === undefined || !(isSymbol(tokens[column.end], '=') || isSymbol(tokens[column.end], ':='))) throw new Obstacle(UNREAD);
      const value = { from: column.end + 1, to };
      this.#reads.use([...targets.find(column)].filter(({ own }) => own), 'written', undefined, this.#value(value));
      this.#flow.expressions.walk(value, scope, 'copied', `is stored in ${column.name}`);
    }
  }

  /** A constant's text, a parameter's number. */
  #value({ from, to }: Region): string | number | undefined {
    const token = this.#outline.tokens[from];
    if (to - from !== 1 || token === undefined) return undefined;
    if (isSymbol(token, '?')) return this.#outline.tokens.slice(0, to).filter((each) => isSymbol(each, '?')).length;
    return token.kind === 'string' || token.kind === 'number' ? token.text : undefined;
  }

  #clauses(from: number, to: number, scope: Scope): Shape | undefined {
    let shown: Shape | undefined;
    for (const clause of this.#outline.clauses(from, to).found) shown = this.#clause(clause, scope) ?? shown;
    return shown;
  }

  #clause(clause: Clause, scope: Scope): Shape | undefined {
    switch (clause.word) {
      case 'WHERE':
        this.#flow.where({ from: clause.from + 1, to: clause.to }, scope);
        return undefined;
      case 'ORDER':
        this.#flow.ordered(clause, scope, NO_SHAPE);
        return undefined;
      case 'LIMIT':
        return undefined;
      case 'RETURNING': {
        const shapes = this.#outline.items(clause.from + 1, clause.to).map((item) => this.#flow.item(item, scope));
        const shape = { columns: shapes.flatMap(({ columns }) => columns), vague: shapes.some(({ vague }) => vague) };
        if (shape.columns.some(({ plain, of }) => !plain && [...of].some(({ own }) => own))) throw new Obstacle('RETURNING computes with real values of the masked columns of the table that is written; return the columns as they are.');
        this.#flow.show(shape, undefined, undefined);
        return shape;
      }
      case 'GROUP':
      case 'HAVING':
      case 'WINDOW':
      case 'FETCH':
      case 'OFFSET':
      case 'PROCEDURE':
      case 'FOR':
      case 'LOCK':
      case 'INTO':
        throw new Obstacle(UNREAD);
    }
  }

  delete(at: number, to: number, outer: Scope): Shape | undefined {
    const start = this.#skip(at + 1, 'LOW_PRIORITY', 'QUICK', 'IGNORE', 'HISTORY');
    const fromFirst = this.#is(start, 'FROM');
    const named = this.#targetNames(fromFirst ? start + 1 : start);
    const several = !fromFirst || this.#is(named.end, 'USING');
    if (several && !this.#is(named.end, fromFirst ? 'USING' : 'FROM')) throw new Obstacle(UNREAD);
    const tables = readTables(this.#outline, several ? named.end + 1 : start + 1, to);
    for (const target of several ? named.names.flatMap((name) => deleted(tables, name)) : tables.factors) {
      if (target.is !== 'named') throw new Obstacle(UNREAD);
      this.#targets.add(target);
    }
    const scope = this.#flow.tables(tables, outer);
    const shown = this.#clauses(tables.end, to, scope);
    const { found } = this.#outline.clauses(tables.end, to);
    if (found.some(({ word }) => word === 'LIMIT' || word === 'RETURNING')) this.#chooses(tables.factors, found, several);
    return shown;
  }

  #targetNames(from: number): { readonly names: readonly QualifiedName[]; readonly end: number } {
    const { tokens } = this.#outline;
    const names: QualifiedName[] = [];
    let at = from;
    for (;;) {
      const name = nameAt(tokens, at);
      if (name === undefined) throw new Obstacle(UNREAD);
      names.push(name);
      at = name.end;
      if (isSymbol(tokens[at], '.') && isSymbol(tokens[at + 1], '*')) at += 2;
      if (!isSymbol(tokens[at], ',')) return { names, end: at };
      at++;
    }
  }

  /** INSERT and REPLACE. */
  insert(at: number, to: number, outer: Scope): Shape | undefined {
    const { tokens } = this.#outline;
    const start = this.#skip(at + 1, 'LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'IGNORE', 'INTO');
    const name = nameAt(tokens, start);
    if (name === undefined) throw new Obstacle(UNREAD);
    const target: Named = { is: 'named', from: start, to: name.end, ends: name.end, schema: name.schema, name: name.name, alias: undefined, details: [], parentheses: [], nullable: false };
    this.#targets.add(target);
    let rest = name.end;
    if (this.#is(rest, 'PARTITION') && isSymbol(tokens[rest + 1], '(')) rest = this.#outline.closing(rest + 1) + 1;
    const source = sourceOf(target, name.name, this.#reads.look(target).shape);
    const scope = outer.inner([source], false);
    const listed = this.#listed(rest, source);
    const end = this.#rowsEnd(listed.end, to);
    const sources = this.#rows(listed.end, end, source, listed.columns, scope, outer);
    return this.#behindRows(end, to, source, outer, sources);
  }

  /** `(a, t.b)`; all columns without it, undefined for SET, which names them itself. */
  #listed(at: number, source: Source): { readonly columns: readonly ReadonlySet<Origin>[] | undefined; readonly end: number } {
    const { tokens } = this.#outline;
    if (this.#is(at, 'SET')) return { columns: undefined, end: at };
    const all = source.shape.columns.map(({ of }) => of);
    if (!isSymbol(tokens[at], '(') || this.#outline.startsQuery(at + 1)) return { columns: all, end: at };
    const close = this.#outline.closing(at);
    const columns = this.#outline.parts(at + 1, close).map((part) => {
      const column = this.#flow.expressions.columnAt(part.from, part.to);
      if (column?.end !== part.to) throw new Obstacle(UNREAD);
      return source.columns.get(fold(column.name)) ?? new Set<Origin>();
    });
    return { columns: columns.length === 0 ? all : columns, end: close + 1 };
  }

  /** Where ON DUPLICATE KEY UPDATE, RETURNING or a name for the row begins. */
  #rowsEnd(from: number, to: number): number {
    for (let at = from; at < to; at++) {
      if (isSymbol(this.#outline.tokens[at], '(')) at = this.#outline.closing(at);
      else if ((this.#is(at, 'ON') && this.#is(at + 1, 'DUPLICATE')) || (this.#is(at, 'RETURNING') && this.#outline.isClause(at))) return at;
    }
    return to;
  }

  /** @returns what ON DUPLICATE KEY UPDATE has in sight beside the target */
  #rows(from: number, end: number, target: Source, columns: readonly ReadonlySet<Origin>[] | undefined, scope: Scope, outer: Scope): Source[] {
    if (columns === undefined) {
      const named = this.#rowName(from + 1, end);
      this.#assign(this.#outline.parts(from + 1, named.from), scope, scope);
      return named.sources;
    }
    if (this.#is(from, 'VALUES', 'VALUE')) {
      const named = this.#rowName(from + 1, end);
      this.#values(this.#outline.parts(from + 1, named.from), columns, scope);
      return named.sources;
    }
    const query = this.#outline.query(from, end);
    const shape = this.#flow.query(query, outer);
    this.#reads.use(everyOrigin(shape), 'copied', `is stored in ${nameOf(this.#outline.tokens[target.factor?.from ?? 0] ?? { kind: 'name', start: 0, end: 0, text: '', written: '' })}`);
    for (const origins of columns) this.#reads.use(origins, 'written');
    const inner = outer.with(this.#flow.ctes(query, outer));
    return query.operands.flatMap((operand) => ('is' in operand ? this.#flow.tables(operand.tables ?? NO_TABLES, inner).sources : []));
  }

  /** `AS new`, `AS new(a, b)`: what would be inserted, by another name. */
  #rowName(from: number, end: number): { readonly from: number; readonly sources: Source[] } {
    for (let at = from; at < end; at++) {
      if (isSymbol(this.#outline.tokens[at], '(')) at = this.#outline.closing(at);
      else if (this.#is(at, 'AS')) {
        const token = this.#outline.tokens[at + 1];
        if (!isIdentifier(token)) throw new Obstacle(UNREAD);
        const names = isSymbol(this.#outline.tokens[at + 2], '(') ? this.#outline.names(at + 2) : [];
        return { from: at, sources: [sourceOf(undefined, nameOf(token), { columns: names.map((name) => ({ name, plain: true, of: new Set<Origin>() })), vague: false })] };
      }
    }
    return { from: end, sources: [] };
  }

  #values(rows: readonly Region[], columns: readonly ReadonlySet<Origin>[], scope: Scope): void {
    const { tokens } = this.#outline;
    for (const [row, region] of rows.entries()) {
      const open = this.#is(region.from, 'ROW') ? region.from + 1 : region.from;
      if (!isSymbol(tokens[open], '(') || this.#outline.closing(open) !== region.to - 1) throw new Obstacle(UNREAD);
      for (const [index, value] of this.#outline.parts(open + 1, region.to - 1).entries()) {
        this.#reads.use(columns[index] ?? [], 'written', undefined, row < MOST_VALUES ? this.#value(value) : undefined);
        this.#flow.expressions.walk(value, scope, 'copied', 'is stored in another row');
      }
    }
  }

  #behindRows(from: number, to: number, target: Source, outer: Scope, sources: readonly Source[]): Shape | undefined {
    const own = outer.inner([target], false);
    let at = from;
    if (this.#is(at, 'ON')) {
      if (!this.#is(at + 2, 'KEY') || !this.#is(at + 3, 'UPDATE')) throw new Obstacle(UNREAD);
      const end = this.#rowsEnd(at + 4, to);
      this.#flow.expressions.inserts = true;
      this.#assign(this.#outline.parts(at + 4, end), own, outer.inner([target, ...sources], false));
      this.#flow.expressions.inserts = false;
      at = end;
    }
    return this.#clauses(at, to, own);
  }
}

function deleted({ factors }: Tables, { name }: QualifiedName): Factor[] {
  const meant = factors.filter((factor) => fold(factor.alias ?? '') === fold(name) || (factor.is === 'named' && fold(factor.name) === fold(name)));
  if (meant.length === 0) throw new Obstacle(`Which table ${name} is can't be told.`);
  return meant;
}
