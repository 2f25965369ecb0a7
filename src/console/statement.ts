/** A text as it is, whole, with what can't be seen made visible and marked. */

import { html } from 'hono/html';
import { wholeCharacters } from '../runtime/cut.ts';
import { parameterLines, visible } from '../runtime/visible.ts';
import type { Html } from './layout.ts';

const MARK = /(⟦U\+[0-9A-F]{4,6}⟧)/;
/** Each mark is an element: a text of nothing else would be too many of them. */
const MOST_MARKS = 2_000;

export function statement(title: string, text: string): Html {
  const { box, hidden } = boxed(title, visible(text));
  return html`<section><h2>${title}</h2>${box}
<p class="quiet">${count(text.length, 'character')}, ${count(text.split('\n').length, 'line')}, all of it above${text.length > 2_000 ? ' (the box scrolls)' : ''}${hidden === 0 ? '.' : html`; <em class="warning">${count(hidden, 'hidden or unusual character')}</em>, shown as U+ numbers.`}</p></section>`;
}

/** Its beginning, where a page has many; `all` leads to the rest of it. */
export function beginning(title: string, text: string, most: number, all: (length: string) => Html): Html {
  if (text.length <= most) return boxed(title, visible(text)).box;
  return html`${boxed(title, visible(wholeCharacters(text, most))).box}<p class="quiet">… ${all(count(text.length, 'character'))}</p>`;
}

/** @param shown made visible */
function boxed(title: string, shown: string): { readonly box: Html; readonly hidden: number } {
  const hidden = shown.split('⟦').length - 1;
  return { hidden, box: html`<pre class="statement" tabindex="0" aria-label="${title}"><code>${hidden > 0 && hidden <= MOST_MARKS ? marked(shown) : shown}</code></pre>` };
}

function marked(shown: string): (Html | string)[] {
  return shown.split(MARK).map((part, index) => (index % 2 === 1 ? html`<mark>${part}</mark>` : part));
}

export function parameters(values: readonly (string | null)[]): Html | '' {
  if (values.length === 0) return '';
  return html`<section><h2>Parameters</h2><pre class="statement" tabindex="0" aria-label="Parameters"><code>${parameterLines(values)}</code></pre></section>`;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en-GB')} ${what}${n === 1 ? '' : 's'}`;
}
