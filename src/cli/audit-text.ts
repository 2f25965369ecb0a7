/** Entries of the audit as text for a terminal. All that an agent wrote is made visible, and no line of a statement can pass for one of ours. */

import type { AuditEntry } from '../audit/entry.ts';
import { entryFacts, entrySaid, entryWho } from '../audit/entry-words.ts';
import { parameterLines, visibleLine } from '../runtime/visible.ts';
import { effectText, labelled, marked, tableText } from './request-text.ts';

/** So much of a text is looked at for a line, and so much of it shown. */
const LOOKED_AT = 200;
const SHOWN = 80;

/** One line per entry, which begins with its number. */
export function entryLine(entry: AuditEntry): string {
  return visibleLine([String(entry.sequence).padStart(9), entry.time, entryWho(entry).padEnd(20), entrySaid(entry), beginning(entry.text)].filter((part) => part !== '').join('  '));
}

function beginning(text = ''): string {
  const start = text.slice(0, LOOKED_AT).replaceAll(/\s+/g, ' ').trim();
  return start.length > SHOWN || text.length > LOOKED_AT ? `${start.slice(0, SHOWN)}…` : start;
}

/** @param columns where to break long lines ourselves; undefined for files and pipes. */
export function entryText(entry: AuditEntry, columns: number | undefined): string {
  const parameters = parameterLines(entry.parameters ?? []);
  return [
    ...entryFacts(entry, { effect: effectText, table: tableText }).flatMap(([label, values]) => labelled(visibleLine(label), values.filter((value) => value !== undefined), columns)),
    ...(entry.text === undefined ? [] : [`Statement    ${entry.text.length} characters, whole:`, ...marked(entry.text, columns)]),
    ...(parameters === '' ? [] : ['Parameters', ...marked(parameters, columns)]),
    '',
  ].join('\n');
}
