/** One statement: what it reads of masked relations, and what is to be written in the place of that. */

import type { Edit, OutputColumn, Use } from '../../../masking/substitution.ts';
import type { MysqlReading } from '../reading.ts';
import { hasRaw } from '../raw-bytes.ts';
import { assignsVariable, isIdentifier, isSymbol, isWord } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import { nameOf } from '../cursor.ts';
import { Flow } from './flow.ts';
import type { Knowledge } from './known.ts';
import { everyOrigin, fold } from './origins.ts';
import type { Shape, Uses } from './origins.ts';
import { Outline } from './outline.ts';
import { Reads } from './reads.ts';
import { Scope } from './scope.ts';
import { editsOf } from './splice.ts';
import { Obstacle, UNREAD } from './tree.ts';
import type { Named } from './tree.ts';
import { Writes } from './writes.ts';

export interface Context {
  readonly text: string;
  /** As StatementFacts.kind. */
  readonly kind: string;
  readonly flavour: 'mysql' | 'mariadb';
  readonly knowledge: Knowledge;
  readonly reading: MysqlReading;
  readonly uses: Uses;
  /** Does a text that the statement has the server run read masked relations, or may it? */
  readonly inner: (text: string) => boolean;
}

export interface Spliced {
  readonly edits: readonly Edit[];
  readonly outputs: readonly OutputColumn[] | undefined;
  /** The statement is as it was, and reads no rows. */
  readonly untouched: boolean;
  /** Nothing of it runs but its plan is shown. */
  readonly explains: boolean;
}

/** Statements that name tables without showing, comparing or copying what is in their rows; by one or two words. */
const ROWLESS: ReadonlySet<string> = new Set([
  'TRUNCATE', 'DROP', 'LOCK', 'FLUSH', 'OPTIMIZE', 'REPAIR', 'CHECK', 'USE', 'GRANT', 'REVOKE', 'DESC', 'DESCRIBE', 'EXPLAIN', 'SHOW', 'UNLOCK', 'KILL', 'DEALLOCATE', 'EXECUTE', 'SAVEPOINT', 'RELEASE', 'ROLLBACK', 'COMMIT', 'BEGIN', 'START', 'HELP', 'XA',
]);

/** Statements that hold statements. */
const BODY = /^(?:compound|(?:create|alter) (?:procedure|function|trigger|event|package))/;

export function spliceStatement(tokens: readonly Token[], context: Context): Spliced {
  return new Statement(tokens, context).splice();
}

class Statement {
  readonly #tokens: readonly Token[];
  readonly #context: Context;
  readonly #outline: Outline;
  readonly #targets = new Set<Named>();
  readonly #end: number;
  #reads: Reads;
  #flow: Flow;
  #explains = false;

  constructor(tokens: readonly Token[], context: Context) {
    this.#tokens = tokens;
    this.#context = context;
    this.#outline = new Outline(context.text, tokens);
    this.#end = tokens.length;
    [this.#reads, this.#flow] = this.#begin(false);
  }

  #begin(explains: boolean): [Reads, Flow] {
    const { knowledge, reading, uses, flavour } = this.#context;
    this.#explains = explains;
    const reads = new Reads({ outline: this.#outline, knowledge, reading, uses, targets: this.#targets, explains });
    const flow = new Flow(this.#outline, reads, flavour);
    reads.flow = flow;
    this.#reads = reads;
    this.#flow = flow;
    return [reads, flow];
  }

  #is(at: number, ...words: readonly string[]): boolean {
    return isWord(this.#tokens[at], ...words);
  }

  /** Does it name what mustn't be read as it is? */
  #names(from = 0): boolean {
    return this.#tokens.some((token, at) => at >= from && isIdentifier(token) && this.#context.knowledge.tainted.has(fold(nameOf(token))));
  }

  splice(): Spliced {
    if (this.#showsTexts()) throw new Obstacle('It shows the texts or plans of statements, in which there may be what masks hide.');
    const dynamic = this.#tokens.some((token) => isWord(token, 'PREPARE', 'IMMEDIATE'));
    if (dynamic && BODY.test(this.#context.kind)) throw new Obstacle('It prepares text while it runs, so what it reads can\'t be masked.');
    const shape = dynamic || this.#names() ? this.#run(0) : 'untouched';
    if (shape === 'untouched') return { edits: [], outputs: undefined, untouched: true, explains: false };
    for (const query of this.#ctesNamedAlike()) throw new Obstacle(`A WITH query is called ${query}, as a table with masked columns is: servers don't agree which of them is meant. Give it another name.`);
    return { edits: editsOf(this.#outline, this.#reads, this.#explains), outputs: shape === undefined || this.#explains ? undefined : outputsOf(shape), untouched: false, explains: this.#explains };
  }

  /** SHOW PROCESSLIST, PROFILES, EXPLAIN FOR; EXPLAIN FOR CONNECTION. All agents have the same account at the server. */
  #showsTexts(): boolean {
    if (this.#is(0, 'SHOW')) return this.#is(1, 'PROCESSLIST', 'PROFILE', 'PROFILES', 'EXPLAIN', 'ANALYZE') || (this.#is(1, 'FULL') && this.#is(2, 'PROCESSLIST'));
    return this.#is(0, 'EXPLAIN', 'DESCRIBE', 'DESC', 'ANALYZE') && this.#tokens.some((token, at) => isWord(token, 'FOR') && (this.#is(at + 1, 'CONNECTION') || this.#tokens[at + 1]?.kind === 'number'));
  }

  #ctesNamedAlike(): string[] {
    return this.#tokens.flatMap((token, at) => {
      if (!isIdentifier(token) || !this.#context.knowledge.tainted.has(fold(nameOf(token)))) return [];
      const before = this.#tokens[at - 1];
      if (!isWord(before, 'WITH', 'RECURSIVE') && !isSymbol(before, ',')) return [];
      const list = isSymbol(this.#tokens[at + 1], '(') ? this.#outline.closing(at + 1) + 1 : at + 1;
      return isWord(this.#tokens[list], 'AS') && isSymbol(this.#tokens[list + 1], '(') && this.#outline.startsQuery(list + 2) ? [nameOf(token)] : [];
    });
  }

  /** @param at where the statement begins: it isn't the first token behind EXPLAIN and the like */
  #run(at: number): Shape | undefined | 'untouched' {
    const word = this.#tokens[at]?.kind === 'word' ? this.#tokens[at].text : '';
    if (this.#outline.startsQuery(at)) return this.#query(at);
    switch (word) {
      case 'INSERT':
      case 'REPLACE':
      case 'UPDATE':
      case 'DELETE':
        return this.#write(at, Scope.NOTHING);
      case 'EXPLAIN':
      case 'DESCRIBE':
      case 'DESC':
        return this.#explain(at);
      case 'ANALYZE':
        return this.#analyze(at);
      case 'PREPARE':
        return this.#prepared(at + 3, this.#is(at + 2, 'FROM'));
      case 'EXECUTE':
        return this.#is(at + 1, 'IMMEDIATE') ? this.#prepared(at + 2, true) : this.#expressions(at + 1, 'copied', 'is given to a prepared statement');
      case 'SET':
        return this.#set(at);
      case 'DO':
        return this.#expressions(at + 1, 'filtered', 'is computed by DO');
      case 'CALL':
        return this.#expressions(at + 1, 'copied', 'is given to a procedure');
      case 'CREATE':
        return this.#create(at);
      default:
        return this.#other(at, word);
    }
  }

  /** A query, or WITH before INSERT, UPDATE or DELETE. */
  #query(at: number): Shape | undefined | 'untouched' {
    if (this.#is(at, 'WITH')) {
      const { ctes, recursive, end } = this.#outline.withBefore(at);
      if (this.#is(end, 'INSERT', 'REPLACE', 'UPDATE', 'DELETE')) return this.#write(end, Scope.NOTHING.with(this.#flow.ctes({ ctes, recursive }, Scope.NOTHING)));
    }
    const query = this.#outline.query(at, this.#end);
    const shape = this.#flow.query(query, Scope.NOTHING);
    this.#flow.show(shape, this.#explains ? 'derived' : undefined);
    return shape;
  }

  #write(at: number, outer: Scope): Shape | undefined {
    const writes = new Writes(this.#flow, this.#reads, this.#context.knowledge, this.#context.reading, this.#targets);
    const shown = this.#is(at, 'UPDATE') ? writes.update(at, this.#end, outer) : this.#is(at, 'DELETE') ? writes.delete(at, this.#end, outer) : writes.insert(at, this.#end, outer);
    if (this.#reads.usesOwn && assignsVariable(this.#tokens)) throw new Obstacle('It could store real values of the masked columns of the table that it writes in a variable; leave the variable, or those columns, out.');
    return shown;
  }

  #explain(at: number): Shape | undefined | 'untouched' {
    let next = at + 1;
    for (;;) {
      if (this.#is(next, 'EXTENDED', 'PARTITIONS', 'ANALYZE')) next++;
      else if (this.#is(next, 'FORMAT') && isSymbol(this.#tokens[next + 1], '=')) next += 3;
      else if (this.#is(next, 'INTO') && this.#tokens[next + 1]?.kind === 'variable') next += 2;
      else if (this.#is(next, 'FOR') && this.#is(next + 1, 'SCHEMA', 'DATABASE')) next += 3;
      else break;
    }
    if (!this.#outline.startsQuery(next) && !this.#is(next, 'INSERT', 'REPLACE', 'UPDATE', 'DELETE')) return this.#rowless();
    this.#begin(true);
    return this.#run(next);
  }

  /** MariaDB runs the statement and tells its plan. */
  #analyze(at: number): Shape | undefined | 'untouched' {
    let next = at + 1;
    while (this.#is(next, 'NO_WRITE_TO_BINLOG', 'LOCAL')) next++;
    if (this.#is(next, 'TABLE', 'TABLES')) {
      if (this.#names() && this.#tokens.some((token) => isWord(token, 'HISTOGRAM', 'PERSISTENT'))) throw new Obstacle('It makes statistics that hold values of a table with masked columns; leave HISTOGRAM and PERSISTENT out.');
      return this.#rowless();
    }
    if (this.#is(next, 'FORMAT') && isSymbol(this.#tokens[next + 1], '=')) next += 3;
    this.#begin(true);
    return this.#run(next);
  }

  /** The statement's text must be there to be looked at. */
  #prepared(at: number, known: boolean): 'untouched' {
    const [token, next] = [this.#tokens[at], this.#tokens[at + 1]];
    if (!known || token?.kind !== 'string' || hasRaw(token.text) || !(next === undefined || isWord(next, 'USING'))) throw new Obstacle('The text that it has the server prepare is computed, so what it reads can\'t be masked; send that text itself.');
    if (this.#context.inner(token.text)) throw new Obstacle('The text that it has the server prepare reads a table with masked columns; send that text itself, or have the driver prepare it.');
    if (this.#names(at + 1)) throw new Obstacle(UNREAD);
    return 'untouched';
  }

  #set(at: number): Shape | undefined | 'untouched' {
    if (this.#is(at + 1, 'STATEMENT')) {
      for (let next = at + 2; next < this.#end; next++) {
        if (isSymbol(this.#tokens[next], '(')) next = this.#outline.closing(next);
        else if (this.#is(next, 'FOR')) {
          this.#noQueries(at, next);
          return this.#run(next + 1);
        }
      }
    }
    return this.#expressions(at + 1, 'copied', 'is stored in a variable');
  }

  #noQueries(from: number, to: number): void {
    for (let at = from; at < to; at++) if (isSymbol(this.#tokens[at], '(') && this.#outline.startsQuery(at + 1)) throw new Obstacle(UNREAD);
  }

  /** Expressions that are no query's. */
  #expressions(from: number, mode: Extract<Use, 'filtered' | 'copied'>, because: string): undefined {
    this.#flow.expressions.walk({ from, to: this.#end }, Scope.NOTHING, mode, because);
    return undefined;
  }

  #create(at: number): Shape | undefined | 'untouched' {
    let next = at + 1;
    while (this.#is(next, 'OR', 'REPLACE', 'TEMPORARY')) next++;
    if (!this.#is(next, 'TABLE')) return this.#other(at, 'CREATE');
    const like = this.#tokens.findIndex((token, index) => index > next && isWord(token, 'LIKE'));
    if (like >= 0 && !this.#tokens.some((token) => isWord(token, 'SELECT', 'UNION', 'WITH', 'VALUES'))) return this.#rowless();
    for (let start = next + 1; start < this.#end; start++) {
      if (this.#startsRows(start)) return this.#created(next, start);
      if (isSymbol(this.#tokens[start], '(')) start = this.#outline.closing(start);
    }
    return this.#other(at, 'CREATE');
  }

  #startsRows(at: number): boolean {
    if (!this.#outline.startsQuery(at)) return false;
    if (this.#is(at, 'WITH')) return isIdentifier(this.#tokens[at + 1]) && !this.#is(at + 1, 'SYSTEM', 'PARSER');
    return true;
  }

  /** CREATE TABLE … SELECT: nothing before the query may read. */
  #created(from: number, start: number): undefined {
    this.#noQueries(from, start);
    for (let at = from; at < start; at++) if (isWord(this.#tokens[at], 'UNION') && this.#names()) throw new Obstacle(UNREAD);
    const shape = this.#flow.query(this.#outline.query(start, this.#end), Scope.NOTHING);
    this.#reads.use(everyOrigin(shape), 'copied', 'is stored in a new table');
    return undefined;
  }

  #other(at: number, word: string): Shape | undefined | 'untouched' {
    if (!this.#names()) return 'untouched';
    if (word === 'SHOW') return this.#show(at);
    if (ROWLESS.has(word)) return this.#rowless();
    if (word === 'HANDLER') throw new Obstacle('HANDLER reads a table with masked columns as it is; use SELECT.');
    if (word === 'CHECKSUM') throw new Obstacle('A checksum is made of what is in a table\'s masked columns, too.');
    if (word === 'LOAD') return this.#load();
    if (word === 'ALTER' || word === 'CREATE' || word === 'RENAME') return this.#define(at, word);
    throw new Obstacle('It touches a table with masked columns in a way that isn\'t understood.');
  }

  /** Conditions of SHOW may hold queries. */
  #show(at: number): Shape | undefined | 'untouched' {
    const where = this.#tokens.findIndex((token, index) => index > at && isWord(token, 'WHERE'));
    if (where < 0 || !this.#names(where)) return this.#rowless(at, where < 0 ? this.#end : where);
    if (this.#names() !== this.#names(where)) throw new Obstacle(UNREAD);
    return this.#expressions(where + 1, 'filtered', 'is compared in WHERE');
  }

  #rowless(from = 0, to = this.#end): 'untouched' {
    if (!this.#is(0, 'GRANT', 'REVOKE') && this.#names() && this.#tokens.slice(from, to).some((token) => isWord(token, 'SELECT', 'UNION', 'VALUES'))) throw new Obstacle(UNREAD);
    return 'untouched';
  }

  /** LOAD DATA writes its table; what it computes on the way may read. */
  #load(): 'untouched' {
    const into = this.#tokens.findIndex((token, at) => isWord(token, 'TABLE') && isWord(this.#tokens[at - 1], 'INTO'));
    const name = this.#tokens.findIndex((token, at) => at > into && isIdentifier(token) && !isSymbol(this.#tokens[at + 1], '.'));
    if (into < 0 || name < 0 || this.#names(name + 1) || this.#tokens.some((token) => isWord(token, 'SELECT'))) throw new Obstacle('It loads rows into a table with masked columns in a way that isn\'t understood.');
    const known = this.#context.knowledge.find(isSymbol(this.#tokens[name - 1], '.') ? nameOf(this.#tokens[name - 2] as Token) : this.#context.reading.database, nameOf(this.#tokens[name] as Token));
    if (known?.obstacle !== undefined) throw new Obstacle(known.obstacle);
    for (const { of } of known?.own.shape.columns ?? []) this.#reads.use(of, 'written');
    this.#mentionsMasked(name + 1);
    return 'untouched';
  }

  /** Of a table: anything that doesn't name its masked columns, move its rows to another or take its name from it. */
  #define(at: number, word: string): 'untouched' {
    const index = word === 'CREATE' && this.#tokens.slice(at + 1, at + 4).some((token) => isWord(token, 'INDEX'));
    const table = word === 'ALTER' && this.#is(at + 1, 'TABLE', 'ONLINE', 'IGNORE');
    if (!index && !table) throw new Obstacle(word === 'RENAME' ? 'It renames a table with masked columns: what its columns are masked by would no longer find it.' : 'It defines something that would read a table with masked columns as it is.');
    if (this.#tokens.some((token) => isWord(token, 'EXCHANGE', 'CONVERT', 'RENAME', 'SELECT', 'UNION', 'TRIGGER'))) throw new Obstacle('It would move rows with masked columns to where they aren\'t masked.');
    this.#mentionsMasked(at);
    return 'untouched';
  }

  #mentionsMasked(from: number): void {
    const masked = new Set(this.#context.knowledge.sight.data.relations.flatMap(({ columns }) => columns.map(({ name }) => fold(name))));
    const token = this.#tokens.find((each, at) => at >= from && isIdentifier(each) && masked.has(fold(nameOf(each))));
    if (token !== undefined) throw new Obstacle(`It names ${nameOf(token)}, which is masked, where it can't be told what becomes of its values.`);
  }
}

function outputsOf(shape: Shape): readonly OutputColumn[] | undefined {
  if (shape.vague) return undefined;
  return shape.columns.map(({ name, plain, of }) => ({ name, sees: of.size === 0 ? 'clean' : plain ? 'masked' : 'derived', of: [...of].map(({ relation, column }) => `${relation}.${column}`) }));
}
