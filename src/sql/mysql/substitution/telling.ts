/** Orders of rows that tell of masked values. */

import { mentions } from '../../../masking/exposure.ts';
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

/**
 * The same of tables that are written: those are read by an index only where a condition is on its first columns, and then in the order of
 * the others.
 */
export function tellingWrites(relation: RelationData, masked: Pick<MaskedRelation, 'columns'>, lookedUp: ReadonlySet<string>): string[] {
  const hidden = new Set(masked.columns.map(({ name }) => name).filter((name) => !lookedUp.has(name)));
  const telling = new Set(tellingIndexes(relation, masked, lookedUp));
  return (relation.indexes ?? []).filter(({ name, columns: [first = ''] }) => telling.has(name) && !hidden.has(first)).map(({ name }) => name);
}

/** A masked column in an expression that puts rows into partitions. */
export function partitioning({ partitionedBy = [] }: RelationData, { columns }: Pick<MaskedRelation, 'columns'>): string | undefined {
  return columns.find(({ name }) => partitionedBy.some((expression) => mentions(expression, name)))?.name;
}

const NONE: ReadonlySet<string> = new Set();
