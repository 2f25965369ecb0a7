/** What people are shown beside the statement, in every service. Visible text: whatever agents wrote in it can't pass for something else. */

import { laterApprovers } from '../approval/escalation.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import { rowsLine } from '../approval/words.ts';
import { visibleLine } from '../runtime/visible.ts';
import { effectWords } from '../sql/effect-words.ts';
import { howUsed } from '../sql/facts.ts';
import type { EffectUse, TableUse } from '../sql/facts.ts';
import { cut } from '../runtime/cut.ts';

export function headline({ agent, database }: ApprovalRequest): string {
  return visibleLine(`${agent.name} asks to run a statement on ${database}`);
}

/** Where one decides about it when the message can't show all. @param incomplete why: a sentence. @param url where people reach the console */
export function reviewLine({ id }: ApprovalRequest, incomplete: string, url: string | undefined): string {
  return `${incomplete} Review ${url === undefined ? '' : 'in the console, or '}with: countersign requests show ${id}`;
}

/** @param url where people reach the console, no slash at its end */
export function pageOf({ id }: ApprovalRequest, url: string): string {
  return `${url}/console/requests/${id}`;
}

/** As label and visible text. */
export function factsOf(request: ApprovalRequest): (readonly [label: string, value: string])[] {
  const { agent, database, protocol, rule, reason, transaction } = request;
  const rows = rowsLine(request);
  const facts: [string, string][] = [
    ['Agent', visibleLine(`${agent.name}, owned by ${agent.owner}${agent.actsFor === undefined ? '' : `, acting for ${agent.actsFor}`}`)],
    ['Database', visibleLine(`${database} (${protocol})`)],
    ['Effects', effectsLine(request.effects) + (request.unbounded ? '\nWITHOUT a WHERE: every row' : '')],
    ['Tables', tablesLine(request.tables)],
    ...(rows === undefined ? [] : [['Rows', rows] satisfies [string, string]]),
    ['Rule', visibleLine(`${rule}: ${reason}`)],
    ['Who may decide', whoLines(request)],
  ];
  if (request.masked !== undefined) facts.push(['Masked columns', visibleLine(request.masked.join(', '))]);
  if (request.forms !== undefined) facts.push(['Masks', `masked columns are read as masks; \`countersign requests show ${request.id}\` shows what runs`]);
  if (transaction.open) facts.push(['Transaction', `open for ${Math.round(transaction.ageMs / 1000)} s; its locks wait too`]);
  return [...facts, ...said(request.context)];
}

/** What agents may say of themselves, under the names they use for it (SQL comment tags, settings, connection attributes). The first one there counts. */
const SAID: readonly (readonly [label: string, ...names: string[]])[] = [
  ['Purpose', 'purpose', 'countersign.purpose', 'countersign.reason', 'reason'],
  ['Model', 'model', 'countersign.model'],
  ['Run', 'run_id', 'countersign.run_id', 'run'],
];

/** Believed by nobody, and marked so. */
function said(context: ApprovalRequest['context']): [string, string][] {
  const rest = new Map(Object.entries(context));
  const named = SAID.flatMap(([label, ...names]): [string, string][] => {
    const name = names.find((one) => rest.has(one));
    if (name === undefined) return [];
    const value = visibleLine(rest.get(name) ?? '');
    rest.delete(name);
    return [[`${label}, as the agent says`, cut(value, 500)]];
  });
  const others = [...rest].map(([name, value]) => visibleLine(`${name}: ${value}`)).join('\n');
  return others === '' ? named : [...named, ['The agent says', cut(others, 500)]];
}

function whoLines(request: ApprovalRequest): string {
  const { quorum, approvers, breakGlass } = request;
  const lines = [`${quorum === 1 ? 'one' : quorum} of ${approvers.join(', ')}`, ...laterApprovers(request, (at) => `${new Date(at).toISOString().slice(11, 16)} UTC`)];
  if (breakGlass !== undefined) lines.push(`one of ${breakGlass.join(', ')} alone in an emergency, in the console or the CLI`);
  return lines.map(visibleLine).join('\n');
}

function effectsLine(effects: readonly EffectUse[]): string {
  return effects.map((use) => visibleLine(effectWords(use))).join('\n') || 'none';
}

function tablesLine(tables: readonly TableUse[]): string {
  return tables.map((table) => visibleLine(`${table.name} (${howUsed(table)}${table.known ? '' : ', not in the catalog'})`)).join('\n') || 'none';
}
