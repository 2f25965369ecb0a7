/** Whether what is looked for stands in COPY's data as it does in the values. */

/** Also where Unicode escapes (`U&"…"`) could spell one of them. */
const OPTIONS = /\b(?:delimiters?|quote|escape)\b|\bu&"/gi;
/** A character that no hit has in it, nor one that ends a word: `E'\t'` among the ways to write it. */
const HARMLESS = /^(?:delimiters?\s+(?:as\s+)?(?:'[,;|:~^\t]'|e'\\t')|(?:quote|escape)\s+(?:as\s+)?(?:'"'|''''|e'\\''))(?!')/i;

/**
 * By default each value stands in the data as it is, but for backslashes before what is no part of a hit, or quotes around it. Other delimiters, quotes and
 * escapes may stand within hits: `a@@b.com` with the quote `@`. Only what is harmless for sure is: a column called `quote` isn't.
 */
export function searchable(text: string): boolean {
  return [...text.matchAll(OPTIONS)].every(({ index }) => HARMLESS.test(text.slice(index, index + 40)));
}
