/**
 * The origin net: each result column says which table's column it comes from, whatever the statement was and whatever became of
 * it. Rows of masked origin that arrive in spite of everything else are masked here, or aren't delivered; and by its origin and type a value
 * of text is searched for what the policy's detectors find.
 *
 * A portal's rows come without a description unless somebody asks. What it says holds as long as nothing else happens (a portal
 * of EXECUTE or FETCH reads what its name stands for only when it runs), so it is asked right before the rows are.
 */

import type { Detection } from '../masking/detectors/detection.ts';
import type { Finder } from '../masking/detectors/finder.ts';
import type { MaskedColumn, Sight } from '../masking/sight.ts';
import { Refused } from '../protocol/refusal.ts';
import { looksAt } from '../protocol/statement.ts';
import type { Statement, StatementText } from '../protocol/statement.ts';
import type { Expected } from './expected.ts';
import { decodeRowDescription, type FieldDescription } from './messages/row-description.ts';
import { valueForm, type ValueForm } from './searched.ts';

export interface MaskedField {
  /** Place in the row, from 0. */
  readonly index: number;
  /** 0 text, 1 binary. */
  readonly format: number;
  readonly column: MaskedColumn;
}

export interface SearchedField {
  readonly index: number;
  readonly column?: undefined;
  readonly finder: Finder;
  readonly form: ValueForm;
}

export type NetField = MaskedField | SearchedField;

/** Of a result's columns. */
export interface Origins {
  readonly columns: number;
  /** In order; empty: rows may pass as they are. */
  readonly masked: readonly NetField[];
}

/** Of what has no rows. */
const NO_ROWS: Origins = { columns: -1, masked: [] };

/** @throws Refused for a masked origin that can't be followed into the rows */
export function readOrigins(bytes: Buffer, start: number, end: number, sight: Sight | undefined, detection?: Detection): Origins {
  const fields = decodeRowDescription(bytes, start, end);
  const masked = fields.flatMap((field, index): readonly NetField[] => {
    const column = sight && maskedColumn(field, sight);
    if (column !== undefined) return [{ index, format: field.format, column }];
    const finder = detection && finderFor(field, detection);
    const form = finder && valueForm(field.type, field.format);
    return finder === undefined || form === undefined ? [] : [{ index, finder, form }];
  });
  return { columns: fields.length, masked };
}

function maskedColumn({ table, number }: FieldDescription, sight: Sight): MaskedColumn | undefined {
  const relation = table === 0 ? undefined : sight.byOid(table);
  if (relation === undefined || relation.columns.length === 0) return undefined;
  if (number === 0) throw unfollowed(`the whole row of ${relation.schema}.${relation.name}`);
  return sight.columnNumbered(relation, number);
}

/** A whole row has values of all its table's columns. */
const finderFor = ({ table, number }: FieldDescription, detection: Detection): Finder | undefined => (table === 0 || number === 0 ? detection.untold : detection.column(table, number));

export function unfollowed(what: string): Refused {
  return new Refused({ code: 'mask_unsupported', message: `the database sent ${what}, which can't be masked`, hint: 'Select the columns you need, by their names, in a SELECT of their own.' });
}

/** What such a text returns depends on what a name stands for when it runs. */
const BY_NAME = /execute|fetch|call/i;

export class OriginNet {
  readonly #portals = new WeakMap<Statement, Origins>();
  /** Returned no rows when asked: needn't be asked each time, and rows that come nevertheless end the session. */
  readonly #silent = new WeakSet<StatementText>();

  /** Must the portal's description be asked for before its rows are? */
  mustAsk({ veil, detection, source }: Statement): boolean {
    return (veil?.touches === true || detection !== undefined) && !this.#silent.has(source);
  }

  /** RowDescription (or NoData, without bytes) has come. */
  described(head: Expected, bytes?: Buffer, start = 0, end = 0): void {
    const statement = head.kind === 'query' ? head.statement : head.kind === 'describe' ? head.portal : undefined;
    if (statement === undefined || !looksAt(statement)) return;
    const origins = bytes === undefined ? NO_ROWS : readOrigins(bytes, start, end, statement.veil?.sight, statement.detection);
    if (head.kind === 'query') head.progress.origins = origins;
    else this.#portals.set(statement, origins);
    if (origins === NO_ROWS && !BY_NAME.test(statement.source.text)) this.#silent.add(statement.source);
  }

  /**
   * Of the row that is coming. Undefined: nothing is known of it, and needn't be.
   * @throws Refused when it must be known, and isn't
   */
  ofRow({ kind, statement, progress }: Extract<Expected, { kind: 'execute' | 'query' }>): Origins | undefined {
    const { veil, detection } = statement;
    if (!looksAt(statement)) return undefined;
    if (kind === 'execute') progress.origins ??= this.#portals.get(statement);
    const { origins } = progress;
    if ((origins === undefined || origins === NO_ROWS) && (veil?.touches === true || detection !== undefined || kind === 'query')) throw unfollowed('rows without saying where they come from');
    return origins;
  }
}
