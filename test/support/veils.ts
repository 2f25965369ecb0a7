/** Veils made by hand. */

import { type MaskedColumn, Sight } from '../../src/masking/sight.ts';
import type { Veil } from '../../src/masking/veil.ts';

/** By `schema.relation`, the names of its masked columns, and their types. */
export function sightOf(relations: Readonly<Record<string, Readonly<Record<string, string>>>>, more: Partial<MaskedColumn> = {}): Sight {
  return new Sight({
    key: JSON.stringify(relations),
    relations: Object.entries(relations).map(([path, columns]) => {
      const [schema = '', name = ''] = path.split('.');
      return {
        schema, name, oid: 0,
        columns: Object.entries(columns).map(([column, type], index) => ({ name: column, number: index + 1, type, mask: 'redact', sql: ['\'***\''], hideNulls: false, filtered: 'hold', derived: 'mask', copied: 'hold', ...starsOn(type), ...more })),
      };
    }),
  });
}

/** At the wire, types of characters show `***`, others NULL. */
export const starsOn = (type: string): Pick<MaskedColumn, 'wire'> => (/char|text|name/.test(type) ? { wire: { look: 'never', text: '***', binary: Buffer.from('***').toString('base64') } } : {});

export const veilOf = (sight: Sight, { form, touches = true, understood = false }: { readonly form?: string; readonly touches?: boolean; readonly understood?: boolean } = {}): Veil =>
  ({ sight, form: form === undefined ? undefined : { text: form, edits: [] }, touches, understood });
