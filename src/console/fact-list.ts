import { html } from 'hono/html';
import { visibleLine } from '../runtime/visible.ts';
import type { Html } from './layout.ts';

/** A label and what is said of it; rows of which nothing is said aren't shown. Values as they were written: they are made visible here. */
export type FactRow = readonly [label: string, values: readonly (string | undefined)[]];

export function factList(rows: readonly FactRow[]): Html {
  return html`<dl class="facts">${rows.map(([label, values]) => [label, values.filter((value) => value !== undefined)] as const).filter(([, values]) => values.length > 0)
    .map(([label, values]) => html`<dt>${visibleLine(label)}</dt>${values.map((value) => html`<dd>${visibleLine(value)}</dd>`)}`)}</dl>`;
}
