/**
 * Facts in the corpus's own words: one line per statement, `effects | notes | statement`, as for PostgreSQL (../../postgres/corpus/case.ts).
 * Beside its notes: `mariadb` and `mysql` name the only server that the line is about, `ansi` and `nobackslash` the session's sql_mode,
 * `kills:5` and `kills_query:5` the session that KILL is about, `ungrammatical` that only the server can tell.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MysqlFlavour } from '../../../../src/demo/mysql-binaries.ts';
import type { Facts, SessionNameUse, TableUse } from '../../../../src/sql/facts.ts';

/** What the facts make of a statement, sorted. */
export interface Told {
  readonly effects: string;
  readonly notes: string;
}

export function tell(facts: Facts): Told {
  const { statements } = facts;
  return {
    effects: facts.effects.map(({ effect }) => effect).join(','),
    notes: [
      ...(facts.doubt === undefined ? [facts.tables.length === 0 ? 'none' : ''] : ['doubt']),
      ...facts.tables.map(tableWord),
      ...(['unbounded', 'unresolved', 'ungrammatical'] as const).filter((flag) => facts[flag] === true),
      ...(facts.refused === undefined ? [] : ['refused']),
      ...(statements.length > 1 ? [`statements:${statements.length}`] : []),
      ...statements.flatMap(({ kind }) => `kind:${underscored(kind)}`),
      ...statements.flatMap(({ settings }) => settings.map(({ name, value }) => `set:${name}${value === undefined ? '' : `=${spaced(value)}`}`)),
      ...statements.flatMap(({ names }) => names.map(nameWord)),
      ...statements.flatMap(({ transaction }) => (transaction === undefined ? [] : [`tx:${transaction}`])),
      ...statements.flatMap(({ cancels }) => (cancels === undefined ? [] : [`kills${cancels.what === 'query' ? '_query' : ''}:${cancels.connection ?? '?'}`])),
    ].filter((word) => word !== '').join(' '),
  };
}

const underscored = (text: string): string => text.replaceAll(' ', '_');
const spaced = (text: string): string => text.replaceAll(' ', '~');

function tableWord({ name, read, written, columns, known }: TableUse): string {
  return `${read ? 'r' : ''}${written ? 'w' : ''}${read || written ? '' : 'n'}:${spaced(name)}${known ? '' : '?'}(${spaced(columns.join(','))})`;
}

const nameWord = (name: SessionNameUse): string => ('name' in name ? `name:${name.use}=${name.name ?? '*'}` : `name:${name.use}`);

/** A line of the corpus. */
export interface Line extends Told {
  readonly flags: ReadonlySet<string>;
  readonly sql: string;
}

const FLAGS: ReadonlySet<string> = new Set(['mariadb', 'mysql', 'ansi', 'nobackslash']);

/** Every line of the corpus that is about this server. */
export function corpus(flavour: MysqlFlavour): Line[] {
  const other = flavour === 'mysql' ? 'mariadb' : 'mysql';
  return ['reads', 'writes', 'definitions', 'session', 'attacks']
    .flatMap((name) => readLines(readFileSync(join(import.meta.dirname, `${name}.txt`), 'utf8')))
    .filter(({ flags }) => !flags.has(other));
}

/** The session's sql_mode that a line is about. */
export const modeOf = ({ flags }: Line): string => (flags.has('ansi') ? 'ANSI_QUOTES' : flags.has('nobackslash') ? 'NO_BACKSLASH_ESCAPES' : '');

/** A pilcrow stands for a line break. */
function readLines(text: string): Line[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('# ')).map((line) => {
    const [effects = '', notes = '', ...rest] = line.split(' | ');
    if (rest.length === 0) throw new Error(`not a line of the corpus: ${line}`);
    const words = notes.split(' ');
    return {
      effects, flags: new Set(words.filter((word) => FLAGS.has(word))), notes: words.filter((word) => !FLAGS.has(word)).join(' '),
      sql: rest.join(' | ').replaceAll('¶', '\n'),
    };
  });
}
