/** Catalogs and policies of a few lines. */

import type { SensitiveColumns } from '../../src/policy/model.ts';
import type { CatalogData, ColumnData, RelationData } from '../../src/sql/catalog.ts';

export function sensitive(columns: readonly string[], rest: Partial<SensitiveColumns> = {}): SensitiveColumns {
  return { columns, mask: 'redact', filtered: 'equality', derived: 'mask', copied: 'hold', unmask: [], hideNulls: false, ...rest };
}

/** @param columns `email text`, `id integer!` (never NULL) */
export function relation(name: string, oid: number, columns: readonly string[], rest: Partial<RelationData> = {}): RelationData {
  const made = columns.map((column, at): ColumnData => {
    const [, called = '', type = '', never] = /^(\S+) (.+?)(!?)$/.exec(column) ?? [];
    return { name: called, number: at + 1, type, ...(never === '!' ? { notNull: true as const } : {}) };
  });
  return { schema: 'public', name, oid, kind: 'r', columns: made, children: [], system: false, ...rest };
}

export function catalog(relations: readonly RelationData[], rest: Partial<CatalogData> = {}): CatalogData {
  return { serverVersion: 180_000, relations, functions: [], builtins: [], operators: [], types: [], extensions: [], ...rest };
}
