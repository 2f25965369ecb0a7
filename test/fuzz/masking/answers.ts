/** Answers as they are compared: what differs for reasons that say nothing of masked values is left out of them, and named here. */

import { payloads } from '../../mysql/scripted.ts';
import type { Step } from './grammar/script.ts';
import { namesMasked } from './relations.ts';
import type { Server } from './servers.ts';

/** Ids of requests and times are different wherever one looks. */
export const normal = (bytes: Buffer): string => bytes.toString('latin1').replaceAll(/req_[a-z2-9]{16}/g, 'req').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');

/** The database gave up: what it did until then says nothing. */
export const gaveUp = (answer: Buffer): boolean => /max_statement_time|maximum statement execution time|statement timeout|too many rows|max_join_size/.test(answer.toString('latin1'));

/** Are they the same, but for what the clock or chance decides? */
export function same(server: Server, step: Step, left: Buffer, right: Buffer): boolean {
  if (server !== 'postgres' && step.how === 'prepared') for (const answer of [left, right]) forgetStatement(answer);
  if (normal(left) === normal(right) || gaveUp(left) || gaveUp(right)) return true;
  if (server === 'postgres') return normal(withoutTemporary(left)) === normal(withoutTemporary(right));
  if (server === 'mysql' && step.text.startsWith('explain format=json') && withoutEstimates(left) === withoutEstimates(right)) return true;
  // Rows in no order: MariaDB's come as they lie in memory, MySQL's by a plan that depends on what is in memory. With masked columns in reach MySQL has to keep the order.
  return (server === 'mariadb' || !namesMasked(step.text)) && unordered(left) === unordered(right);
}

/** COM_STMT_PREPARE_OK begins with 00 and the statement's number, which counts what the proxy has prepared, too. */
function forgetStatement(answer: Buffer): void {
  if (answer[4] === 0) answer.fill(0, 5, 9);
}

/** The first number that no table of the schema has (16384 is the first of all that users make). */
const TEMPORARY_OID = 16_384 + 120;

/** Numbers of temporary tables differ once a statement that makes one was given up on one side. */
function withoutTemporary(answer: Buffer): Buffer {
  const copy = Buffer.from(answer);
  for (let at = 0; at + 5 <= copy.length; at += copy.readUInt32BE(at + 1) + 1) {
    if (copy[at] !== 0x54) continue;
    const end = at + copy.readUInt32BE(at + 1) + 1;
    // RowDescription: each column's name, its table's number, and 14 bytes more.
    for (let field = at + 7; field < end;) {
      const origin = copy.indexOf(0, field) + 1;
      // The table's number, and the type's, which may be that of its rows.
      for (const number of [origin, origin + 6]) if (copy.readUInt32BE(number) >= TEMPORARY_OID) copy.writeUInt32BE(TEMPORARY_OID, number);
      field = origin + 18;
    }
  }
  return copy;
}

/** What MySQL expects a plan to cost depends on how much of a table lies in memory, and on a count of rows that inserts taken back have moved. */
const withoutEstimates = (answer: Buffer): string =>
  payloads(answer).map((payload) => payload.toString('latin1').replace(/^[^{]*\{\n/, '{\n').replaceAll(/"(?:estimated_[a-z_]+|[a-z_]*cost)": "?[\d.e+-]+"?/g, 'estimate')).join('\n');

export type Outcome = 'refused' | 'error' | 'answered' | 'given up';

/** What became of a statement, by the answer to it. */
export function outcomeOf(server: Server, bytes: Buffer): Outcome {
  if (refusalOf(bytes) !== undefined) return 'refused';
  return (server === 'postgres' ? bytes.includes('SERROR\0') : bytes[4] === 0xff) ? 'error' : 'answered';
}

/** The sentence of a refusal by the proxy. */
export function refusalOf(bytes: Buffer): string | undefined {
  return /(?:refused by policy: |held for approval as \S+: |refused: )([^\0]*)/.exec(bytes.toString('latin1', 0, 2000))?.[1];
}

/** Was it refused since nobody could tell what it does? */
export const isDoubted = (bytes: Buffer): boolean => /wasn't understood|covers unknown/.test(refusalOf(bytes) ?? '');

/** Was it refused for what the policy says of masked columns, and not for its effects? */
export const isForMasks = (bytes: Buffer): boolean => bytes.includes('"rule":"sensitive"');

/**
 * MariaDB's rows as a set: rows with equal keys it sorts by where they happen to lie in memory. (In which order rows are read is compared
 * before MySQL, for which the same is substituted.)
 */
const unordered = (answer: Buffer): string => payloads(answer).map((payload) => payload.toString('latin1')).toSorted().join('\n');

/** The same of an answer that is text already. */
export const sorted = (answer: string): string => answer.split('\n').toSorted().join('\n');

/** ER_NON_UNIQ_ERROR: in which clause MariaDB says a name is ambiguous depends on which it looked at last. */
const isAmbiguous = ([error]: readonly Buffer[]): boolean => error?.[0] === 0xff && error.readUInt16LE(1) === 1052;

/** SERVER_QUERY_NO_GOOD_INDEX_USED and …NO_INDEX_USED of an OK that ends rows: what the plan was like. */
const PLANNED = 0x30;

const SCRUBBED = 'the database reported an error about data that is masked';

/**
 * MySQL's answers to what uses nothing masked. Errors about masked tables whose sentence may quote data have another one; a column of a
 * subquery says less of where it comes from, and MariaDB names the subquery.
 */
export function mysqlWithoutOrigins(through: Buffer, whole: Buffer): readonly [string, string] {
  const [first, second] = [payloads(through), payloads(whole)];
  if (isAmbiguous(first) && isAmbiguous(second)) return ['', ''];
  if (first[0]?.[0] === 0xff && first[0].includes(SCRUBBED)) return [first, second].map(([error]) => error?.toString('latin1', 0, 9) ?? '') as [string, string];
  for (const all of [first, second]) {
    const last = all.at(-1);
    if (last?.[0] === 0xfe && last.length >= 5 && last.length < 9) last[3] = (last[3] ?? 0) & ~PLANNED;
  }
  return [first, second].map((all) => all.map((payload) => (payload.indexOf(DEFINES) === 0 ? definition(payload) : payload.toString('latin1'))).join('\n')) as [string, string];
}

/** The catalog of each ColumnDefinition41, behind a prepare, too. */
const DEFINES = '\x03def';

/** ColumnDefinition41: catalog, schema, table, org_table, name, org_name, and what its type is. Texts here are short. */
function definition(payload: Buffer): string {
  const texts: string[] = [];
  let at = 0;
  for (let count = 0; count < 6; count++) {
    const length = payload[at] ?? 0;
    texts.push(payload.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  // Length 12, character set, length, type; flags tell of keys and defaults, which a subquery's columns don't have.
  return `${texts[4] ?? ''} ${payload.toString('hex', at, at + 8)}`;
}
