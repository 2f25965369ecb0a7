/** Stands in for the masks of single values. */

import type { MaskedColumn } from './sight.ts';

/** What is sent in the place of a value of a masked column, in the format (0 text, 1 binary) it came in; null is NULL. Never throws; what can't be masked in that format becomes NULL. */
export function maskCell(column: MaskedColumn, value: Buffer | null, format: number, protocol: 'postgres' | 'mysql'): Buffer | null {
  if (protocol === 'postgres' && column.mask !== 'null' && (value !== null || column.hideNulls) && (format === 0 || column.type === 'text')) return Buffer.from('***');
  return null;
}
