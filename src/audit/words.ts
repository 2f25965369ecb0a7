import { searchable } from './facets.ts';
import { BadSearch } from './failures.ts';

/** Shorter beginnings would be those of half of all words. */
const SHORTEST_PREFIX = 3;
/** What the index has words of: see `tokenize` in schema.ts. */
const WORD = /[\p{L}\p{N}\p{Co}]/u;

/**
 * What somebody types as an expression of FTS5, in which nothing they type means anything else: each word must be there, whatever its order and case;
 * what has other signs inside (`public.orders`, `dana@example.com`, `"drop table"`) with its parts side by side; `custom*` as a beginning.
 */
export function wordsExpression(typed: string): string {
  const pieces = [...searchable(typed).matchAll(/"([^"]+)"(\*?)|\S+/g)].map(([all, quoted, star]) => ({
    phrase: quoted ?? all.replace(/\*$/, ''), prefix: quoted === undefined ? all.endsWith('*') : star === '*',
  })).filter(({ phrase }) => WORD.test(phrase));
  if (pieces.length === 0) throw new BadSearch('text', 'there is no letter and no digit in what is searched for', 'Give at least one word; signs alone are in no index.');
  const short = pieces.find(({ phrase, prefix }) => prefix && (/[\p{L}\p{N}\p{Co}]*$/u.exec(phrase)?.[0] ?? '').length < SHORTEST_PREFIX);
  if (short !== undefined) throw new BadSearch('text', `a beginning has at least ${SHORTEST_PREFIX} letters before its *`, 'Give more of the word, or the whole of it without a *.');
  return pieces.map(({ phrase, prefix }) => `"${phrase.replaceAll('"', ' ')}"${prefix ? ' *' : ''}`).join(' AND ');
}
