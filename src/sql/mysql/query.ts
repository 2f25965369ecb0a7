/** SELECT in all its forms, and the queries within every other statement. */

import { markColumns, MOST_WORK } from './columns.ts';
import type { Sight } from './columns.ts';
import { judgeCalls } from './calls.ts';
import { findReferences } from './references.ts';
import type { Reference, References } from './references.ts';
import { nameOf } from './cursor.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Walk } from './walk.ts';

/** A table named in a query, and what it stands for. */
export interface Source extends Sight {
  readonly reference: Reference;
}

export interface Queries {
  readonly references: References;
  readonly sources: readonly Source[];
}

export interface QueryOptions {
  /** Where a list of tables begins without FROM. */
  readonly tablesAt?: number;
  /** Relations in sight beside those that the queries name: the target of an INSERT. */
  readonly also?: readonly Sight[];
  /** Names of tables that are targets and stand for others: not read. */
  readonly skip?: (reference: Reference) => boolean;
}

/** SELECT, VALUES, TABLE, WITH … SELECT: reads, whatever else it does. */
export function judgeSelect(walk: Walk, from: number): void {
  walk.found.effect('read');
  judgeQueries(walk, from);
}

/** Everything from a token on: tables, columns, calls, and the clauses that do more than read. */
export function judgeQueries(walk: Walk, from: number, { tablesAt, also = [], skip }: QueryOptions = {}): Queries {
  const references = findReferences(walk.tokens, from, tablesAt);
  const sources = references.tables.flatMap((reference) => (skip?.(reference) === true ? [] : read(walk, reference, references)));
  markColumns(walk.tokens, from, references, [...sources, ...also], walk.around.names);
  judgeCalls(walk, from, walk.tokens.length, references.used);
  judgeStrays(walk, from, references, [...sources, ...also]);
  judgeClauses(walk, from, sources);
  return { references, sources };
}

/** A WITH query hides a table of its name only where it can be seen: such a table counts as read too. */
function read(walk: Walk, reference: Reference, { ctes }: References): Source[] {
  const own = reference.schema === undefined && ctes.has(reference.name.toLowerCase());
  if (own && walk.resolve(undefined, reference.name).relation === undefined) return [];
  const { touch, relation } = walk.touch(reference.schema, reference.name, 'read', false);
  if (reference.whole) touch.columns.add('*');
  return [{ reference, touch, relation, called: (reference.alias ?? reference.name).toLowerCase(), group: reference.group }];
}

/**
 * The net beneath: an identifier that names a relation, is behind a comma, parenthesis or the like as tables are, and is no column of
 * what is in sight counts as a table that was read, however it came to be overlooked.
 */
function judgeStrays(walk: Walk, from: number, references: References, sights: readonly Sight[]): void {
  const { names } = walk.around;
  const given = givenNames(walk, from);
  for (let at = from; at < walk.tokens.length; at++) {
    const token = walk.tokens[at];
    if (!isIdentifier(token) || references.used.has(at)) continue;
    const name = nameOf(token);
    const lower = name.toLowerCase();
    if (!names.isCalled(lower) || isSymbol(walk.tokens[at - 1], '.') || isSymbol(walk.tokens[at + 1], '.') || isSymbol(walk.tokens[at + 1], '(')) continue;
    if (isWord(walk.tokens[at - 1], 'AS') || references.aliases.has(lower) || references.ctes.has(lower) || given.has(lower) || walk.resolve(undefined, name).relation === undefined) continue;
    if (walk.tokens.length * sights.length < MOST_WORK && sights.some(({ relation, called }) => called === lower || (relation !== undefined && names.columns(relation).has(lower)))) continue;
    walk.touch(undefined, name, 'read', false).touch.columns.add('*');
  }
}

/** What AS gives a name to, in lower case. */
function givenNames({ tokens }: Walk, from: number): ReadonlySet<string> {
  const names = new Set<string>();
  for (let at = from + 1; at < tokens.length; at++) {
    const token = tokens[at];
    if (isIdentifier(token) && isWord(tokens[at - 1], 'AS')) names.add(nameOf(token).toLowerCase());
  }
  return names;
}

function judgeClauses(walk: Walk, from: number, sources: readonly Source[]): void {
  const { tokens, found } = walk;
  let locks = false;
  for (let at = from; at < tokens.length; at++) {
    const [token, next] = [tokens[at], tokens[at + 1]];
    if (isWord(token, 'INTO')) judgeInto(walk, at);
    else if ((isWord(token, 'FOR') && isWord(next, 'UPDATE', 'SHARE')) || (isWord(token, 'LOCK') && isWord(next, 'IN'))) {
      locks = true;
    } else if (token?.kind === 'variable' && isSymbol(next, ':=')) found.effect('session', `@${token.text}`);
  }
  if (!locks) return;
  found.effect('lock');
  for (const { touch } of sources) found.effect('lock', touch.name);
}

function judgeInto(walk: Walk, at: number): void {
  const [how, target] = [walk.tokens[at + 1], walk.tokens[at + 2]];
  if (how?.kind === 'variable') walk.found.effect('session', `@${how.text}`);
  if (!isWord(how, 'OUTFILE', 'DUMPFILE')) return;
  const path = target?.kind === 'string' ? target.text : undefined;
  walk.found.effect('export', path);
  walk.found.effect('server_io', path, 'rows are written to a file of the server');
}
