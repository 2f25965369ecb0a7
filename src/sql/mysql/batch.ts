/** A whole text: lexer -> statements -> judge of each -> Facts. Synchronous, never throws, and takes time in proportion to the text. */

import type { CatalogData, RelationData } from '../catalog.ts';
import { doubtful } from '../doubtful.ts';
import type { Facts, SettingUse, StatementFacts } from '../facts.ts';
import { Findings } from '../findings.ts';
import { Views } from '../views.ts';
import { hasBody, judgeBody } from './body.ts';
import { judgeStatement, UnknownStatement } from './kinds.ts';
import { LexError, Lexer } from './lexer.ts';
import type { Dialect } from './lexer.ts';
import { Names } from './names.ts';
import type { MysqlReading, Readings } from './reading.ts';
import { hasRaw } from './raw-bytes.ts';
import type { FirstReading, SecondReading } from './second-reading.ts';
import { isSymbol } from './tokens.ts';
import type { Token } from './tokens.ts';
import { Walk } from './walk.ts';
import type { Surroundings } from './walk.ts';

/** Statements whose facts never look at a number's value. */
const INTEGERS_FREE: ReadonlySet<string> = new Set(['select', 'insert', 'replace', 'update', 'delete']);

interface Judged extends FirstReading {
  readonly facts: StatementFacts;
}

export class Judge {
  readonly #readings: Readings;
  readonly #dialect: Dialect;
  readonly #names: Names;
  readonly #second: SecondReading | undefined;
  readonly #views = new Views((view) => this.#viewFindings(view));
  readonly #around: Surroundings;

  /** @param second without it nothing is read twice */
  constructor(data: CatalogData, readings: Readings, second?: SecondReading) {
    this.#second = second;
    this.#readings = readings;
    this.#dialect = { flavour: data.mysql?.flavour ?? 'mysql', version: data.serverVersion };
    this.#names = new Names(data);
    this.#around = { dialect: this.#dialect, names: this.#names, view: (view) => this.#views.findings(view), reading: (state) => readings.reading(state), inner: (text, reading) => this.#inner(text, reading, second) };
  }

  facts(text: string, reading: MysqlReading): Facts {
    this.#second?.begin();
    return this.#facts(text, reading, this.#second);
  }

  #facts(text: string, reading: MysqlReading, second: SecondReading | undefined): Facts {
    if (reading.doubt !== undefined) return doubtful(reading.doubt);
    // Of several statements the first may well run: then only the lexer's own word counts. And nobody else is asked about other bytes than were sent.
    const single = !text.includes(';') && !hasRaw(text);
    try {
      const judged = this.#judgeAll(text, reading);
      const disagreement = second?.disagreement(judged);
      return disagreement === undefined ? gather(judged) : { ...doubtful(disagreement), ...(single ? { ungrammatical: true as const } : {}) };
    } catch (error) {
      if (error instanceof LexError || error instanceof UnknownStatement) return { ...doubtful(error.message), ...(single ? { ungrammatical: true as const } : {}) };
      return doubtful(error instanceof RangeError ? 'The statement is nested too deeply to be understood.' : 'The statement could not be understood.');
    }
  }

  /** Each statement is read as those before it have left the session. */
  #judgeAll(text: string, reading: MysqlReading): Judged[] {
    const lexer = new Lexer(text, this.#dialect, reading);
    const judged: Judged[] = [];
    let unknown = false;
    for (let tokens = this.#statement(lexer); tokens !== undefined; tokens = this.#statement(lexer)) {
      if (tokens.length === 0) continue;
      if (unknown) throw new LexError('How it is read depends on a value that only the database knows.');
      if (lexer.reading.doubt !== undefined) throw new LexError(lexer.reading.doubt);
      const each = this.#judge(tokens, lexer.reading);
      judged.push(each);
      const { settings } = each.found;
      unknown = settings.some(readsOtherwise);
      lexer.reading = this.#after(lexer.reading, settings);
    }
    for (const { found } of judged.slice(0, -1)) {
      if (found.names.some(({ use }) => use === 'execute')) found.effect('dynamic', undefined, 'it may change how the statements behind it are read');
    }
    return judged;
  }

  /** Up to the next semicolon, or to the end of the text when a body may reach there. Undefined at the end. */
  #statement(lexer: Lexer): Token[] | undefined {
    const tokens: Token[] = [];
    let body = false;
    for (let token = lexer.next(); token !== undefined; token = lexer.next()) {
      if (isSymbol(token, ';')) {
        body ||= hasBody(tokens, new Walk(tokens, this.#around, lexer.reading));
        if (!body) return tokens;
      }
      tokens.push(token);
    }
    return tokens.length === 0 ? undefined : tokens;
  }

  #judge(tokens: readonly Token[], reading: MysqlReading): Judged {
    const walk = new Walk(tokens, this.#around, reading);
    if (hasBody(tokens, walk)) judgeBody(walk);
    else judgeStatement(walk, 0);
    const { found } = walk;
    if (found.effects.size === 0) found.effect('unknown', undefined, 'nothing is known of what the statement does');
    if (!INTEGERS_FREE.has(walk.kind)) found.readInteger = true;
    const facts: StatementFacts = {
      kind: walk.kind,
      start: tokens[0]?.start ?? 0,
      end: tokens.at(-1)?.end ?? 0,
      effects: found.effectUses(),
      tables: found.tableUses(),
      unbounded: found.unbounded,
      settings: found.settings,
      names: found.names,
      ...(found.transaction === undefined ? {} : { transaction: found.transaction }),
      ...(found.cancels === undefined ? {} : { cancels: found.cancels }),
      ...(found.refused === undefined ? {} : { refused: found.refused }),
    };
    return { facts, found, walk };
  }

  /** How the server reads what follows in the same text. */
  #after(reading: MysqlReading, settings: readonly SettingUse[]): MysqlReading {
    const value = (name: string): string | undefined => settings.findLast((use) => use.name === name)?.value;
    const [sqlMode, charset, database] = [value('sql_mode'), value('character_set_client'), value('database')];
    if (sqlMode === undefined && charset === undefined && database === undefined) return reading;
    return this.#readings.reading({ sqlMode: sqlMode ?? reading.sqlMode, charset: charset ?? reading.charset, database: database ?? reading.database });
  }

  #inner(text: string, reading: MysqlReading, second: SecondReading | undefined): Findings {
    const found = new Findings();
    const facts = this.#facts(text, reading, second);
    if (facts.doubt !== undefined) found.effect('unknown', undefined, facts.doubt);
    else for (const each of this.#judgeAll(text, reading)) found.absorb(each.found);
    return found;
  }

  /**
   * The server prints definitions with backticks and backslashes, whatever the mode of who asks. One way to write isn't read twice: a
   * statement over many views would wait for it.
   */
  #viewFindings(view: RelationData): Findings {
    const name = `${view.schema}.${view.name}`;
    const reading = this.#readings.reading({ sqlMode: '', database: view.schema });
    if (view.definition !== undefined && view.definition !== '') return this.#inner(view.definition, reading, undefined);
    const unseen = new Findings();
    unseen.effect('unknown', name, `the definition of view ${name} isn't known`);
    return unseen;
  }
}

/** Is the text behind it read in a way that can't be told from here? */
const readsOtherwise = ({ name, value }: SettingUse): boolean => (name === 'sql_mode' || name === 'character_set_client') && value === undefined;

/** The text's own facts: the union over its statements. */
function gather(judged: readonly Judged[]): Facts {
  const all = new Findings();
  for (const { found } of judged) all.absorb(found);
  const refused = judged.find(({ facts }) => facts.refused !== undefined)?.facts.refused;
  return {
    statements: judged.map(({ facts, found }) => ({ ...facts, effects: found.effectUses() })),
    effects: all.effectUses(),
    tables: all.tableUses(),
    unbounded: all.unbounded,
    ...(refused === undefined ? {} : { refused }),
    unresolved: all.unresolved,
    integersFree: judged.every(({ found }) => !found.readInteger),
  };
}
