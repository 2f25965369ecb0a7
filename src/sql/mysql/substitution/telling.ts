/** Orders of rows that tell of masked values. */

import type { MaskedRelation } from '../../../masking/sight.ts';
import type { RelationData } from '../../catalog.ts';

/**
 * Indexes in whose order rows would tell the order of masked values: a server reads a whole table by the smallest index that has all it needs.
 * Those by whose masked columns rows are looked up are wanted. @param lookedUp names of columns
 */
export function tellingIndexes({ indexes = [] }: RelationData, { columns: masked }: Pick<MaskedRelation, 'columns'>, lookedUp: ReadonlySet<string> = NONE): string[] {
  const hidden = new Set(masked.map(({ name }) => name).filter((name) => !lookedUp.has(name)));
  return indexes.filter(({ columns }) => columns.some((name) => name === '' || hidden.has(name))).map(({ name }) => name);
}

const NONE: ReadonlySet<string> = new Set();
