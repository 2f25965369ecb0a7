/** The opinion of @guanmingchiu/sqlparser-ts: sqlparser-rs as WebAssembly, 2.5 µs a character, with a limit of its own on nesting. */

import { init, parse } from '@guanmingchiu/sqlparser-ts';
import type { Parse } from './node-opinion.ts';
import { isTree, listOf, Sightings, stringOf } from './opinion.ts';
import type { Listed, Opinion, SeenName, Tree } from './opinion.ts';

export async function loadRust(): Promise<Parse> {
  await init();
  return (text) => opinionOf(parse(text, 'mysql'));
}

function opinionOf(parsed: unknown): Opinion {
  const seen = new Sightings();
  for (const statement of listOf(parsed)) {
    seen.kinds.push(kindOf(statement));
    look(statement, seen);
  }
  return seen;
}

const BODIES = ['Insert', 'Update', 'Delete'] as const;

/** WITH … UPDATE is a query whose body is the UPDATE. */
function kindOf(statement: unknown): string {
  if (!isTree(statement)) return '';
  const query = statement['Query'];
  const body = isTree(query) ? query['body'] : statement;
  if (!isTree(body)) return '';
  const which = BODIES.find((each) => each in body);
  if (which === undefined) return isTree(query) ? 'select' : (Object.keys(statement)[0] ?? '').toLowerCase();
  const insert = inner(body['Insert']);
  return insert?.['replace_into'] === true ? 'replace' : which.toLowerCase();
}

function look(value: unknown, seen: Sightings): void {
  if (Array.isArray(value)) for (const each of value) look(each, seen);
  if (!isTree(value)) return;
  for (const [key, part] of Object.entries(value)) {
    if (typeof part !== 'object' || part === null) continue;
    if (key === 'cte_tables') lookAtCtes(part, seen);
    const tree = isTree(part) ? part : undefined;
    if (key === 'Delete' && tree !== undefined && lookAtDelete(tree, seen)) continue;
    if (key === 'Table') lookAtTable(tree, seen);
    else if (key === 'Function') seen.calls.push(...namesIn(tree?.['name']));
    else if (key === 'TableName') lookAtTarget(part, seen);
    else if (key === 'Update') lookAtUpdate(tree, seen);
    look(part, seen);
  }
}

/** `{Insert: {Insert: …}}` in a query's body, `{Insert: …}` alone. */
const inner = (value: unknown): Tree | undefined => {
  if (!isTree(value)) return undefined;
  const [only] = Object.values(value);
  return Object.keys(value).length === 1 && isTree(only) ? only : value;
};

/** With arguments it is a function that makes a table. */
function lookAtTable(table: Tree | undefined, seen: Sightings): void {
  if (isTree(table?.['args'])) seen.calls.push(...namesIn(table['name']));
  else seen.table(...tableIn(table));
}

/** Where the rows of an INSERT go. */
function lookAtTarget(part: unknown, seen: Sightings): void {
  const names = namesIn(part);
  seen.table(...names.map((name) => ({ ...name, alias: undefined })));
  seen.written.push(...names);
}

function lookAtUpdate(update: Tree | undefined, seen: Sightings): void {
  const listed = listedIn(update?.['table']);
  for (const assignment of listOf(update?.['assignments'])) {
    const target = isTree(assignment) ? assignment['target'] : undefined;
    for (const { schema } of namesIn(isTree(target) ? target['ColumnName'] : undefined)) seen.assignment(schema, listed);
  }
}

/** True when it was looked at whole. */
function lookAtDelete(statement: Tree, seen: Sightings): boolean {
  if (!('from' in statement)) return false;
  const from = isTree(statement['from']) ? Object.values(statement['from'])[0] : undefined;
  const using = listOf(statement['using']);
  const before = listOf(statement['tables']).flatMap(namesIn);
  const listed = using.length > 0 ? listedIn(using) : listedIn(from);
  const targets = using.length > 0 ? listedIn(from) : before.length > 0 ? before : listed.slice(0, 1).map(({ schema, name, alias }) => ({ schema, name: alias ?? name }));
  for (const { name } of targets) seen.target(name, listed);
  look(using.length > 0 ? { ...statement, from: null } : statement, seen);
  return true;
}

/** The tables of `[{relation, joins: [{relation}]}]`. */
function listedIn(value: unknown): Listed[] {
  if (Array.isArray(value)) return value.flatMap(listedIn);
  if (!isTree(value)) return [];
  const table = isTree(value['relation']) ? value['relation']['Table'] : undefined;
  return [...tableIn(isTree(table) ? table : undefined), ...listedIn(value['joins'])];
}

const tableIn = (table: Tree | undefined): Listed[] => namesIn(table?.['name']).map((name) => ({ ...name, alias: identifier(isTree(table?.['alias']) ? table['alias']['name'] : undefined) }));

function lookAtCtes(part: unknown, seen: Sightings): void {
  for (const query of listOf(part)) {
    const alias = isTree(query) ? query['alias'] : undefined;
    const name = identifier(isTree(alias) ? alias['name'] : undefined);
    if (name !== undefined) seen.cte(name);
  }
}

/** Of `[{Identifier: {value}}, …]` the last, with what stands before it. */
function namesIn(value: unknown): SeenName[] {
  const parts = listOf(value).flatMap((part) => (isTree(part) ? (identifier(part['Identifier']) ?? []) : []));
  const name = parts.at(-1);
  return name === undefined ? [] : [{ schema: parts.at(-2), name }];
}

const identifier = (value: unknown): string | undefined => (isTree(value) ? stringOf(value['value']) : undefined);
