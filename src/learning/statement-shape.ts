/** Statements that differ only in their values look alike to people. For grouping what is shown, never for judging: whoever deceives it changes a heading. */

type Protocol = 'postgres' | 'mysql';

const LONGEST_TEXT = 8192;
const LONGEST_SHAPE = 500;

const COMMENT = String.raw`\/\*(?!!)[\s\S]*?(?:\*\/|$)|--[^\n]*`;
const WORD = String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`;
const NUMBER = String.raw`\$\d+|(?<!\w)\d[\w.]*`;

const TOKENS: Readonly<Record<Protocol, RegExp>> = {
  postgres: tokens(String.raw`\$(\w*)\$[\s\S]*?\$\1\$|[eE]'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*'|"(?:[^"]|"")*"`),
  mysql: tokens(String.raw`'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*"|${'`[^`]*`'}`),
};

function tokens(quoted: string): RegExp {
  return new RegExp(`${COMMENT}|${quoted}|${NUMBER}|${WORD}`, 'g');
}

/** A word, and no string with a letter before it. */
const IS_WORD = /^[A-Za-z_\u0080-\uffff][^']*$/;

function told(token: string, protocol: Protocol): string {
  switch (token[0]) {
    case '/': case '-': return ' ';
    case '`': return token;
    case '"': return protocol === 'mysql' ? '?' : token;
    case undefined: default: return IS_WORD.test(token) ? token.toLowerCase() : '?';
  }
}

/** `update orders set status = ? where id in (?, …)` */
export function statementShape(text: string, protocol: Protocol): string {
  const shape = text.slice(0, LONGEST_TEXT)
    .replaceAll(TOKENS[protocol], (token) => told(token, protocol))
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\?(?: ?, ?\?)+/g, '?, …')
    .replaceAll(/(\(\?(?:, …)?\))(?: ?, ?\(\?(?:, …)?\))+/g, '$1, …')
    .trim();
  return shape.length > LONGEST_SHAPE ? `${shape.slice(0, LONGEST_SHAPE)}…` : shape;
}
