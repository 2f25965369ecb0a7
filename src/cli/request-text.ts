/** Requests as text for a terminal. All that an agent wrote is made visible, and no line of a statement can pass for one of ours. */

import type { ApprovalRequestView } from '../api/schemas.ts';
import { escalatedTo, laterApprovers } from '../approval/escalation.ts';
import { rowsLine } from '../approval/words.ts';
import { parameterLines, visible, visibleLine } from '../runtime/visible.ts';
import { howUsed } from '../sql/facts.ts';
import type { TableUse } from '../sql/facts.ts';

/** @param columns where to break long lines ourselves, so that none continues without its mark; undefined for files and pipes. */
export function requestText(request: ApprovalRequestView, now: number, columns: number | undefined): string {
  const { agent, transaction } = request;
  const rows: [string, string[]][] = [
    ['Request', [`${request.id}, ${request.state}${request.state === 'pending' ? `, ${timeLeft(request, now)} left (until ${request.expiresAt})` : ''}`]],
    ['Agent', [`${agent.name}, owned by ${agent.owner}${agent.actsFor === undefined ? '' : `, acting for ${agent.actsFor}`}`]],
    ['Database', [`${request.database} (${request.protocol})`]],
    ['Effects', [...request.effects.map(effectText), ...(request.unbounded ? ['WITHOUT a WHERE: every row'] : [])]],
    ['Tables', request.tables.map(tableText)],
    ['Masked', request.masked ?? []],
    ['Rows', [rowsLine(request)].filter((line) => line !== undefined)],
    ['Rule', [`${request.rule}: ${request.reason}`]],
    ['Approvers', approversText(request)],
    ['Transaction', transaction.open ? [`open for ${Math.round(transaction.ageMs / 1000)} s; its locks wait too`] : []],
    ['Agent says', Object.entries(request.context).map(([name, value]) => `${name}: ${value}`)],
    ['Decisions', request.decisions.map((one) => `${one.decision}${one.breakGlass === true ? ', BREAKING THE GLASS,' : ''} by ${one.person} at ${one.at} (${one.channel})${one.reason === undefined ? '' : `: ${one.reason}`}`)],
    ['Outcome', outcomeText(request)],
    ['Digest', [request.digest]],
  ];
  const parameters = parameterLines(request.parameters ?? []);
  return [
    ...rows.flatMap(([label, values]) => labelled(label, values, columns)),
    `Statement    ${request.text.length} characters, whole:`,
    ...marked(request.text, columns),
    ...(parameters === '' ? [] : ['Parameters', ...marked(parameters, columns)]),
    ...(request.forms ?? []).flatMap((form) => ['Runs, so that masked columns are read as masks, as', ...marked(form, columns)]),
    '',
  ].join('\n');
}

/** One line per request. */
export function requestLine(request: ApprovalRequestView, now: number): string {
  const left = request.state === 'pending' ? timeLeft(request, now) : '';
  const effects = request.effects.map(({ effect }) => effect).join(',');
  const start = visibleLine(request.text.slice(0, 120).replaceAll(/\s+/g, ' '));
  const columns = [request.id, (escalatedTo(request).length > 0 ? 'escalated' : request.state).padEnd(9), left.padEnd(10), visibleLine(request.agent.name).padEnd(12), visibleLine(request.database).padEnd(10), effects.padEnd(16)];
  return `${columns.join('  ')}  ${start.slice(0, 60)}${start.length > 60 || request.text.length > 120 ? '…' : ''}`;
}

/** Each line of the text with a mark before it: `| ` for a line, `: ` where a long one goes on. */
export function marked(text: string, columns: number | undefined): string[] {
  const width = columns === undefined ? Infinity : Math.max(20, columns - 4);
  return visible(text).split('\n').flatMap((line) => wrapped(line, width).map((piece, index) => `  ${index === 0 ? '|' : ':'} ${piece}`));
}

export function labelled(label: string, values: readonly string[], columns: number | undefined): string[] {
  const width = columns === undefined ? Infinity : Math.max(20, columns - 14);
  return values.flatMap((value) => wrapped(visibleLine(value), width)).map((line, index) => `${(index === 0 ? label : '').padEnd(13)}${line}`);
}

/** Counts two columns for everything beyond ASCII (and a tab as eight), which is never too few. */
export function wrapped(line: string, width: number): string[] {
  const pieces = [''];
  let used = 0;
  for (const character of line) {
    const wide = character === '\t' ? 8 : character < '\u007f' ? 1 : 2;
    if (used + wide > width) {
      pieces.push('');
      used = 0;
    }
    pieces[pieces.length - 1] += character;
    used += wide;
  }
  return pieces;
}

function approversText(request: ApprovalRequestView): string[] {
  const { quorum, approvers, breakGlass } = request;
  return [
    `${quorum} of ${approvers.join(', ')}`,
    ...laterApprovers(request, (at) => at),
    ...(breakGlass === undefined ? [] : [`one of ${breakGlass.join(', ')} alone in an emergency (--break-glass)`]),
  ];
}

export function timeLeft({ expiresAt }: Pick<ApprovalRequestView, 'expiresAt'>, now: number): string {
  const seconds = Math.max(0, Math.floor((Date.parse(expiresAt) - now) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

export function effectText({ effect, objects, because }: { readonly effect: string; readonly objects: readonly string[]; readonly because?: string | undefined }): string {
  return [effect, objects.join(', '), because === undefined ? '' : `(${because})`].filter((part) => part !== '').join(' ');
}

export function tableText({ name, read, written, columns, known }: TableUse): string {
  const how = howUsed({ read, written });
  return `${name} (${how}; columns ${columns.join(', ')}${known ? '' : '; not in the catalog'})`;
}

function outcomeText({ outcome, note }: ApprovalRequestView): string[] {
  const parts = [outcome?.tag, outcome?.rows === undefined ? undefined : `${outcome.rows} rows`, outcome?.ms === undefined ? undefined : `${Math.round(outcome.ms)} ms`, outcome?.error, note];
  const text = parts.filter((part) => part !== undefined).join(', ');
  return text === '' ? [] : [text];
}
