/** What is written in the place of what. */

import type { MaskedRelation, MaskName, Sight } from '../../../masking/sight.ts';
import type { Edit } from '../../../masking/substitution.ts';
import type { RelationData } from '../../catalog.ts';
import { mysqlName } from '../../quoting.ts';
import { nameOf } from '../cursor.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import { fold } from './origins.ts';
import type { Outline } from './outline.ts';
import type { Read, Reads } from './reads.ts';
import { tellingIndexes } from './telling.ts';
import { Obstacle } from './tree.ts';
import type { Block, Clause, Item, Region } from './tree.ts';

/** Longest name of an output. Characters. */
const LONGEST_NAME = 256;

export function editsOf(outline: Outline, reads: Reads, explains: boolean): Edit[] {
  const splicer = new Splicer(outline, reads, explains);
  return splicer.edits();
}

class Splicer {
  readonly #outline: Outline;
  readonly #reads: Reads;
  readonly #explains: boolean;
  readonly #edits: Edit[] = [];

  constructor(outline: Outline, reads: Reads, explains: boolean) {
    this.#outline = outline;
    this.#reads = reads;
    this.#explains = explains;
  }

  edits(): Edit[] {
    const reads = [...this.#reads.reads.values()];
    for (const [at, sql] of this.#reads.parameters) this.#replace({ from: at, to: at + 1 }, sql);
    for (const [{ to }, names] of this.#reads.ignored) this.#behind(to, ` IGNORE INDEX (${names.map(mysqlName).join(', ')})`);
    if (reads.length === 0) return this.#edits.toSorted((a, b) => a.start - b.start);
    const whole = new Map([...this.#reads.blocks].filter(({ is }) => is === 'table').map((block) => [block.tables.factors[0], block]));
    for (const read of reads) this.#substitute(read, whole.get(read.factor));
    this.#qualifiers(reads);
    for (const block of this.#reads.blocks) {
      if (block.is !== 'select') continue;
      for (const clause of block.clauses) if (clause.word === 'FOR') this.#lock(clause, block, reads);
      for (const item of block.items) this.#name(item);
    }
    return this.#edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  }

  #replace({ from, to }: Region, text: string): void {
    const [first, last] = [this.#outline.tokens[from], this.#outline.tokens[to - 1]];
    if (first === undefined || last === undefined) throw new Obstacle('A place can\'t be found.');
    this.#edits.push({ start: first.start, end: last.end, text });
  }

  #behind(to: number, text: string): void {
    const last = this.#outline.tokens[to - 1];
    if (last === undefined) throw new Obstacle('A place can\'t be found.');
    this.#edits.push({ start: last.end, end: last.end, text });
  }

  #substitute(read: Read, whole: Block | undefined): void {
    const { factor, known, called, moved } = read;
    const parts = [`SELECT ${columnsOf(known.relation, known.masked, this.#reads.sight, this.#mentioned(known.relation), this.#explains)} FROM ${this.#source(read)}`];
    for (const detail of factor.details) parts.push(this.#tokensOf(detail));
    const telling = known.masked === undefined ? [] : tellingIndexes(known.relation, known.masked, new Set(moved.map(({ column }) => column)));
    if (telling.length > 0) parts.push(`IGNORE INDEX (${telling.map(mysqlName).join(', ')})`);
    const conditions = moved.toSorted((a, b) => a.region.from - b.region.from).map(({ sql }) => sql);
    if (conditions.length > 0) parts.push(`WHERE ${conditions.join(' AND ')}`);
    for (const lock of read.locks) parts.push(this.#lockOf(lock));
    const subquery = `(${parts.join(' ')}) AS ${mysqlName(called)}`;
    if (whole === undefined) this.#replace(factor, subquery);
    else this.#replace({ from: whole.from, to: factor.to }, `SELECT * FROM ${subquery}`);
    for (const { region } of moved) this.#replace(region, 'TRUE');
    // MySQL takes no parentheses around a derived table.
    for (const [open, close] of factor.parentheses) {
      this.#replace({ from: open, to: open + 1 }, ' ');
      this.#replace({ from: close, to: close + 1 }, ' ');
    }
  }

  /** A table by its name, a view by its definition. @throws {Obstacle} when a view must be read as it is, and mustn't */
  #source(read: Read): string {
    const { relation, telling } = read.known;
    const form = this.#reads.form(read);
    if (form !== undefined) return `(${form.text}) AS ${mysqlName(relation.name)}${form.columns === undefined ? '' : ` (${form.columns.map(mysqlName).join(', ')})`}`;
    if (telling !== undefined) throw new Obstacle(telling);
    return `${mysqlName(relation.schema)}.${mysqlName(relation.name)}`;
  }

  /** Columns that `*` leaves out are given when the statement names them. */
  #mentioned(relation: RelationData): ReadonlySet<string> {
    const hidden = new Set(relation.columns.filter(({ hidden: leftOut }) => leftOut === true).map(({ name }) => fold(name)));
    if (hidden.size === 0) return hidden;
    const named = new Set(this.#outline.tokens.flatMap((token) => (isIdentifier(token) && hidden.has(fold(nameOf(token))) ? [fold(nameOf(token))] : [])));
    const stars = this.#outline.tokens.some((token, at) => isSymbol(token, '*') && (isSymbol(this.#outline.tokens[at - 1], '.') || isSymbol(this.#outline.tokens[at - 1], ',') || this.#outline.tokens[at - 1]?.kind === 'word'));
    if (named.size > 0 && (stars || this.#outline.tokens.some((token) => isWord(token, 'NATURAL')))) throw new Obstacle('It names an invisible column of a table with masked columns, and selects * too; name the columns.');
    return named;
  }

  /** Token by token: comments stay outside. */
  #tokensOf({ from, to }: Region): string {
    let text = '';
    for (let at = from; at < to; at++) {
      const [token, before] = [this.#outline.tokens[at], this.#outline.tokens[at - 1]];
      if (token !== undefined) text += `${at > from && before?.end !== token.start ? ' ' : ''}${this.#outline.text.slice(token.start, token.end)}`;
    }
    return text;
  }

  /** Without the names behind OF. */
  #lockOf({ from, to }: Clause): string {
    const { tokens } = this.#outline;
    const of = tokens.findIndex((token, at) => at > from && at < to && isWord(token, 'OF'));
    if (of < 0) return this.#tokensOf({ from, to });
    const end = this.#namesEnd(of, to);
    return `${this.#tokensOf({ from, to: of })}${end < to ? ` ${this.#tokensOf({ from: end, to })}` : ''}`;
  }

  #namesEnd(of: number, to: number): number {
    let at = of + 2;
    while (at < to && isSymbol(this.#outline.tokens[at], ',')) at += 2;
    return at;
  }

  /** FOR UPDATE OF can't name a subquery that locks for itself. */
  #lock(clause: Clause, block: Block, reads: readonly Read[]): void {
    const { tokens } = this.#outline;
    const of = tokens.findIndex((token, at) => at > clause.from && at < clause.to && isWord(token, 'OF'));
    if (of < 0) return;
    const called = new Set(reads.filter(({ factor }) => block.tables.factors.includes(factor)).map((read) => fold(read.called)));
    const end = this.#namesEnd(of, clause.to);
    const names = tokens.slice(of + 1, end).filter((token) => !isSymbol(token, ','));
    const left = names.filter((token) => !(isIdentifier(token) && called.has(fold(nameOf(token)))));
    if (left.length === names.length) return;
    if (left.length === 0) return this.#replace(clause, ' ');
    this.#replace({ from: of + 1, to: end }, left.map(({ start, end: last }) => this.#outline.text.slice(start, last)).join(', '));
  }

  /** `shop.customers.id` is `customers.id` of a subquery, which is in no database. */
  #qualifiers(reads: readonly Read[]): void {
    const { tokens } = this.#outline;
    const taken = new Set(reads.flatMap(({ factor, moved }) => [factor, ...moved.map(({ region }) => region)]).flatMap(({ from, to }) => Array.from({ length: to - from }, (_, ahead) => from + ahead)));
    for (let at = 0; at < tokens.length; at++) {
      const [schema, table, column] = [tokens[at], tokens[at + 2], tokens[at + 4]];
      if (taken.has(at) || !isIdentifier(schema) || !isSymbol(tokens[at + 1], '.') || !isIdentifier(table) || !isSymbol(tokens[at + 3], '.') || isSymbol(tokens[at - 1], '.')) continue;
      if (!isIdentifier(column) && !isSymbol(column, '*')) continue;
      const read = reads.find((each) => fold(each.called) === fold(nameOf(table)) && fold(each.known.relation.schema) === fold(nameOf(schema)));
      if (read === undefined) continue;
      if (this.#reads.isTarget(nameOf(table))) throw new Obstacle(`Which table ${nameOf(schema)}.${nameOf(table)} is can't be told: several are called so; give them aliases.`);
      this.#replace({ from: at, to: at + 3 }, mysqlName(nameOf(table)));
      at += 4;
    }
  }

  /** An expression without an alias is called as it is written. */
  #name({ from, to, ends, alias }: Item): void {
    if (alias !== undefined || ends !== to) return;
    const [first, last] = [this.#outline.tokens[from], this.#outline.tokens[to - 1]];
    if (first === undefined || last === undefined || isSymbol(last, '*') || this.#isColumn(from, to)) return;
    if (!this.#edits.some(({ start, end }) => start >= first.start && end <= last.end)) return;
    const text = this.#outline.written({ from, to });
    if (text.length > LONGEST_NAME) throw new Obstacle('An expression of the output is too long to keep its name; give it an alias.');
    this.#edits.push({ start: last.end, end: last.end, text: ` AS ${mysqlName(text)}` });
  }

  #isColumn(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if ((at - from) % 2 === 0 ? !isIdentifier(this.#outline.tokens[at]) : !isSymbol(this.#outline.tokens[at], '.')) return false;
    return true;
  }
}

/** Masks that may hold a key. */
const KEYED: ReadonlySet<MaskName> = new Set(['hash', 'email']);

/** @param explains plans show values of rows that the server reads beforehand, and the text of expressions: then masks look at no value, and no key is in them */
export function columnsOf(relation: RelationData, masked: MaskedRelation | undefined, sight: Sight, mentioned: ReadonlySet<string>, explains: boolean): string {
  return relation.columns.filter(({ name, hidden }) => hidden !== true || mentioned.has(fold(name))).map(({ name }) => {
    const column = masked === undefined ? undefined : sight.column(masked, name);
    return column === undefined ? mysqlName(name) : `${explains && KEYED.has(column.mask) ? '\'masked\'' : column.sql.join(explains ? 'NULL' : mysqlName(name))} AS ${mysqlName(name)}`;
  }).join(', ');
}
