/**
 * How a policy judges. The same facts and subject always give the same verdict, whatever the order of files and rules.
 *
 * **Two kinds of rules.** A rule that holds, masks or denies matches when *some* statement of the batch *could*
 * meet all its conditions: any listed effect, any listed table, any listed column. A rule that allows covers
 * effects, each on its own, and only when *everything* the statement does with that effect *surely* lies inside its conditions:
 * `{ effects: [read], tables: [orders], then: allow }` doesn't cover the read of `orders JOIN salaries`, and two rules
 * that allow one of the tables each don't add up. Names that can be read in two ways, relations the catalog doesn't know, and objects that aren't
 * relations (a function, a role) are never surely inside a list of tables.
 *
 * **Coverage.** Every effect of every statement must be covered by some rule that lists it: one that allows, or one that
 * holds (which then says who may release it). What isn't covered gets the policy's default, hold or deny, beside whatever the
 * rules say. A rule that masks covers nothing: it changes how something allowed is read. The effect `unknown` can't be
 * covered by a rule that allows, nor can a text that wasn't understood. Statements of a batch are looked at one by one (a rule for `kinds: [select]` says nothing about
 * the DELETE beside it), but there is one verdict for the batch.
 *
 * **Most restrictive wins**: deny, hold, mask, allow. So a further rule that masks or denies never loosens a verdict, and one
 * that allows never tightens it. One that holds never loosens what was allowed, masked or held; where the default is to deny,
 * it is how something denied becomes something that people may release.
 *
 * **Conditions that fail** (`when` raises an error, or can't be told) count as the more restrictive side: a rule that allows doesn't
 * match, any other does (without covering anything).
 *
 * **`rows_over`** says what happens once so many rows have come: such a rule is no part of the verdict, but of its budgets.
 *
 * **Sensitive columns** raise allow to mask. A hold keeps the list of relations, for what is released must be masked too.
 *
 * **A policy that observes** (`mode`) lets pass, masked, what all this holds or denies; the verdict then has what it would have been.
 *
 * **Refused facts** are denied here as well, although callers refuse before they ask.
 */

import type { SearchedColumns } from '../masking/detectors/searched.ts';
import type { SensitiveColumns } from '../masking/sensitive.ts';
import type { Facts, TableUse } from '../sql/facts.ts';
import { budgetsOf } from './budgets.ts';
import { conditionValues } from './condition.ts';
import type { ConditionValues } from './condition.ts';
import type { EffectSet } from './effect-set.ts';
import { concerns, covers, named, touches, unitsOf } from './match.ts';
import type { Concerns, Unit } from './match.ts';
import type { PolicyModel, Rule } from './model.ts';
import { coverageReason, describe, ruleReason } from './reasons.ts';
import { sensitiveReads } from './sensitive.ts';
import type { SensitiveReads } from './sensitive.ts';
import { combine } from './terms.ts';
import type { HoldTerms, Policy, RowBudget, Subject, Verdict } from './verdict.ts';

interface Allowing {
  readonly rule: Rule;
  readonly concerns: Concerns;
  readonly covers: (unit: Unit) => EffectSet;
}

interface Restricting extends Allowing {
  readonly touches: (unit: Unit) => boolean;
  /** Of a rule that masks: which of the relations read. */
  readonly masks: (table: TableUse) => boolean;
  /** Of a rule with `rows_over`. */
  readonly budgets: readonly RowBudget[];
}

/** What the rules say of facts alone, whoever asks. */
interface Prepared {
  readonly units: readonly Unit[];
  /** Union over the units. */
  readonly all: EffectSet;
  /** Those of the rules whose conditions on the statement are met. */
  readonly restricting: readonly Restricting[];
  /** Per rule and unit, what it covers; of rules that allow or hold and cover something. */
  readonly covers: ReadonlyMap<Rule, readonly EffectSet[]>;
}

/** What the rules found, before it becomes one verdict. */
interface Findings {
  readonly matched: string[];
  readonly allowing: string[];
  readonly deny: Restricting[];
  readonly hold: Restricting[];
  readonly mask: Restricting[];
  readonly budgets: RowBudget[];
  /** Per statement, the effects that some rule covers. */
  readonly covered: EffectSet[];
}

export class CompiledPolicy implements Policy {
  readonly version: string;
  readonly volatile: boolean;
  readonly observes: boolean;
  readonly model: PolicyModel;
  readonly sensitive: readonly SensitiveColumns[];
  readonly detect: readonly SearchedColumns[];
  readonly terms: HoldTerms;
  readonly masksByRule: boolean;
  readonly rowsWaitMs: number;
  readonly #allowing: readonly Allowing[];
  readonly #restricting: readonly Restricting[];
  readonly #sensitive: SensitiveReads;
  readonly #columns = new RuleColumns();
  /** Facts are cached by their text, so most are judged many times. */
  readonly #prepared = new WeakMap<Facts, Prepared>();

  constructor(model: PolicyModel) {
    this.model = model;
    this.version = model.version;
    this.observes = model.observes;
    this.sensitive = model.sensitive;
    this.detect = model.detect;
    this.terms = model.hold;
    this.masksByRule = model.rules.some((rule) => rule.action === 'mask');
    this.rowsWaitMs = Math.max(0, ...model.rules.map(({ rowsOver, hold }) => (rowsOver === undefined ? 0 : hold?.withinMs ?? 0)));
    this.volatile = model.rules.some((rule) => rule.when?.volatile === true);
    this.#allowing = model.rules.filter((rule) => rule.action === 'allow').map((rule) => ({ rule, concerns: concerns(rule), covers: covers(rule) }));
    this.#restricting = model.rules.filter((rule) => rule.action !== 'allow').map((rule) => ({ rule, concerns: concerns(rule), covers: covers(rule), touches: touches(rule), masks: named(rule), budgets: budgetsOf(rule, model.observes) }));
    this.#sensitive = sensitiveReads(model.sensitive);
  }

  decide(facts: Facts, subject: Subject): Verdict {
    if (facts.refused !== undefined) return { action: 'deny', rule: 'refused', reason: facts.refused, matched: [] };
    const prepared = this.#prepare(facts);
    const found: Findings = { matched: [], allowing: [], deny: [], hold: [], mask: [], budgets: [], covered: prepared.units.map(() => 0) };
    const values = lazily(() => conditionValues(facts, subject));
    for (const entry of prepared.restricting) restrict(entry, prepared, subject, values, found);
    for (const entry of this.#allowing) cover(entry, prepared, subject, values, found);
    found.matched.sort();
    return this.#verdict(facts, subject, prepared, found);
  }

  #prepare(facts: Facts): Prepared {
    const known = this.#prepared.get(facts);
    if (known !== undefined) return known;
    const units = unitsOf(facts);
    const covers = new Map<Rule, readonly EffectSet[]>();
    for (const entry of [...this.#allowing, ...this.#restricting]) {
      const sets = units.map(entry.covers);
      if (sets.some((set) => set !== 0)) covers.set(entry.rule, sets);
    }
    const restricting = this.#restricting.filter(({ rule, touches }) => units.some(touches) || (units.length === 0 && isGeneral(rule)));
    const prepared = { units, all: units.reduce((set, unit) => set | unit.set, 0), restricting, covers };
    this.#prepared.set(facts, prepared);
    return prepared;
  }

  #verdict(facts: Facts, subject: Subject, { units, all }: Prepared, found: Findings): Verdict {
    const uncovered = units.reduce((set, unit, index) => set | (unit.set & ~(found.covered[index] ?? 0)), 0);
    const mask = masked(facts, all, this.#sensitive(facts.tables, subject), found, this.#columns);
    const stopped = this.#denied(facts, all, uncovered, found) ?? (found.hold.length > 0 || uncovered !== 0 ? this.#held(facts, all, uncovered, mask, found) : undefined);
    const passing = mask ?? { action: 'allow', rule: found.allowing[0] ?? 'empty', reason: allowReason(found.allowing), matched: found.matched };
    const verdict = stopped === undefined || !this.observes ? stopped ?? passing : { ...passing, observed: stopped };
    return found.budgets.length === 0 || verdict.action === 'deny' ? verdict : { ...verdict, budgets: found.budgets };
  }

  #denied(facts: Facts, all: EffectSet, uncovered: EffectSet, { deny: [deny], matched }: Findings): Verdict | undefined {
    if (deny !== undefined) return { action: 'deny', rule: deny.rule.name, reason: ruleReason(deny.rule, all), matched };
    if (uncovered !== 0 && this.model.fallback === 'deny') return { action: 'deny', rule: 'default', reason: coverageReason(facts, uncovered, 'denied'), matched };
    return undefined;
  }

  #held(facts: Facts, all: EffectSet, uncovered: EffectSet, mask: Verdict | undefined, { hold: rules, matched }: Findings): Verdict {
    const reasons = rules.map(({ rule }) => ({ rule: rule.name, terms: rule.hold ?? this.model.hold }));
    if (uncovered !== 0) reasons.push({ rule: 'default', terms: this.model.hold });
    const sentence = [...rules.map(({ rule }) => ruleReason(rule, all)), ...(uncovered === 0 ? [] : [coverageReason(facts, uncovered, 'held')])].join('; ');
    const rule = reasons[0]?.rule ?? 'default';
    const hold = combine(reasons);
    if (hold === undefined) {
      const names = describe(reasons.map((reason) => reason.rule));
      return { action: 'deny', rule, reason: `${sentence}; but ${names} have no group of approvers in common, so nobody may release it: run its parts one by one, or give the rules a common group`, matched };
    }
    return { action: 'hold', rule, reason: sentence, matched, hold, ...(mask?.mask !== undefined && { mask: mask.mask }), ...(mask?.masking !== undefined && { masking: mask.masking }) };
  }
}

function restrict(entry: Restricting, prepared: Prepared, subject: Subject, values: () => ConditionValues, found: Findings): void {
  const { rule } = entry;
  if (!entry.concerns(subject)) return;
  const holds = rule.when === undefined || rule.when.holds(values());
  if (holds === false) return;
  if (rule.rowsOver !== undefined) return void found.budgets.push(...entry.budgets);
  found.matched.push(rule.name);
  if (rule.action !== 'allow') found[rule.action].push(entry);
  if (rule.action === 'hold' && holds === true) add(found.covered, prepared.covers.get(rule) ?? []);
}

function cover({ rule, concerns }: Allowing, prepared: Prepared, subject: Subject, values: () => ConditionValues, found: Findings): void {
  const sets = prepared.covers.get(rule);
  if (sets === undefined || !concerns(subject) || (rule.when !== undefined && rule.when.holds(values()) !== true)) return;
  found.matched.push(rule.name);
  found.allowing.push(rule.name);
  add(found.covered, sets);
}

function add(covered: EffectSet[], sets: readonly EffectSet[]): void {
  for (const [index, set] of sets.entries()) covered[index] = (covered[index] ?? 0) | set;
}

/** A rule without conditions on the statement itself concerns even an empty one. */
function isGeneral(rule: Rule): boolean {
  return rule.effects === undefined && rule.tables === undefined && rule.columns === undefined && rule.kinds === undefined && rule.unbounded === undefined;
}

/** Undefined when nothing that is masked is read. */
function masked(facts: Facts, all: EffectSet, sensitive: readonly string[], found: Findings, columns: RuleColumns): Verdict | undefined {
  const read = facts.tables.filter((table) => table.read);
  const rules = found.mask.filter((entry) => read.some(entry.masks));
  const relations = new Set([...sensitive, ...read.filter((table) => rules.some((entry) => entry.masks(table))).map((table) => table.name)]);
  if (relations.size === 0) return undefined;
  const reasons = rules.map(({ rule }) => ruleReason(rule, all));
  if (sensitive.length > 0) reasons.push(`sensitive columns of ${describe(sensitive)} are masked`);
  return { action: 'mask', rule: rules[0]?.rule.name ?? 'sensitive', reason: reasons.join('; '), matched: found.matched, mask: [...relations].toSorted(), ...(rules.length > 0 && { masking: columns.of(rules.map(({ rule }) => rule)) }) };
}

/** The columns that rules with `then: mask` are about: those they list, else all of their tables, or of all. */
class RuleColumns {
  /** By the rules' names. */
  readonly #known = new Map<string, readonly SensitiveColumns[]>();

  of(rules: readonly Rule[]): readonly SensitiveColumns[] {
    const key = JSON.stringify(rules.map(({ name }) => name).toSorted());
    let columns = this.#known.get(key);
    if (columns === undefined) this.#known.set(key, (columns = rules.map((rule) => ({ ...RULE_TERMS, columns: rule.columns ?? rule.tables?.map((table) => `${table}.*`) ?? ['*.*'] }))));
    return columns;
  }
}

const RULE_TERMS = { mask: 'redact', filtered: 'hold', derived: 'mask', copied: 'hold', unmask: [], hideNulls: false } as const;

function allowReason(names: readonly string[]): string {
  return names.length === 0 ? 'there is nothing to run' : `allowed by ${names.length === 1 ? 'rule' : 'rules'} ${describe(names)}`;
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

