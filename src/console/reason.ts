import { html } from 'hono/html';
import { MAX_REASON } from '../approval/request.ts';
import { PageRefused } from './guard.ts';
import type { Html } from './layout.ts';

/** The form's `reason`. Throws PageRefused when there is none. */
export function reasonIn({ reason }: Readonly<Record<string, unknown>>): string {
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > MAX_REASON) throw new PageRefused(400, `Say why, in up to ${MAX_REASON} characters.`);
  return reason.trim();
}

export const reasonField = (label = 'Reason'): Html => html`<label>${label}<input name="reason" required maxlength="${MAX_REASON}" autocomplete="off"></label>`;
