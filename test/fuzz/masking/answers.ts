/** Answers as they are compared: what differs for reasons that say nothing of masked values is left out of them, and named here. */

/** Packets' payloads. */
function payloads(answer: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 4 <= answer.length;) {
    const end = at + 4 + answer.readUIntLE(at, 3);
    found.push(answer.subarray(at + 4, end));
    at = end;
  }
  return found;
}

/**
 * MariaDB's rows as a set: rows with equal keys it sorts by where they happen to lie in memory. (In which order rows are read is compared
 * before MySQL, for which the same is substituted.)
 */
export const unordered = (answer: Buffer): string => payloads(answer).map((payload) => payload.toString('latin1')).toSorted().join('\n');

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
  return [first, second].map((all) => {
    const columns = all[0]?.length === 1 ? (all[0][0] ?? 0) : 0;
    return all.map((payload, index) => (index >= 1 && index <= columns ? definition(payload) : payload.toString('latin1'))).join('\n');
  }) as [string, string];
}

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
