/** From a relation's name in a statement to the relations it may mean, and what touching them does. */

import type { RangeVar } from 'libpg-query';
import type { RelationData } from '../catalog.ts';
import type { Effect } from '../facts.ts';
import type { Touch } from './findings.ts';
import { sourceOf } from './scope.ts';
import type { Entry, Source } from './scope.ts';
import { strings } from './tree.ts';
import type { Walk } from './walk.ts';

/** Catalogs that show secrets: password verifiers, connection strings, server files, other people's data. */
const SECRET_CATALOGS: ReadonlySet<string> = new Set([
  'pg_authid', 'pg_shadow', 'pg_file_settings', 'pg_hba_file_rules', 'pg_ident_file_mappings', 'pg_largeobject', 'pg_user_mapping', 'pg_user_mappings',
  'pg_subscription', 'pg_statistic', 'pg_statistic_ext_data', 'pg_replication_origin', 'user_mapping_options', '_pg_user_mappings',
]);

export const relationName = (relation: RelationData): string => `${relation.schema}.${relation.name}`;

const nameOf = (range: RangeVar): string => (range.schemaname === undefined ? (range.relname ?? '') : `${range.schemaname}.${range.relname ?? ''}`);

/** In a schema of theirs (temporary tables have one each), which may be on the search path. */
const isToast = (schema: string | undefined, name: string): boolean => (schema === undefined ? /^pg_toast_\d+$/.test(name) : schema.startsWith('pg_toast'));

/** Judges a relation named in a statement; the sources are what column names at this place may refer to. */
export function touchRelation(walk: Walk, range: RangeVar, effect: Effect, write: boolean): readonly Source[] {
  walk.claim();
  const relations = walk.catalog.relations(range.schemaname, range.relname ?? '');
  if (isToast(range.schemaname, range.relname ?? '')) walk.found.effect('admin', nameOf(range), 'TOAST tables hold the values of other tables');
  if (relations.length > 0) return touchOnce(walk, range, relations, effect, write);
  walk.found.unresolved = true;
  return [sourceOf(mark(walk, nameOf(range), false, effect, write), undefined)];
}

function touchOnce(walk: Walk, range: RangeVar, relations: readonly RelationData[], effect: Effect, write: boolean): readonly Source[] {
  const key = JSON.stringify([range.schemaname, range.relname, effect, write, range.inh]);
  const known = walk.found.sources.get(key);
  if (known !== undefined) return known;
  const sources = relations.flatMap((relation) => touchKnown(walk, relation, effect, write, range.inh === true));
  walk.found.sources.set(key, sources);
  return sources;
}

function touchKnown(walk: Walk, relation: RelationData, effect: Effect, write: boolean, inherit: boolean): Source[] {
  walk.spend(10);
  const name = relationName(relation);
  const sources = [sourceOf(mark(walk, name, true, effect, write), relation)];
  if (write) judgeWritten(walk, relation);
  if (relation.system && SECRET_CATALOGS.has(relation.name)) walk.found.effect('admin', name, `${name} shows secrets`);
  if (relation.cast !== undefined) walk.found.effect('routine', `function ${relation.cast}`, `a cast of what is in ${name} calls ${relation.cast}`);
  if (relation.kind === 'v' && !relation.system) throughView(walk, relation, effect, write);
  if (relation.kind === 'f') walk.found.effect('server_io', name, `${name} is a foreign table: its rows are on another server`);
  if (inherit) for (const child of childrenOf(walk, relation)) sources.push(...touchKnown(walk, child, effect, write, true));
  return sources;
}

function mark(walk: Walk, name: string, known: boolean, effect: Effect, write: boolean): Touch {
  walk.found.effect(effect, name);
  const touch = walk.found.touch(name, known);
  if (write) touch.written = true;
  else touch.read = true;
  return touch;
}

function judgeWritten(walk: Walk, relation: RelationData): void {
  const name = relationName(relation);
  if (relation.hazard !== undefined) walk.found.effect('routine', name, `${name}: ${relation.hazard}`);
  if (!relation.system) return;
  walk.found.effect('admin', name, `${name} belongs to the server itself`);
  if (relation.name === 'pg_settings') walk.found.refuse('It changes settings through pg_settings, by itself or through a view, where their names cannot be told; use SET.');
}

/** A view does what its definition does; writing it writes what it selects from, with the rules of that. */
function throughView(walk: Walk, view: RelationData, effect: Effect, write: boolean): void {
  const inside = walk.around.view(view);
  if (inside === undefined) return;
  walk.found.absorb(inside);
  if (!write) return;
  for (const touch of inside.touches.values()) {
    mark(walk, touch.name, touch.known, effect, true).columns.add('*');
    for (const relation of walk.catalog.relationsCalled(touch.name)) judgeWritten(walk, relation);
  }
}

function childrenOf(walk: Walk, relation: RelationData): RelationData[] {
  return relation.children.flatMap((child) => walk.catalog.relationsCalled(child));
}

/** An entry of FROM, or a target, for a relation. */
export function entryOf(range: RangeVar, sources: readonly Source[]): Entry {
  return { alias: range.alias?.aliasname ?? range.relname ?? '', sources, renamed: strings(range.alias?.colnames), outputs: undefined };
}

/** Judges a relation that is created, altered or dropped: named in the effects as `table public.orders`. */
export function defineRelation(walk: Walk, range: RangeVar | undefined, word: string, effect: Effect): string {
  if (range === undefined) return '';
  walk.claim();
  return defineNamed(walk, range.schemaname, range.relname ?? '', word, effect);
}

/** What the grammar names like a relation although the catalog keeps it elsewhere. */
const NOT_RELATIONS: ReadonlySet<string> = new Set(['index', 'type', 'attribute']);

/** The same for a relation that the tree gives as a list of names. Creating needs nothing that exists. */
export function defineNamed(walk: Walk, schema: string | undefined, name: string, word: string, effect: Effect): string {
  const relations = walk.catalog.relations(schema, name);
  const written = schema === undefined ? name : `${schema}.${name}`;
  const names = effect === 'create' || relations.length === 0 ? [written] : relations.map(relationName);
  if (effect !== 'create' && relations.length === 0 && !NOT_RELATIONS.has(word)) walk.found.unresolved = true;
  for (const each of names) {
    walk.found.effect(effect, `${word} ${each}`);
    if (NOT_RELATIONS.has(word)) continue;
    const touch = walk.found.touch(each, relations.length > 0);
    touch.written = true;
    touch.columns.add('*');
  }
  for (const relation of relations) if (relation.system && effect !== 'create') walk.found.effect('admin', relationName(relation), 'it belongs to the server itself');
  if (schema === 'pg_catalog' && effect === 'create') walk.found.effect('admin', written, 'it would belong to the server itself');
  return written;
}
