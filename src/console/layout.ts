/** The frame of every page: head, navigation, one `main`. */

import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { visibleLine } from '../runtime/visible.ts';
import { SCRIPT, STYLE } from './assets.ts';
import type { ConsoleEnv } from './parts.ts';
import type { Visitor } from './visitor.ts';

export type Html = ReturnType<typeof html>;

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly visitor?: Visitor | undefined;
  /** Milliseconds since 1970, so that the browser's clock needn't be right. */
  readonly now: number;
  /** Ids of elements the script renews when something has changed. */
  readonly live?: readonly string[];
  /** Without JavaScript, the page is loaded anew this often. */
  readonly refreshSeconds?: number;
  /** What it shows changes without an event to say so: renewed this often, with JavaScript or without. */
  readonly renewSeconds?: number;
  readonly status?: ContentfulStatusCode;
}

/** In the order shown, to who may see them. */
const SECTIONS = [['/console', 'Queue', 'read'], ['/console/history', 'History', 'read'], ['/console/sessions', 'Sessions', 'sessions'], ['/console/agents', 'Agents', 'agents'], ['/console/audit', 'Audit', 'audit']] as const;

export function show(context: Context<ConsoleEnv>, page: Page): Response | Promise<Response> {
  const { title, body, visitor, now, live = [], renewSeconds, refreshSeconds = renewSeconds, status = 200 } = page;
  const here = context.req.path;
  return context.html(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Countersign</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${STYLE.path}">
<script src="${SCRIPT.path}" defer></script>
${refreshSeconds === undefined ? '' : html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>`}
</head>
<body data-now="${now}" data-live="${live.join(' ')}"${renewSeconds === undefined ? '' : html` data-renew="${renewSeconds}"`}>
<a class="skip" href="#main">To the content</a>
<header>
<strong class="name">Countersign</strong>
${visitor === undefined ? '' : html`<nav aria-label="Pages">${SECTIONS.filter(([, , right]) => visitor.may(right)).map(([path, name]) => html`<a href="${path}"${here === path ? html` aria-current="page"` : ''}>${name}</a>`)}</nav>
<form class="who" method="post" action="/console/sign-out"><input type="hidden" name="csrf" value="${visitor.csrf}">
<span title="${visibleLine(visitor.way)}">${visibleLine(visitor.person.email)}</span> <button class="plain">Sign out</button></form>`}
</header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${body}
</main>
<p id="news" class="quiet" role="status" aria-live="polite"></p>
<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<dl class="facts"><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous</dd><dt><kbd>Enter</kbd></dt><dd>open</dd>
<dt><kbd>a</kbd></dt><dd>go to Approve; Enter then approves</dd><dt><kbd>d</kbd></dt><dd>go to the reason for a denial; Enter then denies</dd><dt><kbd>q</kbd></dt><dd>back to the queue</dd><dt><kbd>/</kbd></dt><dd>search the audit</dd><dt><kbd>?</kbd></dt><dd>this list</dd></dl>
<form method="dialog"><button>Close</button></form></dialog>
</body>
</html>`, status);
}

/** A refusal in words, where screen readers say it at once. */
export function refusal(message: string, hint?: string): Html {
  return html`<p class="refusal" role="alert"><strong>${visibleLine(message)}</strong>${hint === undefined ? '' : html` ${visibleLine(hint)}`}</p>`;
}
