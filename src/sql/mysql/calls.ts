/** Function calls: an identifier before a parenthesis, wherever the language has no other meaning for that. */

import { nameAt, nameOf } from './cursor.ts';
import { HARMLESS } from './harmless.ts';
import { RESERVED } from './keywords.ts';
import { SENSITIVE } from './sensitive.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Token } from './tokens.ts';
import type { Walk } from './walk.ts';
import { NO_CALL, SIZED_TYPES } from './words.ts';

/** @param used indexes of tokens that are names of tables and so on */
export function judgeCalls(walk: Walk, from: number, to: number, used: ReadonlySet<number> = new Set()): void {
  const { tokens } = walk;
  for (let at = from; at < to; at++) {
    if (isSymbol(tokens[at + 1], '(') && isIdentifier(tokens[at]) && !used.has(at)) judgeCall(walk, at);
    else if (isWord(tokens[at], 'VALUE') && isWord(tokens[at + 1], 'FOR')) sequence(walk, at);
  }
}

function judgeCall(walk: Walk, at: number): void {
  const token = walk.tokens[at] as Token;
  const before = walk.tokens[at - 1];
  const name = nameOf(token).toLowerCase();
  if (isSymbol(before, '.')) return stored(walk, qualified(walk.tokens, at, name));
  if (isSymbol(before, '@@') || isWord(before, 'AS')) return;
  // Stored functions are looked for in the default database only. Not all words that can't be functions are reserved by both servers.
  if (walk.around.names.hasFunction(walk.reading.database, name)) return stored(walk, name);
  if (token.kind === 'word' && (NO_CALL.has(token.text) || SIZED_TYPES.has(token.text))) {
    // What both servers reserve can't be called.
    if (RESERVED.has(token.text)) walk.calls.add(name);
    return;
  }
  walk.calls.add(name);
  const known = SENSITIVE.get(name);
  if (known !== undefined) for (const effect of known.effects) walk.found.effect(effect, sensitiveObject(walk, name, at), `${name} ${known.because}`);
  else if (!HARMLESS[walk.around.dialect.flavour].has(name)) stored(walk, name);
}

function sensitiveObject(walk: Walk, name: string, at: number): string | undefined {
  if (name !== 'nextval' && name !== 'setval') return undefined;
  const sequence = nameAt(walk.tokens, at + 2);
  if (sequence === undefined) return undefined;
  return walk.touch(sequence.schema, sequence.name, name === 'nextval' ? 'update' : 'alter', true).touch.name;
}

function qualified(tokens: readonly Token[], at: number, name: string): string {
  const schema = tokens[at - 2];
  return isIdentifier(schema) ? `${nameOf(schema)}.${name}` : name;
}

function stored(walk: Walk, name: string): void {
  walk.calls.add(name.toLowerCase());
  walk.found.effect('routine', `function ${name}`, `${name} is not a vetted built-in`);
  const [schema, bare] = name.includes('.') ? [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)] : [walk.reading.database, name];
  if (!walk.around.names.hasFunction(schema, bare)) walk.found.unresolved = true;
}

/** NEXT VALUE FOR s; PREVIOUS VALUE FOR s only reads. MariaDB. */
function sequence(walk: Walk, at: number): void {
  if (!isWord(walk.tokens[at - 1], 'NEXT')) return;
  const name = nameAt(walk.tokens, at + 2);
  if (name !== undefined) walk.touch(name.schema, name.name, 'update', true);
}
