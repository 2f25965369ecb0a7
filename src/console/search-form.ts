import { html } from 'hono/html';
import { ENTRY_KINDS } from '../audit/entry.ts';
import type { SearchQuery } from '../audit/query.ts';
import { ACTIONS } from '../policy/verdict.ts';
import { EFFECTS } from '../sql/facts.ts';
import type { Html } from './layout.ts';

/** What somebody asks, as the address has it. */
export type Asked = Readonly<Record<string, string>>;

interface Field {
  readonly name: keyof SearchQuery;
  readonly label: string;
  readonly example?: string;
  /** Offered, not prescribed: each field takes `*` for any letters. */
  readonly words?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'agent', label: 'Agent', example: 'ci-*' },
  { name: 'person', label: 'Person', example: 'sam@example.com' },
  { name: 'database', label: 'Database' },
  { name: 'table', label: 'Table', example: 'public.orders, or orders' },
  { name: 'effect', label: 'Effect', words: EFFECTS },
  { name: 'verdict', label: 'Verdict', words: ACTIONS },
  { name: 'kind', label: 'Kind', words: ENTRY_KINDS },
  { name: 'since', label: 'Since (UTC)', example: '2026-03-01' },
  { name: 'until', label: 'Until (not included)', example: '2026-04-01' },
];

const MORE: readonly Field[] = [
  { name: 'owner', label: 'Owner of the agent' },
  { name: 'column', label: 'Column', example: 'customers.email' },
  { name: 'rule', label: 'Rule' },
  { name: 'session', label: 'Session', example: 'ses_…' },
  { name: 'request', label: 'Request', example: 'req_…' },
];

export function searchForm(asked: Asked): Html {
  return html`<form class="search" method="get" action="/console/audit" role="search">
<label class="words">Words<input id="words" name="text" value="${asked['text'] ?? ''}" placeholder="all must be there; &quot;drop table&quot; side by side, custom* as a beginning" maxlength="1000" autocomplete="off"></label>
<div class="fields">${FIELDS.map((field) => input(field, asked))}</div>
<details${MORE.some(({ name }) => asked[name] !== undefined) ? html` open` : ''}><summary>More filters</summary><div class="fields">${MORE.map((field) => input(field, asked))}</div></details>
<button>Search</button></form>`;
}

function input({ name, label, example = '', words }: Field, asked: Asked): Html {
  return html`<label>${label}<input name="${name}" value="${asked[name] ?? ''}" placeholder="${example}" maxlength="500" autocomplete="off" spellcheck="false"${words === undefined ? '' : html` list="${name}-words"`}>
${words === undefined ? '' : html`<datalist id="${name}-words">${words.map((word) => html`<option value="${word}"></option>`)}</datalist>`}</label>`;
}
