/** What people read about requests, in words. All that an agent wrote comes out visible and on one line. */

import type { ApprovalRequest, RequestState } from '../approval/request.ts';
import { mayNow, stayed } from '../approval/words.ts';
import { visibleLine } from '../runtime/visible.ts';
import { effectWords } from '../sql/effect-words.ts';
import { howUsed } from '../sql/facts.ts';
import type { Effect, EffectUse, TableUse } from '../sql/facts.ts';

const GRAVE = new Set<Effect>(['drop', 'truncate', 'privilege', 'dynamic', 'server_io', 'replication', 'admin', 'unknown']);
const CHANGING = new Set<Effect>(['insert', 'update', 'delete', 'import', 'export', 'create', 'alter', 'maintenance', 'lock', 'routine']);

/** How it must look: `grave` can't be undone or bounded, `changing` changes or carries out data, `calm` neither. */
export function weight({ unbounded, effects }: ApprovalRequest): 'grave' | 'changing' | 'calm' {
  if (unbounded || effects.some(({ effect }) => GRAVE.has(effect))) return 'grave';
  return effects.some(({ effect }) => CHANGING.has(effect)) ? 'changing' : 'calm';
}

export function effectLine(use: EffectUse): string {
  return visibleLine(effectWords(use));
}

/** Written by the agent, in part: to be made visible. */
export function tableWords({ name, read, written, columns, known }: TableUse): string {
  const how = howUsed({ read, written });
  return `${name}: ${how}${columns.length === 0 || columns.includes('*') ? '' : ` (${columns.join(', ')})`}${known ? '' : '; not in the catalog'}`;
}

/** At most `max` characters of the first line that has any. Only for lists: a decision shows all of it. */
export function firstLine(text: string, max = 140): string {
  const start = text.slice(0, 4 * max).trimStart();
  const line = start.split('\n', 1)[0] ?? '';
  const shown = line.slice(0, max).replace(/[\ud800-\udbff]$/, '');
  return visibleLine(shown) + (shown.length < text.trim().length ? ' …' : '');
}

/** `14:05`, minutes and seconds; `1:02:03` from an hour on. The script writes it the same way. */
export function timeLeft(until: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export const STATE_WORDS: { readonly [S in RequestState]: string } = {
  pending: 'waiting', approved: 'approved', denied: 'denied', expired: 'expired', withdrawn: 'withdrawn', released: 'running', finished: 'has run', failed: 'failed',
};

const BECAME: { readonly [S in RequestState]: (request: ApprovalRequest) => string } = {
  pending: () => 'It waits for a decision.', approved: (request) => `Approved. ${mayNow(request)}`, denied: (request) => `Denied. ${stayed(request)}`,
  expired: (request) => `Expired. ${stayed(request)}`, withdrawn: (request) => `Withdrawn: the agent no longer waits. ${stayed(request)}`,
  released: () => 'Approved. It is running.', finished: () => 'Approved, and it has run.', failed: () => 'Approved, but it failed.',
};

/** What became of it: rows, milliseconds, the database's error. */
export function becameLine(request: ApprovalRequest): string {
  const { state, note, outcome } = request;
  const facts = [
    outcome?.tag, outcome?.rows === undefined ? undefined : `${outcome.rows} rows returned`, outcome?.ms === undefined ? undefined : `${Math.round(outcome.ms)} ms`, outcome?.error, note,
  ].filter((part) => part !== undefined);
  return visibleLine(`${BECAME[state](request)}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`);
}
