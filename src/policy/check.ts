/** What a well-formed policy file may still get wrong: rules that can't mean what they say, and names nobody has. */

import { suggestion } from '../config/nearest.ts';
import type { Path } from '../config/yaml.ts';
import type { PolicyContext } from './context.ts';
import type { PolicyFile, RuleShape } from './schema.ts';

export type Report = (path: Path, message: string) => void;

/** Verdicts name these when no rule decided. */
const RESERVED = ['default', 'sensitive', 'detect', 'refused', 'empty'];

/** Effects whose columns are all told; any other one would reach further than a list of columns says. */
export const COLUMN_EFFECTS: ReadonlySet<string> = new Set(['read', 'insert', 'update', 'transaction', 'session', 'notify']);

const TERMS = ['approvers', 'quorum', 'within', 'mode', 'channel', 'escalate', 'break_glass'] as const;

export function checkFile(file: PolicyFile, context: PolicyContext | undefined, report: Report): void {
  for (const [index, rule] of file.rules.entries()) {
    const at = (path: Path, message: string): void => report(['rules', index, ...path], message);
    checkRule(rule, at);
    if (context !== undefined) checkNames(rule, context, at);
  }
  for (const [index, { mask, value }] of file.sensitive.entries()) {
    if (value !== undefined && mask !== 'constant') report(['sensitive', index, 'value'], `value is what the mask constant shows, but the mask is ${mask}`);
    if (value?.includes('\0') === true) report(['sensitive', index, 'value'], 'no database stores the character NUL in a text');
  }
  if (context === undefined) return;
  for (const [index, { databases, unmask }] of file.detect.entries()) {
    checkKnown(databases, context.databases, 'there is no database', (at, message) => report(['detect', index, 'databases', at], message));
    checkAgentGroups(unmask, context, (at, message) => report(['detect', index, 'unmask', at], message));
  }
  checkApprovers(file.holds ?? {}, context, (path, message) => report(['holds', ...path], message));
  for (const [index, { unmask }] of file.sensitive.entries()) {
    checkAgentGroups(unmask, context, (at, message) => report(['sensitive', index, 'unmask', at], message));
  }
}

function checkRule(rule: RuleShape, report: Report): void {
  if (RESERVED.includes(rule.name)) report(['name'], `"${rule.name}" is a name that verdicts use when no rule decided; take another one`);
  if (rule.then === 'allow') checkAllow(rule, report);
  if (rule.rows_over !== undefined && rule.then !== 'hold' && rule.then !== 'deny') report(['rows_over'], `rows_over is for rules that hold or deny what comes after so many rows; this one's action is ${rule.then}`);
  if (rule.then === 'hold') return;
  for (const term of TERMS) {
    if (rule[term] !== undefined) report([term], `${term} says how a hold ends, but the rule's action is ${rule.then}`);
  }
}

function checkAllow(rule: RuleShape, report: Report): void {
  if (rule.effects === undefined) report(['name'], `the rule "${rule.name}" allows, so it must list the effects it allows`);
  for (const [at, effect] of (rule.effects ?? []).entries()) {
    if (effect === 'unknown') report(['effects', at], 'what wasn\'t understood can\'t be allowed: a statement with the effect unknown may do anything; hold or deny it');
    else if (rule.columns !== undefined && !COLUMN_EFFECTS.has(effect)) report(['effects', at], `${effect} reaches further than the columns listed; a rule that allows by columns lists only ${[...COLUMN_EFFECTS].join(', ')}`);
  }
}

function checkNames(rule: RuleShape, context: PolicyContext, report: Report): void {
  const issued = (name: string): boolean => context.issuedAgents?.some((prefix) => name.startsWith(prefix)) === true;
  checkKnown(rule.agents, { has: (name) => context.agents.has(name) || issued(name), keys: () => context.agents.keys() }, 'there is no agent', (at, message) => report(['agents', at], message));
  checkAgentGroups(rule.groups, context, (at, message) => report(['groups', at], message));
  checkKnown(rule.databases, context.databases, 'there is no database', (at, message) => report(['databases', at], message));
  if (rule.then === 'hold') checkApprovers(rule, context, report);
}

/** A group that nobody belongs to, or no approver: what waits for it waits in vain. */
function checkGroups(groups: readonly string[], { approvers, approversSignIn }: PolicyContext, report: (index: number, message: string) => void): void {
  if (approversSignIn === true) return;
  for (const [index, group] of groups.entries()) {
    const count = approvers.get(group);
    if (count === undefined) report(index, `nobody is in the group "${group}"${suggestion(group, approvers.keys())}`);
    else if (count === 0) report(index, `nobody in the group "${group}" has the role approver`);
  }
}

/** Groups of agents; where tokens name them, any name may be one. */
function checkAgentGroups(groups: readonly string[] | undefined, { agentGroups, issuedGroups }: PolicyContext, report: (index: number, message: string) => void): void {
  if (issuedGroups !== true) checkKnown(groups, agentGroups, 'no agent is in the group', report);
}

function checkKnown(names: readonly string[] | undefined, known: Pick<ReadonlySet<string>, 'has' | 'keys'>, sentence: string, report: (index: number, message: string) => void): void {
  for (const [index, name] of (names ?? []).entries()) {
    if (!name.includes('*') && !known.has(name)) report(index, `${sentence} "${name}"${suggestion(name, known.keys())}`);
  }
}

function checkApprovers(terms: Partial<Pick<RuleShape, 'approvers' | 'quorum' | 'escalate' | 'break_glass' | 'within'>>, context: PolicyContext, report: Report): void {
  const { approvers = [], quorum, escalate, within } = terms;
  checkGroups(approvers, context, (index, message) => report(['approvers', index], message));
  checkGroups(escalate?.to ?? [], context, (index, message) => report(['escalate', 'to', index], message));
  checkGroups(terms.break_glass ?? [], context, (index, message) => report(['break_glass', index], message));
  if (escalate !== undefined && escalate.after >= (within ?? context.withinMs)) report(['escalate', 'after'], 'by then the request has expired: escalate sooner, or give it more time by within');
  if (within !== undefined && within > (context.keepMs ?? Infinity)) report(['within'], 'journal.keep is shorter: the journal would no longer have the request when it is decided');
  // People in several groups are counted once per group here, so this only finds quorums that can't be met at all.
  const people = approvers.reduce((sum, group) => sum + (context.approvers.get(group) ?? 0), 0);
  if (context.approversSignIn !== true && approvers.length > 0 && people > 0 && quorum !== undefined && quorum > people) report(['quorum'], `${quorum} people must approve, but ${approvers.join(', ')} ${people === 1 ? 'has only one approver' : `have only ${people} approvers`}`);
}
