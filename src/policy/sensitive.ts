import type { TableUse } from '../sql/facts.ts';
import type { SensitiveColumns } from './model.ts';
import { columnPattern } from './pattern.ts';
import type { Subject } from './verdict.ts';

/** Names of the relations whose sensitive columns the statement reads, sorted; empty when there are none or the agent may see them. */
export type SensitiveReads = (tables: readonly TableUse[], subject: Subject) => readonly string[];

/**
 * A relation counts as read when the statement reads it at all: facts don't tell which of its columns are only written,
 * and `UPDATE … SET email = x RETURNING *` reads what it writes. A plain INSERT reads nothing. `*` touches every column.
 */
export function sensitiveReads(sensitive: readonly SensitiveColumns[]): SensitiveReads {
  const entries = sensitive.map((entry) => ({ unmask: new Set(entry.unmask), columns: entry.columns.map(columnPattern) }));
  return (tables, { agent }) => {
    const masked = entries.filter((entry) => !agent.groups.some((group) => entry.unmask.has(group)));
    if (masked.length === 0) return [];
    const hit = (table: TableUse): boolean =>
      masked.some(({ columns }) => columns.some((pattern) => pattern.table.maybe(table.name) && table.columns.some((used) => used === '*' || pattern.column.maybe(used))));
    return [...new Set(tables.filter((table) => table.read && hit(table)).map((table) => table.name))].toSorted();
  };
}
