/**
 * What stands in the place of a view: its own definition, as the server tells it, with masks where it reads tables. A view that is read as it is has
 * the server read its tables by any index, and no hint reaches there.
 */

import type { OutputColumn, Substitution } from '../../../masking/substitution.ts';
import type { RelationData } from '../../catalog.ts';
import type { MysqlReading } from '../reading.ts';
import { isSymbol, isWord } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import { sameToken } from './allowed.ts';
import { PLAIN } from './origins.ts';
import { Outline } from './outline.ts';
import type { Query } from './tree.ts';

export interface ViewForm {
  /** A query. */
  readonly text: string;
  /** The view's columns, where the query calls them otherwise. */
  readonly columns: readonly string[] | undefined;
}

export interface Definitions {
  /** Of a session in this database, without any sql_mode: so the server reads definitions. */
  substitute(text: string, database: string): Substitution;
  lex(text: string, reading: MysqlReading): readonly Token[];
  /** As the server reads definitions. */
  reading(database: string): MysqlReading;
  /** Can the proxy's account itself read all that the view reads? */
  readable(view: RelationData): boolean;
  readonly flavour: 'mysql' | 'mariadb';
}

/** Modes by what they give another meaning; definitions are read without them. */
const OTHER_MEANING: Readonly<Record<string, (token: Token) => boolean>> = {
  PIPES_AS_CONCAT: (token) => isSymbol(token, '||'),
  HIGH_NOT_PRECEDENCE: (token) => isWord(token, 'NOT') || isSymbol(token, '!'),
  EMPTY_STRING_IS_NULL: ({ kind, text }) => kind === 'string' && text === '',
  NO_BACKSLASH_ESCAPES: (token) => isWord(token, 'LIKE'),
};

export class ViewForms {
  readonly #definitions: Definitions;
  readonly #made = new Map<RelationData, Readonly<Record<'runs' | 'explains', ViewForm | undefined>>>();
  readonly #fits = new Map<string, boolean>();

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /** Undefined: nothing can stand in its place. */
  form(view: RelationData, reading: MysqlReading, explains: boolean): ViewForm | undefined {
    let made = this.#made.get(view);
    if (made === undefined) this.#made.set(view, (made = this.#make(view)));
    const form = made[explains ? 'explains' : 'runs'];
    return form !== undefined && this.#isReadAlike(view, form, reading) ? form : undefined;
  }

  #make(view: RelationData): Readonly<Record<'runs' | 'explains', ViewForm | undefined>> {
    const { definition = '', schema } = view;
    const none = { runs: undefined, explains: undefined };
    if (definition === '' || view.barrier !== undefined) return none;
    const tokens = this.#definitions.lex(definition, this.#definitions.reading(schema));
    if (view.rights !== undefined && (!this.#definitions.readable(view) || tokens.some((token) => isWord(token, 'CURRENT_USER', 'CURRENT_ROLE')))) return none;
    if (ordersOnly(definition, tokens)) return none;
    const runs = this.#definitions.substitute(definition, schema);
    const columns = runs.outputs === undefined ? 'unknown' : this.#renamed(view, runs.outputs);
    if (runs.text === undefined || columns === 'unknown') return none;
    const explains = this.#definitions.substitute(`EXPLAIN ${definition}`, schema).text?.slice('EXPLAIN '.length);
    return { runs: { text: runs.text, columns }, explains: explains === undefined ? undefined : { text: explains, columns } };
  }

  /** MySQL tells what a definition's columns are called, and not what the view calls them. */
  #renamed({ columns }: RelationData, outputs: readonly OutputColumn[]): readonly string[] | undefined | 'unknown' {
    if (outputs.length !== columns.length) return 'unknown';
    if (outputs.every(({ name }, index) => name === columns[index]?.name)) return undefined;
    return this.#definitions.flavour === 'mysql' ? columns.map(({ name }) => name) : 'unknown';
  }

  /** In this session, is the text what it is in the definition? */
  #isReadAlike({ schema }: RelationData, { text }: ViewForm, reading: MysqlReading): boolean {
    const key = `${reading.key} ${text}`;
    let fits = this.#fits.get(key);
    if (fits === undefined) {
      const own = this.#definitions.lex(text, this.#definitions.reading(schema));
      const here = this.#definitions.lex(text, reading);
      const others = reading.sqlMode.split(',').flatMap((mode) => OTHER_MEANING[mode] ?? []);
      fits = (reading.utf8 || PLAIN.test(text)) && !own.some((token) => others.some((other) => other(token))) && own.length === here.length && own.every((token, at) => sameToken(token, here[at]));
      if (this.#fits.size >= MOST_KEPT) this.#fits.clear();
      this.#fits.set(key, fits);
    }
    return fits;
  }
}

const MOST_KEPT = 1000;

/** A view's ORDER BY sorts what is selected from it; a subquery's needn't, without a LIMIT. */
function ordersOnly(definition: string, tokens: readonly Token[]): boolean {
  const words = lastClauses(new Outline(definition, tokens).query(0, tokens.length));
  return words.includes('ORDER') && !words.includes('LIMIT') && !words.includes('FETCH');
}

function lastClauses({ operands, tail }: Query): string[] {
  const last = operands.at(-1);
  const own = last === undefined ? [] : 'is' in last ? last.clauses.map(({ word }) => word) : operands.length === 1 ? lastClauses(last) : [];
  return [...own, ...tail.map(({ word }) => word)];
}
