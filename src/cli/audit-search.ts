/** `countersign audit search|show`: from the journal's files, without a server. */

import type { Command } from 'commander';
import { FACETS } from '../audit/facets.ts';
import { JournalIndex } from '../audit/journal-index.ts';
import { SearchQuery } from '../audit/query.ts';
import { JournalRefused } from '../journal/failures.ts';
import { segmentsOf } from '../journal/scan.ts';
import { Failure } from '../runtime/failure.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { auditGroup } from './groups.ts';
import { entryLine, entryText } from './audit-text.ts';
import { journalPlace } from './journal-dir.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

type SearchFlags = { readonly [K in keyof SearchQuery]?: string } & { readonly dir?: string; readonly config?: string; readonly json?: boolean };

const FILTERS: Readonly<Record<(typeof FACETS)[number], string>> = {
  kind: 'statement, request, person.signed_in, person.*, …', agent: 'by its name; ci-* for several, as with the others', owner: 'e-mail of who owns the agent', person: 'e-mail of who decided, signed in or out, froze or thawed',
  database: 'its name in the configuration', session: 'its id', request: 'its id', effect: 'read, drop, …', table: 'schema.table, or its end', column: 'schema.table.column, or its end', verdict: 'allow, mask, hold or deny', rule: 'the rule that decided',
};

/** A longer wait than this is explained. */
const EXPLAIN_MS = 1000;

export function auditSearchCommands(program: Command, terminal: Terminal = processTerminal()): void {
  const audit = auditGroup(program);
  const add = (spec: string, description: string): Command => audit.command(spec).description(description)
    .option('--dir <dir>', 'the journal\'s directory').option('--config <file>', 'take the directory from the configuration').option('--json', 'print JSON');
  const search = add('search [text...]', 'find statements, requests and other events, newest first; all words must be there, "drop table" side by side, custom* as a beginning');
  for (const facet of FACETS) search.option(`--${facet} <${facet}>`, FILTERS[facet]);
  search.option('--since <time>', 'from this moment on: 2026-03-01T08:00:00Z, or 2026-03-01').option('--until <time>', 'before this moment')
    .option('--limit <n>', 'how many at most').option('--after <cursor>', 'the page after the one that named it')
    .action((words: readonly string[], flags: SearchFlags) => reporting(terminal, () => find(words, flags, terminal)));
  add('show <sequence>', 'show one entry of a search, whole')
    .action((sequence: string, flags: SearchFlags) => reporting(terminal, () => show(sequence, flags, terminal)));
}

async function find(words: readonly string[], { dir, config, json, ...filters }: SearchFlags, terminal: Terminal): Promise<void> {
  const query = checked({ ...filters, ...(words.length > 0 && { text: words.join(' ') }) });
  const { entries, next, unknown = [] } = await withIndex({ dir, config }, terminal, (index) => index.search(query));
  if (json === true) return terminal.out(`${visibleJson({ entries, ...(next !== undefined && { next }), ...(unknown.length > 0 && { unknown }) }, 2)}\n`);
  for (const entry of entries) terminal.out(`${entryLine(entry)}\n`);
  for (const filter of unknown) terminal.say(`The journal knows no ${visibleLine(filter)}.\n`);
  if (entries.length === 0 && unknown.length === 0) terminal.say('Nothing was found.\n');
  if (next !== undefined) terminal.say(`There are more: --after ${next}\n`);
}

async function show(given: string, { dir, config, json }: SearchFlags, terminal: Terminal): Promise<void> {
  const sequence = /^\d{1,16}$/.test(given) ? Number(given) : undefined;
  const entry = sequence === undefined ? undefined : await withIndex({ dir, config }, terminal, (index) => index.entry(sequence));
  if (entry === undefined) throw new Failure('no_entry', `There is no entry ${visibleLine(given)}.`, { hint: '`countersign audit search` lists them by their numbers.' });
  terminal.out(json === true ? `${visibleJson(entry, 2)}\n` : entryText(entry, terminal.columns));
}

function checked(given: Readonly<Record<string, string | undefined>>): SearchQuery {
  const result = SearchQuery.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path: [name = ''], message }) => `${name === 'text' ? 'The text' : `--${String(name)}`}: ${message}.`);
  throw new Failure('bad_search', visibleLine(problems.join(' ')), { hint: '`countersign audit search --help` says what each takes.' });
}

async function withIndex<T>(place: { readonly dir: string | undefined; readonly config: string | undefined }, terminal: Terminal, work: (index: JournalIndex) => Promise<T>): Promise<T> {
  const { dir } = await journalPlace({ ...(place.dir !== undefined && { dir: place.dir }), ...(place.config !== undefined && { config: place.config }) });
  // No index is left in a directory that was named by mistake.
  if ((await segmentsOf(dir)).length === 0) throw new Failure('no_journal', `There is no journal in ${dir}.`, { hint: 'Its files are named like 0000000000000001.journal; the proxy makes the first when it starts.' });
  const index = new JournalIndex(dir);
  const explained = setTimeout(() => terminal.say(index.kept
    ? 'The index is brought up to the journal; the next search is faster.\n'
    : `${dir} can't be written: what its index lacks is read for this search alone.\n`), EXPLAIN_MS);
  try {
    await index.grow();
  } catch (error) {
    if (!(error instanceof JournalRefused) || error.code !== 'damaged') throw error;
    terminal.say(`warning: ${error.message} What comes after it isn't found.\n${error.hint ?? ''}\n`);
  } finally {
    clearTimeout(explained);
  }
  try {
    return await work(index);
  } finally {
    await index.close();
  }
}
