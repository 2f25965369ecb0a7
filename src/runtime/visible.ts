/**
 * Makes text safe to show to somebody who decides by it: what can't be seen, or makes other text look different
 * from what it is, appears as its code point, `⟦U+202E⟧`. The opening bracket itself is shown that way too, so
 * that nothing can pretend to have been shown.
 *
 * Shown so: control characters (terminal escapes, carriage return), format characters (bidirectional overrides,
 * zero-width, tags), unassigned and private ones, lone surrogates, variation selectors and fillers
 * (Default_Ignorable_Code_Point), line and paragraph separators, and every space but the ordinary one.
 */
export function visible(text: string): string {
  return PLAIN.test(text) ? text : text.replace(HIDDEN, shown);
}

/** As `visible`, on one line: line feed and tab are shown as well. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\n\t]/g, shown);
}

/** JSON whose strings are the same to a parser and as visible to a reader: hidden characters are `\u` escapes. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(HIDDEN, escaped);
}

/** `$1 = "text"`, `$2 = NULL`. JSON, so that no value can look like another line. */
export function parameterLines(parameters: readonly (string | null)[]): string {
  return parameters.map((value, index) => `$${index + 1} = ${value === null ? 'NULL' : visibleJson(value)}`).join('\n');
}

const PLAIN = /^[\n\t -~]*$/;
const HIDDEN = /(?![\n\t ])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\u27e6]/gu;

function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `⟦U+${code.toString(16).toUpperCase().padStart(4, '0')}⟧`;
}

function escaped(character: string): string {
  return [...Array(character.length).keys()].map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
}
