/**
 * Substitution for MySQL and MariaDB: where a text reads relations with masked columns it is made to read subqueries that mask them. Our own
 * lexer and outline find the places; what comes out is looked at anew (verify.ts), judged anew, and read by other parsers, which may only object.
 */

import type { Sight } from '../../../masking/sight.ts';
import { applyEdits } from '../../../masking/substitution.ts';
import type { Edit, Substitution } from '../../../masking/substitution.ts';
import type { CatalogData } from '../../catalog.ts';
import type { Facts, SettingUse, StatementFacts } from '../../facts.ts';
import { Judge } from '../batch.ts';
import { LexError, Lexer } from '../lexer.ts';
import type { Dialect } from '../lexer.ts';
import { Names } from '../names.ts';
import type { MysqlReading, Readings } from '../reading.ts';
import type { SecondReading } from '../second-reading.ts';
import type { Token } from '../tokens.ts';
import { Knowledge } from './known.ts';
import { Tracer } from './lineage.ts';
import { fold, Uses } from './origins.ts';
import { spliceStatement } from './statement.ts';
import type { Spliced } from './statement.ts';
import { Obstacle } from './tree.ts';
import { Verifier } from './verify.ts';

/** A statement of a text, as the server will read it when those before have run. */
export interface Part {
  readonly tokens: readonly Token[];
  readonly reading: MysqlReading;
  readonly facts: StatementFacts;
}

const SETS = { sql_mode: 'sqlMode', character_set_client: 'charset', database: 'database' } as const;

export class Substituter {
  readonly #data: CatalogData;
  readonly #readings: Readings;
  readonly #dialect: Dialect;
  readonly #names: Names;
  readonly #tracer: Tracer;
  /** Of the text as it came, which others have judged already. */
  readonly #first: Judge;
  readonly #second: Judge;
  readonly #verifier: Verifier;
  readonly #known = new WeakMap<Sight, Knowledge>();

  constructor(data: CatalogData, readings: Readings, second: SecondReading) {
    this.#data = data;
    this.#readings = readings;
    this.#dialect = { flavour: data.mysql?.flavour ?? 'mysql', version: data.serverVersion };
    this.#names = new Names(data);
    this.#tracer = new Tracer(data, readings);
    this.#first = new Judge(data, readings);
    this.#second = new Judge(data, readings, second);
    this.#verifier = new Verifier(this.#names);
  }

  /** Synchronous, never throws. */
  substitute(text: string, reading: MysqlReading, sight: Sight): Substitution {
    const uses = new Uses();
    try {
      const knowledge = this.knowledge(sight);
      if (!mentions(text, knowledge)) return { text, edits: [], uses: [] };
      return this.#substitute(text, reading, knowledge, uses);
    } catch (error) {
      return { edits: [], uses: uses.all, obstacle: sentence(error) };
    }
  }

  /** Worked out once for each sight. */
  knowledge(sight: Sight): Knowledge {
    let knowledge = this.#known.get(sight);
    if (knowledge === undefined) this.#known.set(sight, (knowledge = new Knowledge(this.#data, this.#names, this.#tracer, sight, {
      flavour: this.#dialect.flavour, lex: (text, reading) => this.#lex(text, reading), reading: (database) => this.#readings.reading({ sqlMode: '', database }),
      substitute: (text, database) => this.substitute(text, this.#readings.reading({ sqlMode: '', database }), sight),
    })));
    return knowledge;
  }

  #substitute(text: string, reading: MysqlReading, knowledge: Knowledge, uses: Uses): Substitution {
    const facts = this.#first.facts(text, reading);
    const parts = this.#parts(text, reading, facts);
    const inner = (held: string, own: MysqlReading): boolean => {
      const { edits, uses: found, obstacle } = this.substitute(held, own, knowledge.sight);
      return edits.length > 0 || found.length > 0 || obstacle !== undefined;
    };
    const spliced = parts.map((part) => spliceStatement(part.tokens, { text, kind: part.facts.kind, flavour: this.#dialect.flavour, knowledge, reading: part.reading, uses, inner: (held) => inner(held, part.reading) }));
    const edits = spliced.flatMap((each) => each.edits);
    const result = applyEdits(text, edits);
    this.#verify(text, result, parts, spliced, reading, knowledge, facts);
    const outputs = spliced.at(-1)?.outputs;
    return { text: result, edits, uses: uses.all, ...(outputs === undefined ? {} : { outputs }) };
  }

  #verify(text: string, result: string, before: readonly Part[], spliced: readonly Spliced[], reading: MysqlReading, knowledge: Knowledge, facts: Facts): void {
    const edits: readonly Edit[] = spliced.flatMap((each) => each.edits);
    const again = result === text ? facts : this.#second.facts(result, reading);
    const after = result === text ? before : this.#parts(result, reading, again);
    if (after.length !== before.length) throw new Obstacle('With masks in it the text is read as other statements.');
    if (!readsSame(facts, again, knowledge)) throw new Obstacle('With masks in it the text is read as naming other tables.');
    let shift = 0;
    for (const [index, part] of before.entries()) {
      const own = edits.filter(({ start }) => start >= part.facts.start && start <= part.facts.end);
      this.#verifier.check({ text, before: part.tokens, after: after[index]?.tokens ?? [], reading: part.reading, edits: own, shift, knowledge, lex: (sql) => this.#lex(sql, part.reading), untouched: spliced[index]?.untouched === true, explains: spliced[index]?.explains === true });
      for (const { start, end, text: put } of own) shift += put.length - (end - start);
    }
  }

  #lex(sql: string, reading: MysqlReading): Token[] {
    const lexer = new Lexer(sql, this.#dialect, reading);
    const tokens: Token[] = [];
    for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
    return tokens;
  }

  /** As Judge reads them: each as those before it have left the session. */
  #parts(text: string, reading: MysqlReading, facts: Facts): Part[] {
    if (facts.doubt !== undefined) throw new Obstacle(facts.doubt);
    const lexer = new Lexer(text, this.#dialect, reading);
    const parts: Part[] = [];
    let tokens: Token[] = [];
    for (let token = lexer.next(); token !== undefined; token = lexer.next()) {
      const statement = facts.statements[parts.length];
      if (statement === undefined || token.start < statement.start) continue;
      tokens.push(token);
      if (token.end !== statement.end) continue;
      parts.push({ tokens, reading: lexer.reading, facts: statement });
      tokens = [];
      lexer.reading = this.#after(lexer.reading, statement.settings);
    }
    if (parts.length !== facts.statements.length || tokens.length > 0) throw new Obstacle('Where its statements end can\'t be told.');
    return parts;
  }

  #after(reading: MysqlReading, settings: readonly SettingUse[]): MysqlReading {
    const state = { sqlMode: reading.sqlMode, charset: reading.charset, database: reading.database };
    let changed = false;
    for (const { name, value } of settings) {
      if (value === undefined || !Object.hasOwn(SETS, name)) continue;
      state[SETS[name as keyof typeof SETS]] = value;
      changed = true;
    }
    return changed ? this.#readings.reading(state) : reading;
  }
}

/** The same tables, but for views in whose place their definitions stand. */
function readsSame(before: Facts, after: Facts, knowledge: Knowledge): boolean {
  const [names, now] = [before, after].map(({ tables }) => new Set(tables.map(({ name }) => name))) as [Set<string>, Set<string>];
  return [...now].every((name) => names.has(name)) && [...names].every((name) => now.has(name) || knowledge.isReplacedView(name));
}

/** Texts that the server is to run, and texts and plans that it shows: they name nothing. */
const ELSEWHERE = /prepare|immediate|processlist|profile|\bexplain\b|\bdesc(?:ribe)?\b|\banalyze\b/i;

/** Whether a text may have to do with what is masked: by the letters in it, so more often than it has. */
function mentions(text: string, { tainted }: Knowledge): boolean {
  if (tainted.size === 0) return false;
  if (ELSEWHERE.test(text)) return true;
  const folded = fold(text);
  // A quote in a name may be written in two ways.
  for (const name of tainted) if (folded.includes(name) || /[`"]/.test(name)) return true;
  return false;
}

function sentence(error: unknown): string {
  if (error instanceof Obstacle || error instanceof LexError) return error.message;
  return error instanceof RangeError ? 'The statement is nested too deeply to be understood.' : 'The statement could not be understood.';
}
