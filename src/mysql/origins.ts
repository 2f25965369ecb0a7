/**
 * The net under the substitution: each result column's origin is told by its definition, and where that is a masked column its values are
 * masked, however it got there.
 *
 * Servers tell that of a table's own columns, whatever its alias. Through derived tables and views they don't always: MariaDB names the alias
 * as the table, and MySQL the name that a column has in there as its own. So this is a net under the substitution, and not one in its place:
 * what touches masked columns and runs as it is gets nothing whose origin isn't told, and nothing that is called like a masked column. For the same
 * reason all values of text are searched by the policy's detectors, where a statement reads what they are for.
 */

import { maskCell } from '../masking/cells.ts';
import type { Detection } from '../masking/detectors/detection.ts';
import type { Tally } from '../masking/detectors/tally.ts';
import type { MaskedColumn, MaskedRelation, Sight } from '../masking/sight.ts';
import type { Veil } from '../masking/veil.ts';
import { Refused } from '../protocol/refusal.ts';
import type { Statement } from '../protocol/statement.ts';
import { changes, type NetColumn, RowNet, unfollowed } from './cells.ts';
import type { Capabilities } from './packets/capabilities.ts';
import { type ColumnDefinition, decodeColumnDefinition } from './packets/column-definition.ts';
import { searchOf } from './searched.ts';
import { messageCells } from './warnings.ts';

/** Names that can't be told from their bytes in these: a byte of ASCII may be another character, or part of one. */
const ILLEGIBLE: ReadonlySet<string> = new Set(['big5', 'cp932', 'gb18030', 'gbk', 'sjis', 'swe7', 'ucs2', 'utf16', 'utf16le', 'utf32']);
/** Names are in UTF-8 when nothing is converted, too: character_set_results is NULL, or binary. */
const UTF8: ReadonlySet<string> = new Set(['', 'utf8', 'utf8mb3', 'utf8mb4', 'binary']);

/**
 * What answers with names, numbers and definitions in words of the server's. Plans do so in tables; in JSON and as trees they show the values
 * of rows that were read for them (as one column, and MySQL 9 does so unasked), and of what runs for a plan they count rows.
 */
const DESCRIBES = /^\s*(?:(?:SHOW|CHECK|CHECKSUM|OPTIMIZE|REPAIR|HELP)\b|ANALYZE\s+(?:LOCAL\s+|NO_WRITE_TO_BINLOG\s+)?TABLE\b|(?:DESC|DESCRIBE|EXPLAIN)\b(?![^]*\b(?:FORMAT|ANALYZE|FOR)\b))/i;

export class Origins {
  readonly #capabilities: Pick<Capabilities, 'extended'>;
  /** What changes the rows that come now; undefined: nothing does. */
  rows: RowNet | undefined;
  #veil: Veil | undefined;
  #detection: Detection | undefined;
  readonly #tally: Tally;
  #charset = '';
  #binary = false;
  #describes = false;
  #left = 0;
  #definitions: ColumnDefinition[] = [];

  /** @param tally of what is found in values */
  constructor(capabilities: Pick<Capabilities, 'extended'>, tally: Tally) {
    this.#capabilities = capabilities;
    this.#tally = tally;
  }

  /** No result, or one of which nothing is looked at. */
  clear(): void {
    this.rows = undefined;
    this.#veil = undefined;
    this.#detection = undefined;
  }

  /**
   * The definitions of so many columns follow. Throws Refused when they don't, or couldn't be read.
   * @param result `charset` of the names: character_set_results
   */
  begin({ veil, detection }: Pick<Statement, 'veil' | 'detection'>, columns: number, { text, binary, charset }: { readonly text: string; readonly binary: boolean; readonly charset: string }): void {
    this.clear();
    if (columns === 0) throw unfollowed();
    if (ILLEGIBLE.has(charset)) throw new Refused({ code: 'mask_unsupported', message: `character_set_results became ${charset}: which values are masked, or searched, can't be told in it`, hint: 'Use utf8mb4.' });
    this.#veil = veil;
    this.#detection = detection;
    this.#charset = charset;
    this.#describes = columns > 1 && DESCRIBES.test(text) && !text.includes(';');
    this.#binary = binary;
    this.#left = columns;
    this.#definitions = [];
  }

  /** @param scrubs are messages that the server keeps of statements that touched masked columns? */
  definition(payload: Buffer, scrubs: boolean): void {
    const veil = this.#veil;
    const detection = this.#detection;
    if (veil === undefined && detection === undefined) return;
    this.#definitions.push(decodeColumnDefinition(payload, this.#capabilities));
    this.#left--;
    if (this.#left > 0) return;
    const messages = scrubs ? messageCells(this.#definitions, this.#binary) : undefined;
    const columns = this.#definitions.map((definition, index): NetColumn => ({
      type: definition.type, cell: messages?.[index] ?? (veil && this.#cell(veil, definition)), search: detection && searchOf(definition, detection.untold, this.#tally),
    }));
    if (columns.some(changes)) this.rows = new RowNet(columns, this.#binary);
    this.#definitions = [];
  }

  #cell({ sight, form, touches }: Veil, { schema, orgTable, name, orgName }: ColumnDefinition): NetColumn['cell'] {
    const bare = touches && form === undefined && !this.#describes;
    if (orgTable.length === 0) {
      if (bare) throw untold(name);
      // An expression: over masks, where the statement ran as another.
      return undefined;
    }
    const known = namesOf(sight);
    const column = known.find(schema, orgTable, orgName, UTF8.has(this.#charset)) ?? (bare ? known.called(orgName) : undefined);
    if (column === undefined) return undefined;
    const format = this.#binary ? 1 : 0;
    return (value) => maskCell(column, value, format, 'mysql');
  }
}

const names = new WeakMap<Sight, MaskedNames>();

function namesOf(sight: Sight): MaskedNames {
  let found = names.get(sight);
  if (found === undefined) names.set(sight, found = new MaskedNames(sight));
  return found;
}

/** In which case a table's name is told depends on the server (lower_case_table_names): a hit that is none only masks. */
const folded = (name: string): string => name.toLowerCase();
/** What another character set hasn't got is told as `?`, or as bytes that aren't known here. */
const blurred = (name: string): string => name.replaceAll(/(?:[^\0-\x7f]|\?)+/g, '?').toLowerCase();

class MaskedNames {
  readonly #sight: Sight;
  readonly #folded: ReadonlyMap<string, ReadonlyMap<string, MaskedColumn>>;
  readonly #blurred: ReadonlyMap<string, ReadonlyMap<string, MaskedColumn>>;

  readonly #columns: ReadonlyMap<string, MaskedColumn>;

  constructor(sight: Sight) {
    this.#columns = new Map(sight.data.relations.flatMap(({ columns }) => columns.map((column) => [blurred(column.name), column])));
    this.#sight = sight;
    this.#folded = index(sight, folded);
    this.#blurred = index(sight, blurred);
  }

  /** Of any relation. */
  called(column: Buffer): MaskedColumn | undefined {
    return this.#columns.get(blurred(column.toString('utf8')));
  }

  /** @param utf8 are names in UTF-8, so that every name is told as it is? */
  find(schema: Buffer, table: Buffer, column: Buffer, utf8: boolean): MaskedColumn | undefined {
    const [db, name, field] = [schema.toString('utf8'), table.toString('utf8'), column.toString('utf8')];
    const exact = this.#sight.relation(db, name);
    const found = exact === undefined ? undefined : this.#sight.column(exact, field);
    if (found !== undefined) return found;
    const plain = utf8 && !`${db}${name}${field}`.includes('?');
    const [all, form] = plain && !hasReplacement(db, name, field) ? [this.#folded, folded] : [this.#blurred, blurred];
    return all.get(key(form(db), form(name)))?.get(form(field));
  }
}

/** A refusal that comes when the statement has run. */
function untold(column: Buffer): Refused {
  return new Refused({
    code: 'mask_unsupported', message: `the statement has run, but its result isn't shown: it touches masked columns, and where its column '${column.toString('utf8')}' comes from can't be told`,
    hint: 'Name plain columns only.',
  });
}

const hasReplacement = (...all: readonly string[]): boolean => all.some((name) => name.includes('\ufffd'));
const key = (schema: string, name: string): string => JSON.stringify([schema, name]);

/** Of relations that are called alike, the columns of all. */
function index(sight: Sight, form: (name: string) => string): ReadonlyMap<string, ReadonlyMap<string, MaskedColumn>> {
  const all = new Map<string, Map<string, MaskedColumn>>();
  for (const relation of sight.data.relations) columnsOf(all, relation, form);
  return all;
}

function columnsOf(all: Map<string, Map<string, MaskedColumn>>, { schema, name, columns }: MaskedRelation, form: (name: string) => string): void {
  const at = key(form(schema), form(name));
  const known = all.get(at) ?? new Map<string, MaskedColumn>();
  for (const column of columns) known.set(form(column.name), column);
  all.set(at, known);
}
