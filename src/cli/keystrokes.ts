/** What a terminal sends when keys are pressed (ECMA-48 and xterm), as names; printable characters stand for themselves. */

const NAMED: Readonly<Record<string, string>> = {
  '\r': 'enter', '\n': 'enter', '\u007f': 'backspace', '\b': 'backspace', '\u0003': 'quit', '\u0004': 'quit',
  '\u001b[A': 'up', '\u001b[B': 'down', '\u001bOA': 'up', '\u001bOB': 'down', '\u001b[5~': 'page up', '\u001b[6~': 'page down', '\u001b': 'escape',
};
const ESCAPE = '\u001b';
const KEY = new RegExp(`${ESCAPE}\\[[0-9;]*[A-Za-z~]|${ESCAPE}O[A-Za-z]|.`, 'gsu');

/** Several keys may come at once, as when text is pasted. Keys that mean nothing here are left out. */
export function keystrokes(chunk: string): readonly string[] {
  return [...chunk.matchAll(KEY)].flatMap(([key]) => NAMED[key] ?? (/^[^\p{C}\p{Z}]$|^ $/u.test(key) ? [key] : []));
}
