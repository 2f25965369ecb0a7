/**
 * A second look at what the splicer wrote, which shares only the lexer with it: the old tokens with allowed substitutions and nothing else, and no
 * other place where the name of a masked relation stands as a table's. It knows little of the language on purpose, and objects when in doubt.
 */

import type { Edit } from '../../../masking/substitution.ts';
import { nameOf } from '../cursor.ts';
import type { Names } from '../names.ts';
import type { MysqlReading } from '../reading.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import { conditionOf, readReplacement, unwrapped } from './allowed.ts';
import type { Replacement } from './allowed.ts';
import type { Knowledge } from './known.ts';
import { fold } from './origins.ts';
import { strays } from './strays.ts';
import { Obstacle } from './tree.ts';

export interface Check {
  /** The agent's text, whole. */
  readonly text: string;
  /** Of one statement, before and after. */
  readonly before: readonly Token[];
  readonly after: readonly Token[];
  readonly reading: MysqlReading;
  readonly edits: readonly Edit[];
  /** How far the statement's beginning has moved. */
  readonly shift: number;
  readonly knowledge: Knowledge;
  readonly lex: (sql: string) => readonly Token[];
  /** The splicer says that nothing of it reads rows. */
  readonly untouched: boolean;
  readonly explains: boolean;
}

export class Verifier {
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /** @throws {Obstacle} */
  check(check: Check): void {
    const walker = new Walker(check, this.#names);
    walker.walk();
    if (walker.substitutes && hintsIndexes(check.text)) throw new Obstacle('An optimizer hint names an index of another query block, by which rows with masked columns might be read; leave it out.');
    const stray = strays({ ...check, names: this.#names, replaced: walker.replaced });
    if (stray !== undefined) throw new Obstacle(`${stray} is named where it could be read without its masks; write the statement more plainly.`);
  }
}

const wrong = (what: string): never => {
  throw new Obstacle(`What was made of the statement isn't what it should be (${what}).`);
};

/** Goes through both at the same time. */
class Walker {
  /** Tokens of the old statement that were replaced: by index. */
  readonly replaced = new Set<number>();
  readonly #check: Check;
  readonly #names: Names;
  /** Conditions that were taken out of WHERE, and those in subqueries. */
  readonly #out: string[] = [];
  readonly #in: string[] = [];
  #opened = 0;
  /** Subqueries by what they are called, with the database of each. */
  readonly #called = new Set<string>();
  readonly #unqualified: string[] = [];

  constructor(check: Check, names: Names) {
    this.#check = check;
    this.#names = names;
  }

  get substitutes(): boolean {
    return this.#called.size > 0;
  }

  walk(): void {
    const { before, after, edits } = this.#check;
    let { shift } = this.#check;
    let [old, now] = [0, 0];
    const removed: { readonly tokens: readonly Token[]; readonly at: number }[] = [];
    for (const edit of edits) {
      while (old < before.length && (before[old]?.end ?? 0) <= edit.start) this.#same(before[old++], after[now++], shift);
      const from = old;
      while (old < before.length && (before[old]?.start ?? 0) < edit.end) this.replaced.add(old++);
      const start = now;
      shift += edit.text.length - (edit.end - edit.start);
      while (now < after.length && (after[now]?.end ?? 0) <= edit.end + shift) now++;
      if (from < old && ((before[from]?.start ?? 0) < edit.start || (before[old - 1]?.end ?? 0) > edit.end)) wrong('an edit cuts a token');
      const taken = this.#edit(edit, before.slice(from, old), after.slice(start, now));
      if (taken !== undefined) removed.push({ tokens: taken, at: from });
    }
    while (old < before.length || now < after.length) this.#same(before[old++], after[now++], shift);
    for (const { tokens, at } of removed) this.#removal(tokens, at);
    this.#balance();
  }

  #same(old: Token | undefined, now: Token | undefined, shift: number): void {
    if (old === undefined || now === undefined || old.kind !== now.kind || old.text !== now.text || old.written !== now.written || old.start + shift !== now.start) wrong('something else was changed');
  }

  /** @returns tokens that were taken away, to be judged when all substitutions are known */
  #edit(edit: Edit, old: readonly Token[], now: readonly Token[]): readonly Token[] | undefined {
    const [first, second] = now;
    if (now.length === 0) return old;
    if (old.length === 0 && isWord(first, 'AS') && second?.kind === 'name' && now.length === 2) {
      if (!this.#check.text.slice(0, edit.start).endsWith(second.text)) wrong('a name was given');
      return undefined;
    }
    // Whatever isn't read by an index is right all the same.
    if (old.length === 0 && isWord(first, 'IGNORE') && isWord(second, 'INDEX') && isSymbol(now[2], '(') && isSymbol(now.at(-1), ')') && now.slice(3, -1).every((token, at) => (at % 2 === 0 ? token.kind === 'name' : isSymbol(token, ',')))) return undefined;
    if (now.length === 1 && isWord(first, 'TRUE') && old.length > 2) {
      this.#out.push(conditionOf(old)?.text ?? wrong('a condition was taken away'));
      return undefined;
    }
    if (isSymbol(first, '(') || isWord(first, 'SELECT')) {
      this.#substitution(readReplacement(old, now, this.#check, this.#names) ?? wrong('a subquery is another'));
      return undefined;
    }
    const [schema, point, table] = old;
    if (old.length === 1 && isSymbol(schema, '?') && unwrapped(now).length === 1 && isWord(first, 'CONCAT', 'CAST')) return undefined;
    if (now.length === 1 && first?.kind === 'name' && old.length === 3 && isIdentifier(schema) && isSymbol(point, '.') && isIdentifier(table) && nameOf(table) === first.text) {
      this.#unqualified.push(inDatabase(nameOf(schema), first.text));
      return undefined;
    }
    // Names behind OF, some of them left out.
    return isSubsequence(now, old) ? old : wrong('an edit of no known kind');
  }

  #substitution({ schema, called, conditions }: Replacement): void {
    this.#called.add(inDatabase(schema, called));
    this.#in.push(...conditions);
  }

  #removal(tokens: readonly Token[], at: number): void {
    const { before } = this.#check;
    const [first] = tokens;
    if (tokens.length === 1 && isSymbol(first, '(')) {
      this.#opened++;
      return this.#nextTo(at, 1, '(');
    }
    if (tokens.length === 1 && isSymbol(first, ')')) {
      this.#opened--;
      return this.#nextTo(at, -1, ')');
    }
    // FOR UPDATE OF names of substitutions.
    const words = ['FOR', 'UPDATE', 'SHARE', 'OF', 'NOWAIT', 'SKIP', 'LOCKED'];
    if (!tokens.every((token) => isSymbol(token, ',') || isWord(token, ...words) || isIdentifier(token)) || !before.slice(0, at + 1).some((token) => isWord(token, 'FOR'))) wrong('something was taken away');
  }

  /** A parenthesis that was taken away stands next to a substitution, or to another such. */
  #nextTo(at: number, step: 1 | -1, parenthesis: string): void {
    let next = at + step;
    while (this.replaced.has(next) && isSymbol(this.#check.before[next], parenthesis)) next += step;
    if (!this.replaced.has(next)) wrong('a parenthesis was taken away');
  }

  /** What was taken out of WHERE is in a subquery, once. */
  #balance(): void {
    if (!this.#unqualified.every((each) => this.#called.has(each))) wrong('a qualifier was taken away');
    if (this.#opened !== 0 || JSON.stringify(this.#out.toSorted()) !== JSON.stringify(this.#in.toSorted())) wrong('a condition or parenthesis is missing');
  }
}

/** MySQL's hints know every block of a statement by a number, those too that we put there, and count more than what is behind a table's name. */
const hintsIndexes = (text: string): boolean => [...text.matchAll(/\/\*\+[^]*?\*\//g)].some(([hint]) => hint.includes('@') && /index|skip_scan/i.test(hint));

const inDatabase = (schema: string, called: string): string => JSON.stringify([fold(schema), fold(called)]);

function isSubsequence(part: readonly Token[], whole: readonly Token[]): boolean {
  let at = 0;
  for (const token of part) {
    while (at < whole.length && whole[at]?.written !== token.written) at++;
    if (at++ >= whole.length) return false;
  }
  return true;
}
