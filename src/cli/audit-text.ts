/** Entries of the audit as text for a terminal. All that an agent wrote is made visible, and no line of a statement can pass for one of ours. */

import type { AuditEntry, DecisionMade, StatementOutcome } from '../audit/entry.ts';
import { parameterLines, visibleLine } from '../runtime/visible.ts';
import { effectText, labelled, marked, tableText } from './request-text.ts';

/** So much of a text is looked at for a line, and so much of it shown. */
const LOOKED_AT = 200;
const SHOWN = 80;

/** One line per entry, which begins with its number. */
export function entryLine(entry: AuditEntry): string {
  const { sequence, time, agent, database } = entry;
  const who = [agent ?? entry.people?.join(', ') ?? '', database === undefined ? '' : `@${database}`].join('');
  return visibleLine([String(sequence).padStart(9), time, who.padEnd(20), said(entry), beginning(entry.text)].filter((part) => part !== '').join('  '));
}

function said(entry: AuditEntry): string {
  const { kind, verdict, observed, fate, code, effects = [], request, outcome, details } = entry;
  if (kind === 'request') return `${request?.id ?? 'request'}${request?.state === undefined ? '' : ` ${request.state}`}${(request?.decisions ?? []).map((one) => `, ${decisionText(one)}`).join('')}`;
  if (kind !== 'statement') return [kind, code, ...Object.values(details ?? {}).filter((value) => typeof value === 'string')].filter((part) => part !== undefined).join(' ');
  const ended = fate === 'refused' ? `refused${code === undefined ? '' : ` (${code})`}` : outcome === undefined ? 'no outcome' : outcomeText(outcome);
  return [`${verdict ?? ''}${observed === true ? ', only observed' : ''}`, effects.map(({ effect }) => effect).join(','), ended, request?.id ?? ''].filter((part) => part !== '').join('  ');
}

function beginning(text = ''): string {
  const start = text.slice(0, LOOKED_AT).replaceAll(/\s+/g, ' ').trim();
  return start.length > SHOWN || text.length > LOOKED_AT ? `${start.slice(0, SHOWN)}…` : start;
}

/** @param columns where to break long lines ourselves; undefined for files and pipes. */
export function entryText(entry: AuditEntry, columns: number | undefined): string {
  const { request, outcome, details = {} } = entry;
  const rows: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ['Entry', [`${entry.sequence}, ${entry.kind} at ${entry.time}`]],
    ['Session', [entry.session && `${entry.session}${entry.client === undefined ? '' : ` from ${entry.client}`}`]],
    ['Agent', [entry.agent && `${entry.agent}${entry.owner === undefined ? '' : `, owned by ${entry.owner}`}`]],
    ['Database', [entry.database && `${entry.database}${entry.protocol === undefined ? '' : ` (${entry.protocol})`}`]],
    ['People', entry.people ?? []],
    ['Effects', (entry.effects ?? []).map(effectText)],
    ['Tables', (entry.tables ?? []).map(tableText)],
    ['Verdict', [entry.verdict && `${entry.verdict} by ${entry.rule ?? ''}${entry.observed === true ? ', only observed' : ''}`]],
    ['Fate', [entry.fate && `${entry.fate}${entry.code === undefined ? '' : ` (${entry.code})`}`]],
    ['Request', [request && `${request.id}${request.state === undefined ? '' : `, ${request.state}`}`, request?.approvers && `${request.quorum ?? 1} of ${request.approvers.join(', ')}`, request?.escalatedTo && `escalated to ${request.escalatedTo.join(', ')}`, request?.reason]],
    ['Decisions', (request?.decisions ?? []).map((one) => `${decisionText(one)} at ${one.time} (${one.channel})`)],
    ['Outcome', [outcome && outcomeText(outcome)]],
    ['Policy', [entry.policy]],
    ...Object.entries(details).map(([name, value]) => [name, [typeof value === 'string' ? value : JSON.stringify(value)]] as const),
  ];
  const parameters = parameterLines(entry.parameters ?? []);
  return [
    ...rows.flatMap(([label, values]) => labelled(visibleLine(label), values.filter((value) => value !== undefined), columns)),
    ...(entry.text === undefined ? [] : [`Statement    ${entry.text.length} characters, whole:`, ...marked(entry.text, columns)]),
    ...(parameters === '' ? [] : ['Parameters', ...marked(parameters, columns)]),
    '',
  ].join('\n');
}

function decisionText({ decision, person, reason, breakGlass }: DecisionMade): string {
  const done = decision === 'approve' ? 'approved' : 'denied';
  return `${done}${breakGlass === true ? ', BREAKING THE GLASS,' : ''} by ${person}${reason === undefined ? '' : `: ${reason}`}`;
}

function outcomeText({ rows, bytes, ms, tag, error }: StatementOutcome): string {
  return error === undefined ? `${tag === undefined ? '' : `${tag}, `}${rows} rows, ${bytes} bytes, ${ms} ms` : `error ${error.code}: ${error.message}`;
}
