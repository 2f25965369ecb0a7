/** Whether one rule concerns one statement: the two sides of matching. */

import type { EffectUse, Facts, StatementFacts, TableUse } from '../sql/facts.ts';
import { bit, listOf, setOf, setOfUses, UNKNOWN } from './effect-set.ts';
import type { EffectSet } from './effect-set.ts';
import type { Rule } from './model.ts';
import { columnPattern, readings, tablePattern, wordPattern } from './pattern.ts';
import type { NamePattern, Readings } from './pattern.ts';
import type { Subject } from './verdict.ts';

/** One statement of a batch, or what of a batch belongs to no statement. */
export interface Unit extends Pick<StatementFacts, 'kind' | 'effects' | 'tables' | 'unbounded'> {
  readonly set: EffectSet;
  /** Of everything that may be a relation's name. */
  readonly names: () => readonly Readings[];
}

/** Conditions on the agent and the database mean the same on both sides. */
export type Concerns = (subject: Subject) => boolean;

/** They touch no relation, so lists of tables don't narrow them. */
const FREE = setOf(['transaction', 'session', 'notify']);

const WRITES = setOf(['insert', 'update', 'delete', 'import', 'truncate']);
const READ = bit('read');
const ANY: EffectSet = -1;

/** Words before a relation's name in EffectUse.objects. Not index, sequence, trigger: their names say nothing of the table they belong to. */
const RELATION = /^(?:(?:table|view|materialized view|foreign table|relation) )?([^ ]+)$/;

export function concerns(rule: Rule): Concerns {
  const agents = rule.agents?.map(wordPattern);
  const groups = rule.groups?.map(wordPattern);
  const databases = rule.databases?.map(wordPattern);
  return ({ agent, database }) =>
    (agents === undefined || agents.some((pattern) => pattern.surely(agent.name))) &&
    (groups === undefined || agent.groups.some((group) => groups.some((pattern) => pattern.surely(group)))) &&
    (databases === undefined || databases.some((pattern) => pattern.surely(database.name)));
}

/** For rules that hold, mask or deny: does some statement, as far as can be told, meet every condition? */
export function touches(rule: Rule): (unit: Unit) => boolean {
  const effects = rule.effects === undefined ? ANY : setOf(rule.effects);
  const tables = rule.tables?.map(tablePattern);
  const columns = rule.columns?.map(columnPattern);
  const kinds = rule.kinds?.map(wordPattern);
  return (unit) =>
    (effects === ANY || (unit.set & effects) !== 0) &&
    (rule.unbounded === undefined || unit.unbounded === rule.unbounded) &&
    (kinds === undefined || kinds.some((pattern) => pattern.maybe(unit.kind))) &&
    (tables === undefined || unit.names().some((name) => tables.some((pattern) => pattern.among(name)))) &&
    (columns === undefined || unit.tables.some((table) => columns.some((pattern) => pattern.table.maybe(table.name) && usesColumn(table, pattern.column))));
}

/** The relations that a rule that masks is about: those it lists, else all. */
export function named(rule: Rule): (table: TableUse) => boolean {
  const patterns = [...(rule.tables?.map(tablePattern) ?? []), ...(rule.columns?.map((column) => columnPattern(column).table) ?? [])];
  return (table) => patterns.length === 0 || patterns.some((pattern) => pattern.maybe(table.name));
}

function usesColumn(table: TableUse, column: NamePattern): boolean {
  return table.columns.some((used) => used === '*' || column.maybe(used));
}

/** Everything that may be a relation's name: tables, and the last word of each object (`index public.i`, `function f(int)`). */
function namesOf({ effects, tables }: Pick<Unit, 'effects' | 'tables'>): () => readonly Readings[] {
  let names: readonly Readings[] | undefined;
  const find = (): readonly Readings[] => {
    const objects = effects.flatMap((use) => use.objects.map((object) => object.slice(object.lastIndexOf(' ') + 1)));
    return [...new Set([...tables.map((table) => table.name), ...objects])].map(readings);
  };
  return () => (names ??= find());
}

/**
 * For rules that allow or hold: the effects of this statement that the rule covers. An effect is covered only when the
 * rule lists it and everything the statement does with that effect lies inside the rule's other conditions.
 */
export function covers(rule: Rule): (unit: Unit) => EffectSet {
  const effects = setOf(rule.effects ?? []) & (rule.action === 'hold' ? ANY : ~UNKNOWN);
  const tables = rule.tables?.map(tablePattern);
  const columns = rule.columns?.map(columnPattern);
  const kinds = rule.kinds?.map(wordPattern);
  const insideTables = (use: EffectSet, unit: Unit): boolean => tables === undefined || within(use, unit, (table) => tables.some((pattern) => pattern.surely(table.name)), (name) => tables.some((pattern) => pattern.surely(name)));
  const insideColumns = (use: EffectSet, unit: Unit): boolean => columns === undefined || within(use, unit, (table) => allColumns(table, columns), (name) => columns.some((pattern) => pattern.table.surely(name)));
  const narrow = tables !== undefined || columns !== undefined;
  return (unit) => {
    const wanted = unit.set & effects;
    if (wanted === 0 || (rule.unbounded !== undefined && unit.unbounded !== rule.unbounded)) return 0;
    if (kinds !== undefined && !kinds.some((pattern) => pattern.surely(unit.kind))) return 0;
    if (!narrow) return wanted;
    return setOf(listOf(wanted).filter((effect) => insideTables(bit(effect), unit) && insideColumns(bit(effect), unit)));
  };
}

/** Is everything that this effect touches inside the list? Only a read may touch nothing (`SELECT 1`). */
function within(effect: EffectSet, unit: Unit, table: (use: TableUse) => boolean, object: (name: string) => boolean): boolean {
  if ((effect & FREE) !== 0) return true;
  const tables = unit.tables.filter((use) => touchedBy(effect, use));
  const objects = unit.effects.filter((use) => bit(use.effect) === effect).flatMap((use: EffectUse) => use.objects);
  if (tables.length + objects.length === 0) return (effect & READ) !== 0;
  return tables.every((use) => use.known && table(use)) && objects.every((name) => object(RELATION.exec(name)?.[1] ?? ''));
}

/** A use that is neither read nor written (a lock) counts for every effect. */
export function touchedBy(effect: EffectSet, use: TableUse): boolean {
  if ((effect & READ) !== 0) return use.read || !use.written;
  if ((effect & WRITES) !== 0) return use.written || !use.read;
  return true;
}

function allColumns(table: TableUse, columns: readonly { readonly table: NamePattern; readonly column: NamePattern }[]): boolean {
  const here = columns.filter((pattern) => pattern.table.surely(table.name));
  return here.length > 0 && table.columns.every((used) => here.some((pattern) => pattern.column.surely(used)));
}

/**
 * The statements of a batch. What the batch has and no statement does (a text that wasn't understood has no statements)
 * becomes a unit of its own; a statement without any effect is one that wasn't understood.
 */
export function unitsOf(facts: Facts): Unit[] {
  const unit = (from: Pick<Unit, 'kind' | 'effects' | 'tables' | 'unbounded'>, set: EffectSet): Unit => {
    const { kind, effects, tables, unbounded } = from;
    return { kind, effects, tables, unbounded, set, names: namesOf(from) };
  };
  const units = facts.statements.map((statement) => unit(statement, setOfUses(statement.effects) || UNKNOWN));
  const told = units.reduce((set, unit) => set | unit.set, 0);
  const rest = (setOfUses(facts.effects) | (facts.doubt === undefined ? 0 : UNKNOWN)) & ~told;
  if (rest !== 0) units.push(unit({ ...facts, kind: '' }, rest));
  return units;
}
