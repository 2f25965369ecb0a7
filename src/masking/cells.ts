/** A value of a masked column that arrived all the same, and what is sent in its place. */

import type { MaskedColumn } from './sight.ts';

/**
 * What is sent in the place of a value of a masked column, in the format (0 text, 1 binary) it came in; null is NULL. Never throws; what
 * can't be masked in that format becomes NULL.
 */
export function maskCell(column: MaskedColumn, value: Buffer | null, format: number, protocol: 'postgres' | 'mysql'): Buffer | null {
  if (column.mask === 'null' || (value === null && !column.hideNulls)) return null;
  const text = /char|text/.test(column.type) || (format === 0 && protocol === 'mysql' && column.type === '');
  return text ? Buffer.from('***') : null;
}
