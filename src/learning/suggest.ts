/**
 * Rules for what people approved again and again and never denied, as narrow as a rule can be: one agent, one database, one kind, these effects and tables, and these
 * columns where rules may name them. They are for people to read and paste. Each was tried on what it is for.
 */

import { createHash } from 'node:crypto';
import { compileCondition } from '../policy/condition.ts';
import { COLUMN_EFFECTS } from '../policy/check.ts';
import { CompiledPolicy } from '../policy/decide.ts';
import { bit } from '../policy/effect-set.ts';
import { policyFrom } from '../policy/load.ts';
import { touchedBy } from '../policy/match.ts';
import type { PolicyModel, Rule } from '../policy/model.ts';
import { ConfigError } from '../config/problems.ts';
import type { Effect, TableUse } from '../sql/facts.ts';
import type { Approved } from './evidence.ts';
import { whyNever } from './never.ts';
import { judgeRecorded } from './recorded-facts.ts';
import { statementShape } from './statement-shape.ts';

export interface Suggestion {
  readonly approved: Approved;
  readonly shape: string;
  /** Items of `rules`, one a line. */
  readonly yaml: string;
  /** Rules that would still hold it, and the condition that each then needs, whole. */
  readonly exceptions: readonly { readonly rule: Rule; readonly when: string }[];
}

export interface Suggestions {
  readonly suggestions: readonly Suggestion[];
  /** What was approved as often, and why there is no rule for it. */
  readonly left: readonly { readonly approved: Approved; readonly shape: string; readonly why: string }[];
}

/** @param times how often something must have been approved */
export function suggestRules(all: readonly Approved[], policy: CompiledPolicy, times: number): Suggestions {
  const suggestions: Suggestion[] = [];
  const left: Suggestions['left'][number][] = [];
  for (const approved of all.filter((one) => one.times >= times).toSorted((a, b) => b.times - a.times)) {
    const shape = statementShape(approved.example.event.text, approved.example.by.database.protocol);
    const suggested = whyNever(approved) ?? suggest(approved, policy);
    if (typeof suggested === 'string') left.push({ approved, shape, why: suggested });
    else if (suggested !== undefined) suggestions.push({ approved, shape, ...suggested });
  }
  return { suggestions, left };
}

/** Undefined: it passes by now. */
function suggest(approved: Approved, policy: CompiledPolicy): Pick<Suggestion, 'yaml' | 'exceptions'> | string | undefined {
  const now = judgeRecorded(policy, approved.example);
  if (now.action === 'allow' || now.action === 'mask') return undefined;
  if (now.action === 'deny') return `rule ${now.rule} denies it by now`;
  const yaml = rulesOf(approved);
  const exceptions = policy.model.rules.filter((rule) => rule.action === 'hold' && rule.rowsOver === undefined && now.matched.includes(rule.name)).map((rule) => ({ rule, when: exceptWhen(rule, approved) }));
  const tried = withRules(policy.model, yaml, exceptions);
  const then = tried && judgeRecorded(tried, approved.example).action;
  return then === 'allow' || then === 'mask' ? { yaml, exceptions } : 'no rule can be as narrow as that and let it pass';
}

/** The policy as it would be with all that is suggested pasted; undefined: it would be wrong. */
function withRules(model: PolicyModel, yaml: string, exceptions: Suggestion['exceptions']): CompiledPolicy | undefined {
  const changed = new Map(exceptions.map(({ rule, when }) => [rule.name, compileCondition(when)]));
  if ([...changed.values()].some((condition) => !('holds' in condition))) return undefined;
  try {
    const added = policyFrom([{ file: 'suggestion', text: `version: 1\nrules:\n${yaml}\n` }]).model.rules;
    const rules = model.rules.map((rule) => {
      const when = changed.get(rule.name);
      return when !== undefined && 'holds' in when ? { ...rule, when } : rule;
    });
    return new CompiledPolicy({ ...model, rules: [...rules, ...added].toSorted((a, b) => (a.name < b.name ? -1 : 1)) });
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** One a line; several where some effects are on other tables than others: what was read mustn't be written. */
function rulesOf(approved: Approved): string {
  const parts = Map.groupBy(approved.effects, (effect) => JSON.stringify(tablesOf(effect, approved).map(({ name }) => name)));
  return [...parts.values()].map((effects, index) => ruleOf(approved, effects, index === 0 ? '' : `-${index + 1}`)).join('\n');
}

/** `SELECT 1` reads, and reads nothing: a rule without tables would let it read anything. */
function tablesOf(effect: Effect, { tables }: Approved): readonly TableUse[] {
  const touched = tables.filter((table) => touchedBy(bit(effect), table));
  return touched.length > 0 ? touched : tables;
}

/** `  - { name: approved-update-orders-3f2a91, effects: [update], …, then: allow }` */
function ruleOf(approved: Approved, effects: readonly Effect[], suffix: string): string {
  const { kind, columns, times, example: { by } } = approved;
  const tables = effects.slice(0, 1).flatMap((effect) => tablesOf(effect, approved));
  const named = tables.flatMap((table) => [...columns[approved.tables.indexOf(table)] ?? []].toSorted().map((column) => `${table.name}.${column}`));
  const byColumns = named.length > 0 && effects.every((effect) => COLUMN_EFFECTS.has(effect)) && named.every((column) => PLAIN_COLUMN.test(column));
  const fields = [
    `name: ${nameOf(approved)}${suffix}`, `effects: [${effects.join(', ')}]`,
    ...(tables.length > 0 ? [`tables: ${list(tables.map(({ name }) => name))}`] : []), ...(byColumns ? [`columns: ${list(named)}`] : []),
    `agents: ${list([by.agent.name])}`, `databases: ${list([by.database.name])}`, `kinds: ${list([kind])}`, 'unbounded: false', `when: ${quoted(sameWork(approved))}`, 'then: allow', `because: ${JSON.stringify(`approved ${times} times`)}`,
  ];
  return `  - { ${fields.join(', ')} }`;
}

/** Else what several rules let pass would add up: the reading of one and the writing of another. */
function sameWork({ effects, tables }: Approved): string {
  return `effects == ${list(effects)} && ${tables.length === 0 ? 'size(tables) == 0' : `tables == ${list(tables.map(({ name }) => name))}`}`;
}

/** For YAML. */
export const quoted = (text: string): string => `'${text.replaceAll('\'', '\'\'')}'`;

/** In YAML as in CEL. */
const list = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;

const PLAIN_COLUMN = /^[^\s.*]+\.[^\s.*]+\.[^\s.*]+$/;

/** The same for the same statements, so that what was pasted once isn't pasted twice. */
function nameOf({ kind, effects, tables, example: { by } }: Approved): string {
  const words = ['approved', kind, tables[0]?.name.split('.')[1] ?? ''].map((word) => word.replaceAll(/[^A-Za-z0-9]+/g, '-')).filter((word) => word !== '').join('-');
  const identity = createHash('sha256').update(JSON.stringify([by.agent.name, by.database.name, kind, effects, tables.map(({ name }) => name)])).digest('hex');
  return `${words.slice(0, 50)}-${identity.slice(0, 6)}`;
}

function exceptWhen({ when }: Rule, approved: Approved): string {
  const { kind, example: { by } } = approved;
  const same = `agent.name == ${JSON.stringify(by.agent.name)} && database.name == ${JSON.stringify(by.database.name)} && statement.kind == ${JSON.stringify(kind)} && !statement.unbounded && ${sameWork(approved)}`;
  return when === undefined ? `!(${same})` : `(${when.text}) && !(${same})`;
}
