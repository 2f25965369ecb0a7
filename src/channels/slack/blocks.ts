/**
 * The few Block Kit shapes used here. What agents wrote goes only into `plain_text` and `rich_text_preformatted`, where
 * Slack knows no mentions, links, emoji or formatting. `mrkdwn` carries nothing but our own words and numbers.
 * https://docs.slack.dev/reference/block-kit/blocks
 */

import { cut } from '../../runtime/cut.ts';

export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

export interface Button {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: PlainText;
  readonly style?: 'primary' | 'danger';
  readonly value?: string;
  /** Opened in the browser; the press is told all the same. */
  readonly url?: string;
  readonly confirm?: { readonly title: PlainText; readonly text: PlainText; readonly confirm: PlainText; readonly deny: PlainText; readonly style: 'danger' };
}

export type Block =
  | { readonly type: 'section'; readonly text: PlainText }
  | { readonly type: 'section'; readonly fields: readonly PlainText[] }
  | { readonly type: 'context'; readonly elements: readonly (PlainText | { readonly type: 'mrkdwn'; readonly text: string })[] }
  | { readonly type: 'rich_text'; readonly elements: readonly [{ readonly type: 'rich_text_preformatted'; readonly elements: readonly [{ readonly type: 'text'; readonly text: string }] }] }
  | { readonly type: 'actions'; readonly block_id: string; readonly elements: readonly Button[] };

/** Slack's limit for a section's text, in characters; we stay below, since how it counts isn't written down. */
export const MAX_SECTION = 2900;
/** Slack's limit for one field of a section is 2000. */
const MAX_FIELD = 1900;
const MAX_FIELDS = 10;

export function plain(text: string): PlainText {
  return { type: 'plain_text', text, emoji: false };
}

export function section(text: string): Block {
  return { type: 'section', text: plain(cut(text, MAX_SECTION)) };
}

/** Label and value pairs, two columns. Values that are too long are cut and say so. */
export function fields(pairs: readonly (readonly [string, string])[]): Block[] {
  const all = pairs.map(([label, value]) => plain(`${label}\n${cut(value, MAX_FIELD)}`));
  return Array.from({ length: Math.ceil(all.length / MAX_FIELDS) }, (_, page) => ({ type: 'section', fields: all.slice(page * MAX_FIELDS, (page + 1) * MAX_FIELDS) }));
}

export function preformatted(text: string): Block {
  return { type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }] };
}

/** @param at milliseconds since 1970. Slack shows it in each reader's own time zone; the fallback is ISO 8601. */
export function moment(label: string, at: number): Block {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: `${label} <!date^${Math.trunc(at / 1000)}^{date_short_pretty} {time_secs}|${new Date(at).toISOString()}>` }] };
}

export function note(text: string): Block {
  return { type: 'context', elements: [plain(cut(text, MAX_FIELD))] };
}
