/** What entries are searched by: facets, which a value either has or hasn't, and words. */

import { glob } from '../policy/pattern.ts';
import type { AuditEntry } from './entry.ts';

export const FACETS = ['kind', 'agent', 'owner', 'person', 'database', 'session', 'request', 'effect', 'table', 'column', 'verdict', 'rule'] as const;
export type Facet = (typeof FACETS)[number];

export interface FacetValue {
  readonly facet: Facet;
  readonly value: string;
}

/** In the place of columns that can't be told: all of the table. */
const ALL_COLUMNS = '*';
/** `DROP TABLE` names its object so, and no table as used. */
const NAMED_RELATION = /^(?:(?:table|view|materialized view) )?([^\s()]+\.[^\s()]+)$/;

/** Each once. */
export function facetsOf(entry: AuditEntry): readonly FacetValue[] {
  const { effects = [], tables = [], request } = entry;
  const named = effects.flatMap(({ objects }) => objects.flatMap((object) => NAMED_RELATION.exec(object)?.[1] ?? []));
  const found: readonly (readonly [Facet, string | undefined])[] = [
    ['kind', entry.kind], ['agent', entry.agent], ['owner', entry.owner], ['database', entry.database], ['session', entry.session], ['request', request?.id],
    ['verdict', entry.verdict], ['rule', entry.rule],
    ...[...entry.people ?? [], ...request?.decisions.map(({ person }) => person) ?? []].map((person) => ['person', person] as const),
    ...effects.map(({ effect }) => ['effect', effect] as const),
    ...[...tables.map(({ name }) => name), ...named].map((name) => ['table', name] as const),
    ...tables.flatMap(({ name, columns }) => columns.map((column) => ['column', `${name}.${column}`] as const)),
  ];
  const once = new Map(found.flatMap(([facet, value]) => (value === undefined ? [] : [[`${facet} ${value}`, { facet, value: searchable(value) }] as const])));
  return [...once.values()];
}

/** Which of the facet's values are meant by what somebody gives: by name, by its end (`orders` for `public.orders`), or with `*` for any letters. */
export function meant(facet: Facet, given: string, values: readonly string[]): string[] {
  if (given.includes('*') && !(facet === 'column' && given.endsWith(`.${ALL_COLUMNS}`))) {
    const matches = glob(given.toLowerCase());
    return values.filter((value) => matches(value.toLowerCase()));
  }
  if (facet === 'table') return values.filter((value) => endsIn(value, given));
  if (facet !== 'column') return values.filter((value) => value === given);
  const named = values.filter((value) => endsIn(value, given));
  // Whoever may have touched all columns of its table may have touched it.
  const whole = new Set([...named, given].flatMap((value) => (value.includes('.') ? [`${value.slice(0, value.lastIndexOf('.'))}.${ALL_COLUMNS}`] : [])));
  return values.filter((value) => endsIn(value, given) || (value.endsWith(`.${ALL_COLUMNS}`) && [...whole].some((all) => endsIn(value, all))));
}

function endsIn(value: string, given: string): boolean {
  const [whole, end] = [value.toLowerCase(), given.toLowerCase()];
  return whole === end || whole.endsWith(`.${end}`);
}

/** What is searched for words, apart: what an agent wrote, and all else. */
export function textsOf({ text = '', parameters = [], request, details, outcome }: AuditEntry): { readonly text: string; readonly more: string } {
  const reasons = [outcome?.error?.message, request?.reason, ...request?.decisions.map(({ reason }) => reason) ?? []];
  return { text: searchable(text), more: searchable([...parameters, ...reasons, ...stringsIn(details)].filter((one) => typeof one === 'string').join('\n')) };
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

/** No NUL, at which C ends a text, and no half of a character. */
export function searchable(text: string): string {
  return text.toWellFormed().replaceAll('\0', ' ');
}
