/** The write-back guard: agents that read a row and write all of it back must not replace values by masks. */

import { shapeOf } from './masks.ts';
import type { MaskedColumn } from './sight.ts';
import { unpadded } from './wire-mask.ts';

/**
 * Could the text be what the column's mask shows? Not so for hashes of uuids, which look like any other.
 * @param text a constant or parameter as text, without quotes
 */
export function isMaskOutput({ wire, type }: Pick<MaskedColumn, 'wire' | 'type'>, text: string): boolean {
  if (wire === undefined) return false;
  const value = unpadded(text);
  switch (wire.look) {
    case 'never': return wire.text !== undefined && isConstant(unpadded(wire.text), value, type);
    case 'hash': return !wire.uuid && value.length === Math.min(64, wire.length ?? 64) && /^[0-9a-f]+$/.test(value);
    case 'last4': return /^\*{4}(?:.{4})?$/su.test(value);
    case 'partial': return /^(?:.\*{3}.|\*{3})$/su.test(value);
    case 'email': return /^\*{3}(?:@[A-Za-z0-9.-]*)?$/.test(value);
  }
}

/** However drivers write a value of the type. */
function isConstant(constant: string, value: string, type: string): boolean {
  if (value === constant) return true;
  const families = [shapeOf('postgres', type).family, shapeOf('mysql', type).family];
  if (families.some((family) => family === 'integer' || family === 'decimal' || family === 'float')) return value.trim() !== '' && Number(value) === Number(constant);
  if (families.includes('boolean')) return ['t', 'true', 'y', 'yes', 'on', '1'].includes(value.toLowerCase()) ? constant === 't' : ['f', 'false', 'n', 'no', 'off', '0'].includes(value.toLowerCase()) && constant === 'f';
  if (families.some((family) => family === 'date' || family === 'timestamp')) return value.slice(0, 10) === constant.slice(0, 10) && /^(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/.test(value.slice(10));
  return false;
}
