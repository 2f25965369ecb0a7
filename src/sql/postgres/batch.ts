/** A whole batch: text -> limits -> parser -> walk of each statement -> Facts. Synchronous, and never throws. */

import type { Node, RawStmt } from 'libpg-query';
import type { Catalog, RelationData } from '../catalog.ts';
import { doubtful } from '../doubtful.ts';
import type { Facts, StatementFacts } from '../facts.ts';
import { Findings } from './findings.ts';
import { Views } from '../views.ts';
import { HANDLERS, HARMLESS_NODES } from './handlers.ts';
import { kindOf } from './kind.ts';
import type { Measure } from './limits.ts';
import { utf16Offsets } from './offsets.ts';
import { ParseFailure } from './parser.ts';
import type { Parser } from './parser.ts';
import { preparedText } from './prepared-text.ts';
import { open } from './tree.ts';
import { survey } from './vocabulary.ts';
import { Overworked, Walk } from './walk.ts';

/** Statements whose facts never look at an integer's value. Others hold integers that are options. */
const INTEGERS_FREE: ReadonlySet<string> = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

export class Judge {
  readonly #parser: Parser;
  readonly #catalog: Catalog;
  readonly #views = new Views((view) => this.#viewFindings(view));
  readonly #work: number;
  #left = 0;

  /** @param work the most work (Surroundings.spend) that a text may be */
  constructor(parser: Parser, catalog: Catalog, work = Infinity) {
    this.#parser = parser;
    this.#catalog = catalog;
    this.#work = work;
  }

  /**
   * Undefined when the text is too much work.
   * @param measured what limits.ts measured of the text
   */
  facts(text: string, measured: Measure): Facts | undefined {
    this.#left = this.#work;
    try {
      return this.#understand(text, measured);
    } catch (error) {
      if (error instanceof Overworked) return undefined;
      if (error instanceof ParseFailure && error.code === 'syntax') return { ...doubtful(`PostgreSQL 18 doesn't accept this text: ${error.message}.`), ungrammatical: true };
      if (error instanceof ParseFailure) return doubtful(error.message);
      return doubtful(error instanceof RangeError ? 'The statement is nested too deeply to be understood.' : 'The statement could not be understood.');
    }
  }

  #understand(text: string, measured: Measure): Facts {
    const offset = utf16Offsets(text, measured.bytes);
    const raw = this.#parser.parse(text).stmts ?? [];
    return gather(raw.map((stmt) => this.#statement(text, stmt, offset)));
  }

  #statement(text: string, raw: RawStmt, offset: (bytes: number) => number): Judged {
    const start = offset(raw.stmt_location ?? 0);
    // The last statement's length is left out when it goes to the end.
    const length = raw.stmt_len ?? 0;
    const end = length === 0 ? text.length : offset((raw.stmt_location ?? 0) + length);
    const found = this.#walk(raw.stmt, text.slice(start, end));
    const facts: StatementFacts = {
      kind: kindOf(raw.stmt),
      start,
      end,
      effects: found.effectUses(),
      tables: found.tableUses(),
      unbounded: found.unbounded,
      settings: found.settings,
      names: found.names,
      ...(found.transaction === undefined ? {} : { transaction: found.transaction }),
      ...(found.refused === undefined ? {} : { refused: found.refused }),
    };
    return { facts, found, integersFree: INTEGERS_FREE.has(open(raw.stmt)?.kind ?? '') && !found.readInteger };
  }

  /** Walks one statement's tree. What the table doesn't know, or the walk overlooked, makes it unknown. */
  #walk(stmt: Node | undefined, statement: string): Findings {
    const { telling, stranger } = survey(stmt);
    const walk = new Walk({
      catalog: this.#catalog,
      handlers: HANDLERS,
      containers: HARMLESS_NODES,
      view: (view) => this.#views.findings(view),
      preparedText: (query) => preparedText(this.#parser, statement, query),
      spend: (units) => this.#spend(units),
    });
    walk.node(stmt);
    if (stranger !== undefined) walk.found.effect('unknown', undefined, `the statement holds ${stranger}, which isn't in the grammar's table`);
    else if (walk.claimed !== telling) walk.found.effect('unknown', undefined, 'a part of the statement was overlooked');
    if (walk.found.effects.size === 0) walk.found.effect('unknown', undefined, 'nothing is known of what the statement does');
    return walk.found;
  }

  #spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new Overworked();
  }

  #viewFindings(view: RelationData): Findings {
    const [stmt] = view.definition === undefined ? [] : (this.#parser.parse(view.definition).stmts ?? []);
    if (stmt !== undefined) return this.#walk(stmt.stmt, '');
    const unseen = new Findings();
    unseen.effect('unknown', `${view.schema}.${view.name}`, `the definition of view ${view.schema}.${view.name} isn't known`);
    return unseen;
  }
}

interface Judged {
  readonly facts: StatementFacts;
  readonly found: Findings;
  readonly integersFree: boolean;
}

/** The batch's own facts: the union over its statements. */
function gather(judged: readonly Judged[]): Facts {
  const [only] = judged;
  const statements = judged.map((each) => each.facts);
  const refused = statements.find((statement) => statement.refused !== undefined)?.refused;
  const whole = only !== undefined && judged.length === 1 ? only.found : union(judged);
  return {
    statements,
    effects: only !== undefined && judged.length === 1 ? only.facts.effects : whole.effectUses(),
    tables: only !== undefined && judged.length === 1 ? only.facts.tables : whole.tableUses(),
    unbounded: whole.unbounded,
    ...(refused === undefined ? {} : { refused }),
    unresolved: whole.unresolved,
    integersFree: judged.every((each) => each.integersFree),
  };
}

function union(judged: readonly Judged[]): Findings {
  const all = new Findings();
  for (const { found } of judged) all.absorb(found);
  return all;
}
