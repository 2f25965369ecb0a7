/** Texts of forms as people may see them: the keys of hash masks stand in them, with which every guess at a value could be tried. */

import type { Sight } from './sight.ts';

/** The form's text with `<key>` in the place of each key of the sight's masks. */
export function withoutKeys(text: string, sight: Sight): string {
  let shown = text;
  for (const key of keysOf(sight)) shown = shown.replaceAll(key, '<key>');
  return shown;
}

const KNOWN = new WeakMap<Sight, readonly RegExp[]>();

function keysOf(sight: Sight): readonly RegExp[] {
  const known = KNOWN.get(sight);
  if (known !== undefined) return known;
  const keys = new Set(sight.data.relations.flatMap(({ columns }) => columns.flatMap(({ wire }) => (wire?.look === 'hash' ? wire.keys : []))));
  const patterns = [...keys].map((key) => new RegExp(Buffer.from(key, 'base64').toString('hex'), 'gi'));
  KNOWN.set(sight, patterns);
  return patterns;
}
