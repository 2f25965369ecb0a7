/** A whole text: parsed, every place where masked columns are read substituted, the result parsed again and verified. */

import type { RawStmt } from 'libpg-query';
import type { Catalog } from '../../catalog.ts';
import { applyEdits } from '../../../masking/substitution.ts';
import type { Edit, OutputColumn, Substitution } from '../../../masking/substitution.ts';
import type { Sight } from '../../../masking/sight.ts';
import { utf16Offsets } from '../offsets.ts';
import { ParseFailure } from '../parser.ts';
import type { Parser } from '../parser.ts';
import { as, open } from '../tree.ts';
import { survey } from '../vocabulary.ts';
import { Analysis } from './analysis.ts';
import { Obstacle } from './model.ts';
import type { Column } from './model.ts';
import { substitutePlaces } from './places.ts';
import { statement } from './statements.ts';
import { verify } from './verify.ts';
import { SeenViews } from './views.ts';

export class Substituter {
  readonly #parser: Parser;
  readonly #catalog: Catalog;
  readonly #views = new WeakMap<Sight, SeenViews>();

  constructor(parser: Parser, catalog: Catalog) {
    this.#parser = parser;
    this.#catalog = catalog;
  }

  /**
   * @param text free of NUL and within the limits; see ../limits.ts
   * @param path schemas of the session's search_path in order (`$user` resolved, pg_catalog implied first); undefined: not known
   */
  substitute(text: string, path: readonly string[] | undefined, sight: Sight): Substitution {
    if (sight.data.relations.length === 0) return { text, edits: [], uses: [] };
    try {
      return this.#substitute(text, path, sight);
    } catch (error) {
      const obstacle = error instanceof Obstacle || error instanceof ParseFailure ? error.message : 'The statement could not be read through masks.';
      return { edits: [], uses: [], obstacle };
    }
  }

  #substitute(text: string, given: readonly string[] | undefined, sight: Sight): Substitution {
    const views = this.#viewsOf(sight);
    const statements = this.#parser.parse(text).stmts ?? [];
    const path = steady(statements, text) ? given : undefined;
    const offset = utf16Offsets(text, Buffer.byteLength(text));
    const analysis = new Analysis(views.around(path, true), text, offset);
    let outputs: readonly Column[] | undefined;
    for (const raw of statements) outputs = understand(analysis, raw) ?? outputs;
    const uses = analysis.uses.list();
    const shown = outputs?.map(outputOf);
    try {
      substitutePlaces(analysis);
      const edits = editsOf(analysis);
      if (edits.length > 0 && analysis.showsTexts !== undefined) throw new Obstacle(`${analysis.showsTexts} shows texts of statements, which it can't in a statement that reads masked columns; call it in one of its own.`);
      const spliced = applyEdits(text, edits);
      const objection = verify({ parser: this.#parser, catalog: this.#catalog, sight, path }, statements, spliced);
      if (objection !== undefined) throw new Obstacle(`The statement with masks could not be verified: ${objection}.`);
      return { text: spliced, edits, uses, ...(shown === undefined ? {} : { outputs: shown }) };
    } catch (error) {
      const obstacle = error instanceof Obstacle ? error.message : 'The statement with masks could not be verified.';
      return { edits: [], uses, ...(shown === undefined ? {} : { outputs: shown }), obstacle };
    }
  }

  #viewsOf(sight: Sight): SeenViews {
    const known = this.#views.get(sight);
    if (known !== undefined) return known;
    const made = new SeenViews(this.#parser, this.#catalog, sight);
    this.#views.set(sight, made);
    return made;
  }
}

/** Statements between which names keep their meaning. */
const KEEPS_NAMES: ReadonlySet<string> = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'ExplainStmt', 'DeclareCursorStmt', 'FetchStmt', 'ClosePortalStmt', 'CopyStmt']);
const STARTS: ReadonlySet<string> = new Set(['TRANS_STMT_BEGIN', 'TRANS_STMT_START', 'TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE']);
const MOVES_NAMES: ReadonlySet<string> = new Set(['RenameStmt', 'AlterObjectSchemaStmt', 'AlterTableStmt', 'AlterExtensionStmt']);

/**
 * Is the search path the same for all statements of the text? SET changes it, and the end of a transaction may.
 * @throws {Obstacle} when a relation may be called otherwise within the text
 */
function steady(statements: readonly RawStmt[], text: string): boolean {
  if (statements.length < 2) return true;
  if (statements.some(({ stmt }) => MOVES_NAMES.has(open(stmt)?.kind ?? ''))) throw new Obstacle('The text alters or renames something, so what later names in it mean isn\'t known; send its statements one by one.');
  return !/set_config|u&"/i.test(text) && statements.every(({ stmt }) => KEEPS_NAMES.has(open(stmt)?.kind ?? '') || STARTS.has(as('TransactionStmt', stmt)?.kind ?? ''));
}

function understand(analysis: Analysis, raw: RawStmt): readonly Column[] | undefined {
  const { stranger } = survey(raw.stmt);
  if (stranger !== undefined) throw new Obstacle(`The statement holds ${stranger}, which isn't understood.`);
  analysis.lookups = analysis.around.lookups;
  return statement(analysis, raw.stmt);
}

/** Names are only qualified in a text that has masked columns in it: any other stays as it is. */
function editsOf(analysis: Analysis): readonly Edit[] {
  const touched = analysis.edits.size > 0;
  const all = [...analysis.edits.values(), ...(touched ? analysis.qualifications.values() : [])];
  return all.toSorted((a, b) => a.start - b.start || a.end - b.end);
}

function outputOf({ name, of, bare }: Column): OutputColumn {
  const origins = [...of].map(({ relation, column }) => `${relation}.${column.name}`);
  return { name, sees: of.size === 0 ? 'clean' : bare ? 'masked' : 'derived', of: origins };
}
