/**
 * node-sql-parser's opinion (build/mysql.js and build/mariadb.js, only the one of the server's flavour).
 * Its time is exponential in CASTs within CASTs, and in subqueries within each other when it fails; so both are limited beforehand, and
 * what still takes too long is stopped. A parse that was stopped leaves nothing behind: all its state is its own.
 */

import { createContext, Script } from 'node:vm';
import type { Canonical } from './canonical.ts';
import { isTree, listOf, Sightings, stringOf } from './opinion.ts';
import type { Listed, Opinion, Tree } from './opinion.ts';

/** Characters: some 8 ms for lists and chains. */
const LONGEST = 1024;
/** Parentheses: a subquery that fails takes twice its time for each around it. */
const DEEPEST = 4;
const MOST_CASTS = 1;
/** Of the wall clock, since that is what others wait for; on a busy machine the other parser is heard instead. */
const DEADLINE_MS = 12;

export const nodeTakes = ({ text, depth, casts }: Canonical): boolean => text.length <= LONGEST && depth <= DEEPEST && casts <= MOST_CASTS;

/** The opinion on a text; throws when it can't be parsed. */
export type Parse = (text: string) => Opinion;

/** Run before it counts: the first parses take the compiler's time, too. */
const USUAL = ['SELECT a, count(*) FROM t JOIN u ON u.a = t.a WHERE t.b = 1 AND u.c IN (SELECT d FROM v) GROUP BY a ORDER BY 2 LIMIT 3', 'INSERT INTO t (a) VALUES (1), (\'b\')', 'UPDATE t SET a = 1 WHERE b = 2', 'DELETE FROM t WHERE a = 1'];
const REHEARSALS = 10;

/** @param deadlineMs after which a parse is stopped */
export async function loadNode(flavour: 'mysql' | 'mariadb', deadlineMs = DEADLINE_MS): Promise<Parse> {
  const { default: built } = flavour === 'mysql' ? await import('node-sql-parser/build/mysql.js') : await import('node-sql-parser/build/mariadb.js');
  const parser = new built.Parser();
  for (let count = 0; count < REHEARSALS; count++) for (const each of USUAL) parser.parse(each, { database: flavour });
  let text = '';
  const context = createContext({ run: (): unknown => parser.parse(text, { database: flavour }) });
  const script = new Script('run()');
  return (given) => {
    text = given;
    return opinionOf(script.runInContext(context, { timeout: deadlineMs }));
  };
}

function opinionOf(parsed: unknown): Opinion {
  if (!isTree(parsed)) throw new TypeError('no tree');
  const seen = new Sightings();
  for (const statement of Array.isArray(parsed['ast']) ? listOf(parsed['ast']) : [parsed['ast']]) if (isTree(statement)) lookAtStatement(statement, seen);
  return seen;
}

function lookAtStatement(statement: Tree, seen: Sightings): void {
  seen.kinds.push(stringOf(statement['type']) ?? '');
  const listed = listOf(statement['table']).flatMap(listedIn);
  switch (statement['type']) {
    case 'insert':
    case 'replace':
      seen.written.push(...listed);
      break;
    case 'update':
      for (const set of listOf(statement['set'])) if (isTree(set)) seen.assignment(stringOf(set['table']), listed);
      break;
    case 'delete': {
      // What stands before FROM are targets, by whatever they are called there.
      const from = listOf(statement['from']).flatMap(listedIn);
      for (const { name } of listed) seen.target(name, from);
      return look({ ...statement, table: null }, seen);
    }
    default:
  }
  look(statement, seen);
}

function listedIn(value: unknown): Listed[] {
  if (!isTree(value)) return [];
  const name = stringOf(value['table']);
  return name === undefined ? [] : [{ schema: stringOf(value['db']), name, alias: stringOf(value['as']) }];
}

function look(value: unknown, seen: Sightings): void {
  if (Array.isArray(value)) for (const each of value) look(each, seen);
  if (!isTree(value)) return;
  if (!('column' in value)) seen.table(...listedIn(value));
  for (const query of listOf(value['with'])) if (isTree(query)) seen.cte(nameIn(query['name']) ?? '');
  if (typeof value['type'] === 'string' && /func/.test(value['type'])) lookAtCall(value['name'], seen);
  if (/^(?:out|dump)file$/i.test(stringOf(value['keyword']) ?? '')) seen.file = true;
  for (const each of Object.values(value)) if (typeof each === 'object') look(each, seen);
}

/** `COUNT`, or `{name: [{value: 'f'}], schema: {value: 'd'}}`. */
function lookAtCall(called: unknown, seen: Sightings): void {
  if (typeof called === 'string') seen.calls.push({ schema: undefined, name: called });
  if (!isTree(called)) return;
  const parts = listOf(called['name']).flatMap((part) => nameIn(part) ?? []);
  const name = parts.at(-1);
  if (name !== undefined) seen.calls.push({ schema: nameIn(called['schema']) ?? parts.at(-2), name });
}

const nameIn = (value: unknown): string | undefined => stringOf(value) ?? (isTree(value) ? stringOf(value['value']) : undefined);
