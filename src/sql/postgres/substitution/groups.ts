/** GROUP BY a primary key lets other columns stand ungrouped; behind a subquery the server no longer knows, so they are added. */

import type { Node, SelectStmt } from 'libpg-query';
import { postgresName } from '../../quoting.ts';
import { as } from '../tree.ts';
import type { Analysis } from './analysis.ts';
import { meaningOf } from './columns.ts';
import type { Level } from './from.ts';
import { Obstacle } from './model.ts';
import type { Entry } from './model.ts';

/** Types without equality. */
const UNGROUPABLE = /^(?:json|xml|point|box|polygon|path|lseg|line|circle|txid_snapshot)(?:\[\])*$/;

export function keepGroups(analysis: Analysis, stmt: SelectStmt, level: Level): void {
  const [first] = stmt.groupClause ?? [];
  if (first === undefined || (stmt.groupClause ?? []).some((node) => 'GroupingSet' in node)) return;
  const grouped = new Map<Entry, Set<string>>();
  for (const node of stmt.groupClause ?? []) {
    const ref = as('ColumnRef', meant(node, stmt));
    const { entry, name } = ref === undefined ? {} : meaningOf(analysis, ref, level.scope);
    if (entry !== undefined && name !== undefined) grouped.set(entry, (grouped.get(entry) ?? new Set<string>()).add(name));
  }
  const added = [...grouped].flatMap(([entry, names]) => addedOf(entry, names));
  if (added.length === 0) return;
  const at = placeOfList(analysis, first);
  analysis.edit(at, at, `${added.join(', ')}, `);
}

/** What a number or an output's name stands for. */
function meant(node: Node, stmt: SelectStmt): Node | undefined {
  const number = as('A_Const', node)?.ival?.ival;
  return number === undefined ? node : as('ResTarget', stmt.targetList?.[number - 1])?.val;
}

function addedOf(entry: Entry, names: ReadonlySet<string>): string[] {
  const { place } = entry;
  const key = place?.relation.primaryKey ?? [];
  if (place === undefined || key.length === 0 || !key.every((name) => names.has(columnName(entry, name)))) return [];
  if (place.masked?.columns.some(({ name }) => key.includes(name)) === true) return [];
  return [...entry.named].filter((name) => !names.has(name)).map((name) => {
    const column = place.relation.columns[entry.columns?.findIndex((column) => column.name === name) ?? -1];
    if (column !== undefined && UNGROUPABLE.test(column.type)) throw new Obstacle(`${entry.alias}.${name} can't be shown beside GROUP BY of the primary key, since its type can't be grouped; leave it out, or join the grouped rows to the table.`);
    return `${postgresName(entry.alias)}.${postgresName(name)}`;
  });
}

/** The name that a column has under the alias. */
function columnName(entry: Entry, name: string): string {
  const index = entry.place?.relation.columns.findIndex((column) => column.name === name) ?? -1;
  return entry.columns?.[index]?.name ?? name;
}

/** Behind BY, going back from the first thing grouped by. */
function placeOfList(analysis: Analysis, first: Node): number {
  const { tokens } = analysis;
  let at = Math.min(...locations(first).map((location) => analysis.tokenAt(location)));
  const start = (): number => tokens.get(at)?.start ?? 0;
  while (tokens.word(at - 1) === '(') at--;
  if (tokens.word(at - 1) !== 'BY' || tokens.word(at - 2) !== 'GROUP') throw new Obstacle('GROUP BY could not be read.');
  return start();
}

function locations(value: unknown): number[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, held]) => (name === 'location' && typeof held === 'number' ? [held] : locations(held)));
}
