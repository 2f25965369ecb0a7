/**
 * Statements that hold statements: routines, triggers, events, and MariaDB's BEGIN NOT ATOMIC and its like. Where a body ends only the
 * server's grammar tells: `CREATE PROCEDURE p() SELECT 1; DROP TABLE t` are two statements. So everything that follows counts
 * as body and as statement: it is shown as one, and does what any part of it would do.
 */

import { definedObject, holdsStatements, judgeDefinition } from './definitions.ts';
import { judgeStatement, UnknownStatement } from './kinds.ts';
import { judgeQueries } from './query.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Token } from './tokens.ts';
import { Walk } from './walk.ts';

/** @param tokens those up to the first semicolon */
export function hasBody(tokens: readonly Token[], walk: Walk): boolean {
  if (isWord(tokens[0], 'CREATE', 'ALTER')) {
    const cursor = walk.cursor(1);
    return holdsStatements(definedObject(cursor));
  }
  return walk.mariadb && isCompound(tokens);
}

/** BEGIN NOT ATOMIC, IF, LOOP and so on are statements of their own only in MariaDB. A label may stand before. */
function isCompound(tokens: readonly Token[]): boolean {
  if (isWord(tokens[0], 'BEGIN')) return isWord(tokens[1], 'NOT');
  if (isWord(tokens[0], 'IF', 'CASE', 'LOOP', 'REPEAT', 'WHILE', 'FOR', 'DECLARE')) return true;
  return isIdentifier(tokens[0]) && isSymbol(tokens[1], ':');
}

/** A statement may begin behind each of these. */
const OPENERS = ['THEN', 'ELSE', 'DO', 'BEGIN', 'LOOP', 'REPEAT', 'ATOMIC', 'ROW', 'HANDLER', 'FOR'] as const;

export function judgeBody(walk: Walk): void {
  const { tokens, found } = walk;
  if (isWord(tokens[0], 'CREATE', 'ALTER')) {
    const first = head(walk);
    judgeDefinition(first, 0);
    walk.kind = first.kind;
  } else {
    walk.kind = 'compound';
    found.effect('dynamic', undefined, 'which of its statements run is decided while it runs');
    judgeQueries(walk, 0);
  }
  for (const [from, to] of pieces(tokens)) judgePiece(walk, from, to);
  const readOtherwise = found.settings.find(({ name }) => name === 'sql_mode' || name === 'character_set_client' || name === 'database');
  if (readOtherwise !== undefined) found.refuse(`${readOtherwise.name} must be set by itself: it decides how statements are read.`);
  forgetNames(walk);
}

/** Up to the first semicolon, sharing what is found. */
function head(walk: Walk): Walk {
  const end = walk.tokens.findIndex((token) => isSymbol(token, ';'));
  const part = new Walk(end < 0 ? walk.tokens : walk.tokens.slice(0, end), walk.around, walk.reading);
  part.found = walk.found;
  return part;
}

/** Between semicolons, but for the first in a definition. */
function pieces(tokens: readonly Token[]): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  let start = 0;
  for (let at = 0; at <= tokens.length; at++) {
    if (at < tokens.length && !isSymbol(tokens[at], ';')) continue;
    found.push([start, at]);
    start = at + 1;
  }
  return isWord(tokens[0], 'CREATE', 'ALTER') ? found.slice(1) : found;
}

function judgePiece(walk: Walk, from: number, to: number): void {
  if (from >= to) return;
  const starts = [from];
  for (let at = from; at < to - 1; at++) if (isWord(walk.tokens[at], ...OPENERS) || isSymbol(walk.tokens[at], ':')) starts.push(at + 1);
  for (const start of starts.slice(0, MOST_STARTS)) judgeFrom(walk, walk.tokens.slice(start, to), start === from);
  if (starts.length > MOST_STARTS) walk.found.effect('unknown', undefined, 'it nests too many statements');
}

/** Each is judged to the end of its piece. */
const MOST_STARTS = 100;

/** What begins with no statement's word is a part of the flow (END IF, DECLARE, RETURN). */
function judgeFrom(walk: Walk, tokens: readonly Token[], whole: boolean): void {
  const part = new Walk(tokens, walk.around, walk.reading);
  try {
    judgeStatement(part, 0);
  } catch (error) {
    if (!(error instanceof UnknownStatement)) throw error;
    if (whole) judgeQueries(part, 0);
  }
  walk.found.absorb(part.found);
  if (part.found.names.some(({ use }) => use === 'execute')) walk.found.effect('dynamic', undefined, 'it runs what was prepared');
}

/** Names given in a body aren't given yet: what they stand for from now on isn't known. */
function forgetNames(walk: Walk): void {
  const { found } = walk;
  const names = new Set(found.names.flatMap((name) => (name.use === 'prepare' || name.use === 'deallocate' ? [name.name] : [])));
  found.names.length = 0;
  for (const name of names) found.names.push({ use: 'deallocate', name });
}
