/** The items of FROM: each adds what it stands for to the scope, and says what `*` shows of it. */

import type { JoinExpr, Node, RangeFunction, RangeSubselect, RangeTableSample, RangeVar } from 'libpg-query';
import type { RelationData } from '../../catalog.ts';
import { as, open, strings } from '../tree.ts';
import type { Analysis, Answer } from './analysis.ts';
import { conjunction } from './conditions.ts';
import { cteNamed, cteAnswer } from './ctes.ts';
import { nameAll } from './columns.ts';
import { expression, expressions } from './expressions.ts';
import type { Stand } from './expressions.ts';
import { NOTHING, Obstacle, union } from './model.ts';
import type { Column, Entry, Place } from './model.ts';

/** The columns of `*`; undefined when they aren't known. */
export type Star = readonly Column[] | undefined;

export interface Level extends Stand {
  readonly scope: NonNullable<Stand['scope']>;
}

/** Nullness is only known when the whole of FROM was seen. */
export function fromItem(analysis: Analysis, node: Node, level: Level): Star {
  analysis.step();
  const opened = open(node);
  switch (opened?.kind ?? '') {
    case 'RangeVar':
      return add(level, rangeVar(analysis, opened?.content as RangeVar, level, undefined));
    case 'RangeTableSample':
      return sample(analysis, opened?.content as RangeTableSample, level);
    case 'RangeSubselect':
      return subselect(analysis, opened?.content as RangeSubselect, level);
    case 'JoinExpr':
      return join(analysis, opened?.content as JoinExpr, level);
    case 'RangeFunction':
    case 'RangeTableFunc':
    case 'JsonTable':
      return rowsOf(analysis, opened?.content as RangeFunction, node, level);
    default:
      throw new Obstacle(`The statement reads from a ${opened?.kind ?? 'nothing'}, which isn't understood.`);
  }
}

function add(level: Level, entry: Entry): Star {
  level.scope.entries.push(entry);
  return entry.columns;
}

type AliasNode = { readonly aliasname?: string; readonly colnames?: Node[] } | undefined;

export function entry(alias: AliasNode, answer: Answer, more: Partial<Entry> = {}): Entry {
  return {
    alias: alias?.aliasname ?? '', schema: undefined, columns: renamed(answer.columns, strings(alias?.colnames)), taint: answer.columns === undefined ? answer.taint : NOTHING,
    relation: undefined, place: undefined, target: false, nullable: false, named: new Set(), ...more,
  };
}

export const renamed = (columns: Star, names: readonly string[]): Star => columns?.map((column, index) => ({ ...column, name: names[index] ?? column.name }));

function rangeVar(analysis: Analysis, range: RangeVar, level: Level, sampled: RangeTableSample | undefined): Entry {
  const alias = { aliasname: range.relname ?? '', ...range.alias };
  const cte = range.schemaname === undefined ? cteNamed(level.ctes, range.relname ?? '') : undefined;
  if (cte !== undefined) return entry(alias, cteAnswer(analysis, cte));
  const relation = analysis.resolve(range);
  if (relation === undefined) return entry(alias, { columns: undefined, taint: NOTHING });
  const schema = range.alias === undefined ? relation.schema : undefined;
  if (!analysis.isTouchy(relation)) {
    analysis.qualify(range, relation);
    return entry(alias, { columns: relation.columns.map(({ name }) => ({ name, of: NOTHING, bare: false })), taint: NOTHING }, { schema, relation });
  }
  if (range.catalogname !== undefined) throw new Obstacle(`${relation.name}, which has masked columns, is named with its database; leave the database out.`);
  const { place, columns, taint } = placeOf(analysis, range, relation);
  if (sampled !== undefined) place.sample = sampled;
  if (sampled !== undefined && place.definition !== undefined) throw new Obstacle(`TABLESAMPLE can't be used on the view ${relation.name}.`);
  return entry(alias, { columns, taint }, { schema, relation, place });
}

function placeOf(analysis: Analysis, range: RangeVar, relation: RelationData): Answer & { place: Place } {
  const masked = analysis.around.sight.relation(relation.schema, relation.name);
  const form = relation.kind === 'v' && !relation.system ? analysis.around.view(relation) : undefined;
  const seenThrough = form?.text !== undefined && form.reads;
  if (!seenThrough && masked === undefined) throw new Obstacle(`The view ${analysis.nameOf(relation)} shows or uses masked columns and ${form?.barrier ?? 'can\'t be seen through'}; read its tables instead.`);
  const place: Place = analysis.places.get(range) ?? {
    range, relation, masked: seenThrough ? undefined : masked, definition: seenThrough ? form.text : undefined,
    sample: undefined, systemColumns: new Set(), conditions: new Map(), whole: false,
  };
  analysis.places.set(range, place);
  if (!seenThrough) return { place, columns: analysis.columnsOf(relation), taint: NOTHING };
  analysis.uses.absorb(form.uses.list());
  return { place, columns: form.columns, taint: form.taint };
}

function sample(analysis: Analysis, item: RangeTableSample, level: Level): Star {
  const range = as('RangeVar', item.relation);
  if (range === undefined) throw new Obstacle('TABLESAMPLE stands behind something that is no table.');
  const shown = union(expressions(analysis, item.args, level), expression(analysis, item.repeatable, level));
  analysis.uses.add(shown, 'filtered', 'chooses rows in TABLESAMPLE');
  return add(level, rangeVar(analysis, range, level, item));
}

function subselect(analysis: Analysis, item: RangeSubselect, level: Level): Star {
  // Only LATERAL sees its neighbours.
  const answer = analysis.query(item.subquery, item.lateral === true ? level.scope : level.scope.parent, level.ctes);
  return add(level, entry(item.alias, answer));
}

/** Functions see what stands left of them, LATERAL or not. */
function rowsOf(analysis: Analysis, item: { alias?: AliasNode; lateral?: boolean }, node: Node, level: Level): Star {
  const { alias, ...rest } = item as RangeFunction;
  const [kind = ''] = Object.keys(node);
  const shown = expression(analysis, { [kind]: { ...rest, coldeflist: undefined } } as unknown as Node, level);
  analysis.uses.add(shown, 'filtered', 'makes rows in FROM');
  return add(level, entry({ aliasname: functionName(rest), ...alias }, { columns: undefined, taint: shown }));
}

function functionName({ functions }: RangeFunction): string {
  const [first] = as('List', functions?.[0])?.items ?? [];
  return strings(as('FuncCall', first)?.funcname).at(-1) ?? '';
}

function join(analysis: Analysis, item: JoinExpr, level: Level): Star {
  const { entries } = level.scope;
  const begin = entries.length;
  if (item.larg === undefined || item.rarg === undefined) throw new Obstacle('A join has one side.');
  const left = fromItem(analysis, item.larg, level);
  const middle = entries.length;
  const right = fromItem(analysis, item.rarg, level);
  const end = entries.length;
  const using = item.isNatural === true ? shared(left, right) : strings(item.usingClause);
  for (const column of [...(left ?? []), ...(right ?? [])]) if (using.includes(column.name)) analysis.uses.add(column.of, 'filtered', 'is compared by the join');
  for (const entry of entries.slice(begin, end)) for (const name of using) if (entry.columns?.some((column) => column.name === name) === true) entry.named.add(name);
  if (item.isNatural === true && (left === undefined || right === undefined)) taintAll(analysis, entries.slice(begin, end));
  const inside = entries.slice(begin, end);
  joinCondition(analysis, item, level, inside);
  if (item.jointype === 'JOIN_LEFT' || item.jointype === 'JOIN_FULL') for (const entry of entries.slice(middle, end)) entry.nullable = true;
  if (item.jointype === 'JOIN_RIGHT' || item.jointype === 'JOIN_FULL') for (const entry of entries.slice(begin, middle)) entry.nullable = true;
  const star = merged(left, right, using);
  const taint = union(...inside.flatMap(({ taint, columns }) => [taint, ...(columns ?? []).map(({ of }) => of)]));
  if (item.join_using_alias !== undefined) entries.push(entry(item.join_using_alias, { columns: star?.slice(0, using.length), taint }));
  if (item.alias !== undefined) return aliased(level, item.alias, { columns: star, taint }, inside);
  return star;
}

/** `(a JOIN b …) AS j` hides a and b: only j has their columns. */
function aliased(level: Level, alias: NonNullable<AliasNode>, answer: Answer, inside: readonly Entry[]): Star {
  for (const each of inside) nameAll(each);
  level.scope.entries.splice(level.scope.entries.indexOf(inside[0] as Entry), inside.length);
  return add(level, entry(alias, answer));
}

function joinCondition(analysis: Analysis, item: JoinExpr, level: Level, inside: readonly Entry[]): void {
  if (item.jointype === 'JOIN_INNER') conjunction(analysis, item.quals, level, inside, 'is compared in JOIN … ON');
  else analysis.uses.add(expression(analysis, item.quals, level), 'filtered', 'is compared in JOIN … ON');
}

/** A natural join with something unknown may compare any column. */
function taintAll(analysis: Analysis, entries: readonly Entry[]): void {
  for (const { taint, columns } of entries) analysis.uses.add(union(taint, ...(columns ?? []).map(({ of }) => of)), 'filtered', 'may be compared by the natural join');
}

function shared(left: Star, right: Star): readonly string[] {
  return (left ?? []).map(({ name }) => name).filter((name) => right?.some((column) => column.name === name) === true);
}

function merged(left: Star, right: Star, using: readonly string[]): Star {
  if (left === undefined || right === undefined) return undefined;
  const of = (name: string): Column => {
    const both = [...left, ...right].filter((column) => column.name === name);
    return { name, of: union(...both.map((column) => column.of)), bare: both.every(({ bare }) => bare) };
  };
  const rest = (side: readonly Column[]): readonly Column[] => side.filter(({ name }) => !using.includes(name));
  return [...using.map(of), ...rest(left), ...rest(right)];
}
