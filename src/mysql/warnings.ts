/** SHOW WARNINGS and SHOW ERRORS: messages that the server keeps of the statement before. They are known by the columns of their answer, which no text changes. */

import type { Cell } from './cells.ts';
import type { ColumnDefinition } from './packets/column-definition.ts';
import { scrubbedMessage } from './scrub.ts';

const COLUMNS = ['level', 'code', 'message'];

/** What becomes of the columns of such an answer; undefined when it is another one. */
export function messageCells(definitions: readonly ColumnDefinition[], binary: boolean): readonly (Cell | undefined)[] | undefined {
  if (definitions.length !== COLUMNS.length) return undefined;
  if (!definitions.every(({ name, orgTable }, index) => orgTable.length === 0 && name.toString('latin1').toLowerCase() === COLUMNS[index])) return undefined;
  // Code comes before Message in each row.
  let errno = 0;
  const code: Cell = (value) => {
    errno = numberOf(value, binary);
    return value;
  };
  return [undefined, code, (value) => (value === null ? null : Buffer.from(scrubbedMessage(errno, value.toString('utf8'))))];
}

/** 0, which says nothing of itself, for what is no number. */
function numberOf(value: Buffer | null, binary: boolean): number {
  if (value === null || value.length === 0) return 0;
  if (!binary) return Number(value.toString('latin1'));
  return value.length <= 6 ? value.readUIntLE(0, value.length) : Number(value.readBigUInt64LE(0));
}
