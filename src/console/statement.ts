/** A text as it is, whole, with what can't be seen made visible and marked. */

import { html } from 'hono/html';
import { parameterLines, visible } from '../runtime/visible.ts';
import type { Html } from './layout.ts';

const MARK = /(⟦U\+[0-9A-F]{4,6}⟧)/;
/** Each mark is an element: a text of nothing else would be too many of them. */
const MOST_MARKS = 2_000;

export function statement(title: string, text: string): Html {
  const shown = visible(text);
  const hidden = shown.split('⟦').length - 1;
  return html`<section><h2>${title}</h2><pre class="statement" tabindex="0" aria-label="${title}"><code>${hidden > 0 && hidden <= MOST_MARKS ? marked(shown) : shown}</code></pre>
<p class="quiet">${count(text.length, 'character')}, ${count(text.split('\n').length, 'line')}, all of it above${text.length > 2_000 ? ' (the box scrolls)' : ''}${hidden === 0 ? '.' : html`; <em class="warning">${count(hidden, 'hidden or unusual character')}</em>, shown as U+ numbers.`}</p></section>`;
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
