/**
 * Which columns a statement reads or writes, by every identifier in it: more than it really does where two tables have a
 * column of the same name or a name stands for something else, never less.
 */

import type { RelationData } from '../catalog.ts';
import type { Touch } from '../findings.ts';
import { nameOf } from './cursor.ts';
import { KEYWORDS, RESERVED } from './keywords.ts';
import type { Names } from './names.ts';
import type { References } from './references.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Token } from './tokens.ts';

/** A relation in sight, by the names that may stand before a point. */
export interface Sight {
  readonly touch: Touch;
  readonly relation: RelationData | undefined;
  /** In lower case: the alias, else the table's name. */
  readonly called: string;
  /** The query in whose FROM it is; see Reference. */
  readonly group: number | undefined;
}

/** More identifiers than this times relations in sight, and all columns count: to look for each would take seconds. */
export const MOST_WORK = 2_000_000;

export function markColumns(tokens: readonly Token[], from: number, references: References, sights: readonly Sight[], names: Names): void {
  if (sights.length === 0) return;
  if (tokens.length * sights.length > MOST_WORK) {
    for (const { touch } of sights) touch.columns.add('*');
    return;
  }
  const marker = new Marker(tokens, references, sights, names);
  for (let at = from; at < tokens.length; at++) marker.look(at);
  marker.finish();
}

class Marker {
  readonly #tokens: readonly Token[];
  readonly #references: References;
  readonly #sights: readonly Sight[];
  readonly #names: Names;
  /** Names that the statement gives to what it computes, in lower case. */
  readonly #given = new Set<string>();
  /** Names that no relation in sight has, in lower case. */
  readonly #strange = new Set<string>();

  constructor(tokens: readonly Token[], references: References, sights: readonly Sight[], names: Names) {
    this.#tokens = tokens;
    this.#references = references;
    this.#sights = sights;
    this.#names = names;
  }

  look(at: number): void {
    const token = this.#tokens[at];
    if (token === undefined || this.#references.used.has(at)) return;
    if (isSymbol(token, '*')) this.#star(at);
    // The columns that a natural join compares are named nowhere.
    else if (isWord(token, 'NATURAL')) this.#all();
    else if (isIdentifier(token)) this.#identifier(token, at);
  }

  /** A name that nothing explains may be a column that the catalog doesn't know yet. */
  finish(): void {
    for (const name of this.#strange) {
      if (this.#given.has(name) || this.#references.ctes.has(name) || this.#references.aliases.has(name) || this.#references.cteColumns.has(name)) continue;
      return this.#all();
    }
  }

  #all(sights = this.#sights): void {
    for (const { touch } of sights) touch.columns.add('*');
  }

  #star(at: number): void {
    const before = this.#tokens[at - 1];
    if (isSymbol(before, '.')) {
      const qualifier = this.#tokens[at - 2];
      return this.#all(isIdentifier(qualifier) ? this.#called(nameOf(qualifier)) : this.#sights);
    }
    if (before?.kind === 'word' ? !BEFORE_STAR.test(before.text) : !isSymbol(before, ',')) return;
    // It stands for the columns of its own query's FROM; what a query within gives is told there.
    const query = this.#references.stars.get(at);
    this.#all(query === undefined ? this.#sights : this.#sights.filter(({ group }) => group === query));
  }

  #called(qualifier: string): readonly Sight[] {
    const sights = this.#sights.filter(({ called }) => called === qualifier.toLowerCase());
    if (sights.length > 0) return sights;
    return this.#references.aliases.has(qualifier.toLowerCase()) || this.#references.ctes.has(qualifier.toLowerCase()) ? [] : this.#sights;
  }

  #identifier(token: Token, at: number): void {
    const [before, next] = [this.#tokens[at - 1], this.#tokens[at + 1]];
    // A qualifier is looked at with the column behind it; functions and system variables are no columns.
    if (isSymbol(next, '.') || isSymbol(before, '@@') || (isSymbol(before, '.') && this.#ofVariable(at))) return;
    const name = nameOf(token);
    const qualifier = isSymbol(before, '.') ? this.#tokens[at - 2] : undefined;
    if (isSymbol(next, '(') && qualifier === undefined) return;
    if (qualifier !== undefined && isIdentifier(qualifier)) return this.#qualified(this.#called(nameOf(qualifier)), name);
    // A character set, a window: no columns.
    if (isWord(before, 'OVER', 'WINDOW', 'COLLATE', 'CHARSET') || (isWord(before, 'USING') && isSymbol(next, ')'))) return;
    if (isWord(before, 'AS')) {
      this.#given.add(name.toLowerCase());
      return;
    }
    if (endsOperand(before) && !isKeyword(token)) this.#given.add(name.toLowerCase());
    if (!this.#mark(this.#sights, name) && !isKeyword(token) && !isCharset(token, next)) this.#strange.add(name.toLowerCase());
  }

  #ofVariable(at: number): boolean {
    return isSymbol(this.#tokens[at - 3], '@@');
  }

  #qualified(sights: readonly Sight[], name: string): void {
    for (const sight of sights) if (!this.#mark([sight], name)) sight.touch.columns.add('*');
  }

  #mark(sights: readonly Sight[], name: string): boolean {
    let hit = false;
    for (const { relation, touch } of sights) {
      const column = relation === undefined ? undefined : this.#names.columns(relation).get(name.toLowerCase());
      if (column === undefined) continue;
      touch.columns.add(column);
      hit = true;
    }
    return hit;
  }
}

const isKeyword = (token: Token): boolean => token.kind === 'word' && KEYWORDS.has(token.text);

/** `_utf8mb4'…'`. */
const isCharset = (token: Token, next: Token | undefined): boolean => token.kind === 'word' && token.text.startsWith('_') && (next?.kind === 'string' || next?.kind === 'number');

/** Behind such a token an identifier is an alias. */
function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'word') return !RESERVED.has(token.text) || token.text === 'END';
  return token.kind !== 'symbol' || token.text === ')';
}

/** Behind these, or a comma, a star is all columns; elsewhere it multiplies or counts. */
const BEFORE_STAR = /^(?:SELECT|DISTINCT|DISTINCTROW|ALL|HIGH_PRIORITY|STRAIGHT_JOIN|SQL_\w+|RETURNING)$/;
