/** Which columns of which statements are searched, and for what. */

import { expect, it } from 'vitest';
import { Detections, linesFor } from '../../../src/masking/detectors/detection.ts';
import type { SearchedColumns } from '../../../src/masking/detectors/searched.ts';
import type { CatalogData, RelationData } from '../../../src/sql/catalog.ts';
import type { EffectUse, Facts } from '../../../src/sql/facts.ts';

const relation = (name: string, oid: number, ...columns: string[]): RelationData =>
  ({ schema: 'public', name, oid, columns: columns.map((column, index) => ({ name: column, number: index + 1, type: 'text' })) }) as unknown as RelationData;
const notes = relation('notes', 1, 'id', 'body');
const catalog = { relations: [notes, relation('others', 2, 'body')] } as unknown as CatalogData;
const line = (more: Partial<SearchedColumns>): SearchedColumns => ({ find: ['email'], mask: 'redact', unmask: [], ...more });
const showing = (): ReadonlyMap<RelationData, ReadonlySet<string>> => new Map([[notes, new Set(['body'])]]);
const facts = (tables: readonly string[], effects: readonly EffectUse['effect'][] = ['read'], known = true): Facts => ({
  statements: [], effects: effects.map((effect) => ({ effect, objects: [] })), tables: tables.map((name) => ({ name, read: true, written: false, columns: ['*'], known })), unbounded: false, unresolved: false, integersFree: true,
});

const named = new Detections([line({ columns: ['notes.body'] })], catalog, showing);

it('a line that names columns counts for statements that read their table', () => {
  const detection = named.of(facts(['public.notes', 'public.others']));
  expect(detection?.untold.names).toEqual(['email']);
  expect([detection?.column(1, 2)?.names, detection?.column(1, 1), detection?.column(2, 1)]).toEqual([['email'], undefined, undefined]);
  expect(named.of(facts(['public.others']))).toBeUndefined();
});

it('and for those that run what isn\'t seen, or read what isn\'t known', () => {
  for (const unseen of [facts([], ['routine']), facts([], ['dynamic']), facts(['public.made'], ['read'], false), { ...facts([]), doubt: 'What?' }]) expect(named.of(unseen)?.untold.names).toEqual(['email']);
  expect(named.of(facts(['public.made'], ['read'], false))?.column(99, 1)?.names).toEqual(['email']);
});

it('one that names none counts for all', () => {
  const all = new Detections([line({ find: ['key'] }), line({ find: ['email', 'card'], columns: ['notes.body'] })], catalog, showing);
  expect(all.of(facts([]))?.untold.names).toEqual(['key']);
  const detection = all.of(facts(['public.notes']));
  expect([detection?.untold.names, detection?.column(1, 2)?.names, detection?.column(1, 1)?.names, detection?.column(2, 1)?.names]).toEqual([['email', 'card', 'key'], ['email', 'card', 'key'], ['key'], ['key']]);
});

it('the same is the same object', () => {
  expect(named.of(facts(['public.notes']))).toBe(named.of(facts(['public.notes', 'public.others'])));
});

it('lines count by group and database', () => {
  const lines = [line({ unmask: ['dba'] }), line({ databases: ['shop*'] }), line({ databases: ['crm'] })];
  expect(linesFor(lines, ['analytics'], 'shop_eu')).toEqual(lines.slice(0, 2));
  expect(linesFor(lines, ['dba'], 'CRM')).toEqual([lines[2]]);
});
