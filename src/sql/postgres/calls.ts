/** Which code a statement runs: functions, operators and types, by every meaning their names could have. */

import type { Node, TypeName } from 'libpg-query';
import { vetsFunction, vetsOperator } from './extensions.ts';
import { HARMLESS } from './harmless.ts';
import { relationName } from './relations.ts';
import { sensitive } from './sensitive.ts';
import { judgeSetting } from './settings.ts';
import { constant, qualified, strings } from './tree.ts';
import type { Walk } from './walk.ts';

const shown = (schema: string | undefined, name: string): string => (schema === undefined ? name : `${schema}.${name}`);

/** A call written as one, or one that the grammar writes for the user (EXTRACT becomes pg_catalog.extract). */
export function judgeCall(walk: Walk, parts: readonly string[], args: readonly Node[]): void {
  const { schema, name } = qualified(parts);
  const candidates = judgeUserFunctions(walk, schema, name);
  // The grammar names the schema since PostgreSQL 16.
  if (name === 'json_object') judgeOldCall(walk, name);
  // With one argument a type's name is a cast: text(x).
  if (args.length === 1) judgeTypeNamed(walk, schema, name);
  if (schema === 'information_schema' && name.startsWith('_pg_')) return;
  if (schema === undefined || schema === 'pg_catalog') judgeBuiltin(walk, name, args, candidates);
  else if (candidates === 0) judgeNowhere(walk, shown(schema, name));
}

/** How many functions of users and extensions the name could mean; those that aren't vetted are `routine`. */
function judgeUserFunctions(walk: Walk, schema: string | undefined, name: string): number {
  const candidates = walk.catalog.functions(schema, name);
  for (const candidate of candidates) {
    if (vetsFunction(candidate)) continue;
    const full = `${candidate.schema}.${name}`;
    walk.found.effect('routine', `function ${full}`, `${full} is not a vetted built-in`);
  }
  return candidates.length;
}

function judgeBuiltin(walk: Walk, name: string, args: readonly Node[], candidates: number): void {
  if (HARMLESS.has(name)) return;
  if (name === 'set_config') judgeSetConfig(walk, args);
  else if (sensitive(name) !== undefined) judgeSensitive(walk, name, args);
  else if (walk.catalog.isBuiltin(name)) walk.found.effect('routine', `function pg_catalog.${name}`, `${name} is not a vetted built-in`);
  else if (candidates === 0) judgeNowhere(walk, name);
}

function judgeNowhere(walk: Walk, name: string): void {
  walk.found.unresolved = true;
  walk.found.effect('routine', `function ${name}`, `no function ${name} is known`);
}

function judgeSensitive(walk: Walk, name: string, args: readonly Node[]): void {
  const { effects, because } = sensitive(name) ?? { effects: [], because: '' };
  const object = objectOf(name, args[0]);
  for (const effect of effects) walk.found.effect(effect, object, `${name} ${because}`);
  if (name === 'nextval' || name === 'setval') markSequence(walk, constant(args[0]));
}

/** A sequence is named by text; its name's parts are folded as identifiers are. */
function markSequence(walk: Walk, text: string | undefined): void {
  walk.found.readInteger = true;
  const parts = (text ?? '').split('.').map((part) => (part.startsWith('"') ? part.slice(1, -1) : part.toLowerCase()));
  const { schema, name } = qualified(parts);
  for (const relation of walk.catalog.relations(schema, name)) walk.found.touch(relationName(relation), true).written = true;
}

/** Files, channels, sequences and queries are worth showing; numbers (large object ids, lock keys, pids) aren't objects of a statement's shape. */
function objectOf(name: string, first: Node | undefined): string {
  const text = first !== undefined && isText(first) ? constant(first) : undefined;
  if (text === undefined) return `function pg_catalog.${name}`;
  if (name === 'nextval' || name === 'setval') return `sequence ${text}`;
  return text;
}

const isText = (node: Node): boolean => 'A_Const' in node ? node.A_Const.sval !== undefined : 'TypeCast' in node && node.TypeCast.arg !== undefined && isText(node.TypeCast.arg);

function judgeSetConfig(walk: Walk, args: readonly Node[]): void {
  walk.found.readInteger = true;
  const name = constant(args[0]);
  const local = constant(args[2]);
  if (args[0] !== undefined && 'NamedArgExpr' in args[0]) return dynamicSetting(walk);
  if (name === undefined) return dynamicSetting(walk);
  judgeSetting(walk, name, { value: constant(args[1]), constant: constant(args[1]) !== undefined, scope: local === 'true' || local === 't' ? 'transaction' : 'session' });
}

function dynamicSetting(walk: Walk): void {
  walk.found.effect('session', '*');
  walk.found.effect('dynamic', 'function pg_catalog.set_config', 'set_config changes a setting whose name is computed');
  walk.found.settings.push({ name: '*', scope: 'session' });
}

/** `x.name` may call function `name` with x when x has no such column. A name that no function has is the server's to refuse. */
export function judgeNotation(walk: Walk, name: string): void {
  if (walk.catalog.functions(undefined, name).length > 0 || walk.catalog.isBuiltin(name) || sensitive(name) !== undefined) judgeCall(walk, [name], []);
}

/** What is syntax since PostgreSQL 16 or 17, as the tree here has it, is an ordinary call for an older server. */
export function judgeOldCall(walk: Walk, name: string): void {
  if (walk.catalog.data.serverVersion >= 170_000) return;
  judgeUserFunctions(walk, undefined, name);
  judgeTypeNamed(walk, undefined, name);
}

/** An operator by its possibly qualified name. Every built-in operator computes only. */
export function judgeOperator(walk: Walk, parts: readonly string[]): void {
  const { schema, name } = qualified(parts);
  for (const operator of walk.catalog.operators(schema, name)) {
    if (vetsOperator(operator) || builtinFunction(operator.function)) continue;
    const full = `${operator.schema}.${name}`;
    walk.found.effect('routine', `operator ${full}`, `operator ${full} calls ${operator.function}, which is not a vetted built-in`);
  }
}

const builtinFunction = (qualifiedName: string): boolean => qualifiedName.startsWith('pg_catalog.') && HARMLESS.has(qualifiedName.slice('pg_catalog.'.length));

/** A type named in the statement: making a value of it may run a domain's check, a cast's function or an unknown input function. */
export function judgeType(walk: Walk, type: TypeName): void {
  const { schema, name } = qualified(strings(type.names));
  // Since PostgreSQL 17 JSON is a word of the grammar; before, whatever type of that name is found first.
  judgeTypeNamed(walk, schema === 'pg_catalog' && name === 'json' && walk.catalog.data.serverVersion < 170_000 ? undefined : schema, name);
  // An array type is its element's name after underscores.
  if (type.arrayBounds !== undefined) judgeTypeNamed(walk, schema, `_${name}`);
  if (name.startsWith('_')) judgeTypeNamed(walk, schema, name.replace(/^_+/, ''));
}

function judgeTypeNamed(walk: Walk, schema: string | undefined, name: string): void {
  for (const candidate of walk.catalog.types(schema, name)) {
    const full = `${candidate.schema}.${candidate.name}`;
    if (candidate.hazard !== undefined) walk.found.effect('routine', `type ${full}`, `${full}: ${candidate.hazard}`);
    else if (candidate.cast !== undefined) walk.found.effect('routine', `type ${full}`, `a cast of type ${full} calls ${candidate.cast}`);
    else if (candidate.kind === 'b' && !vetsOperator(candidate)) walk.found.effect('routine', `type ${full}`, `type ${full} has an input function that isn't vetted`);
  }
}
