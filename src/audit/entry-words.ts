/** What is said of entries. Agents wrote some of it: whoever shows it makes it visible. */

import type { EffectUse, TableUse } from '../sql/facts.ts';
import type { AuditEntry, DecisionMade, StatementOutcome } from './entry.ts';

/** Who did it, where that is known: an agent at a database, or people. */
export function entryWho({ agent, database, people }: AuditEntry): string {
  return [agent ?? people?.join(', ') ?? '', database === undefined ? '' : `@${database}`].join('');
}

/** How it was judged and what became of it, on one line. */
export function entrySaid(entry: AuditEntry): string {
  const { kind, verdict, observed, fate, code, effects = [], request, outcome, details } = entry;
  if (kind === 'request') return `${request?.id ?? 'request'}${request?.state === undefined ? '' : ` ${request.state}`}${(request?.decisions ?? []).map((one) => `, ${decisionText(one)}`).join('')}`;
  if (kind !== 'statement') return [kind, code, ...Object.values(details ?? {}).filter((value) => typeof value === 'string')].filter((part) => part !== undefined).join(' ');
  const ended = fate === 'refused' ? `refused${code === undefined ? '' : ` (${code})`}` : outcome === undefined ? 'no outcome' : outcomeText(outcome);
  return [`${verdict ?? ''}${observed === true ? ', only observed' : ''}`, effects.map(({ effect }) => effect).join(','), ended, request?.id ?? ''].filter((part) => part !== '').join('  ');
}

export interface UseWords {
  readonly effect: (use: EffectUse) => string;
  readonly table: (use: TableUse) => string;
}

/** All that the entry has but for its text and parameters: a label, and what is known. */
export function entryFacts(entry: AuditEntry, { effect, table }: UseWords): readonly (readonly [label: string, values: readonly (string | undefined)[]])[] {
  const { request, outcome, details = {} } = entry;
  return [
    ['Entry', [`${entry.sequence}, ${entry.kind} at ${entry.time}`]],
    ['Session', [entry.session && `${entry.session}${entry.client === undefined ? '' : ` from ${entry.client}`}`]],
    ['Agent', [entry.agent && `${entry.agent}${entry.owner === undefined ? '' : `, owned by ${entry.owner}`}`]],
    ['Database', [entry.database && `${entry.database}${entry.protocol === undefined ? '' : ` (${entry.protocol})`}`]],
    ['People', entry.people ?? []],
    ['Effects', (entry.effects ?? []).map(effect)],
    ['Tables', (entry.tables ?? []).map(table)],
    ['Verdict', [entry.verdict && `${entry.verdict} by ${entry.rule ?? ''}${entry.observed === true ? ', only observed' : ''}`]],
    ['Fate', [entry.fate && `${entry.fate}${entry.code === undefined ? '' : ` (${entry.code})`}`]],
    ['Request', [request && `${request.id}${request.state === undefined ? '' : `, ${request.state}`}`, request?.approvers && `${request.quorum ?? 1} of ${request.approvers.join(', ')}`, request?.escalatedTo && `escalated to ${request.escalatedTo.join(', ')}`, request?.reason]],
    ['Decisions', (request?.decisions ?? []).map((one) => `${decisionText(one)} at ${one.time} (${one.channel})`)],
    ['Outcome', [outcome && outcomeText(outcome)]],
    ['Policy', [entry.policy]],
    ...Object.entries(details).map(([name, value]) => [name, [typeof value === 'string' ? value : JSON.stringify(value)]] as const),
  ];
}

function decisionText({ decision, person, reason, breakGlass }: DecisionMade): string {
  const done = decision === 'approve' ? 'approved' : 'denied';
  return `${done}${breakGlass === true ? ', BREAKING THE GLASS,' : ''} by ${person}${reason === undefined ? '' : `: ${reason}`}`;
}

function outcomeText({ rows, bytes, ms, tag, error }: StatementOutcome): string {
  return error === undefined ? `${tag === undefined ? '' : `${tag}, `}${rows} rows, ${bytes} bytes, ${ms} ms` : `error ${error.code}: ${error.message}`;
}
