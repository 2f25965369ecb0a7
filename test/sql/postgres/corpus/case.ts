/**
 * One line per statement: `effects | notes | statement`.
 *
 * Effects are joined by commas, in any order. Notes are words: `r:`, `w:`, `rw:`, `n:` and a table with its columns, `r:public.orders(id,total)` (when
 * one is given all must be; `none` says there are no tables); `unbounded`, `refused`, `unresolved`; `set:name=value` and `local:name=value`;
 * `name:use=x` for session names; `tx:begin`; `kind:copy_to`; `pg18` the grammar is newer than 15's; `rejected` no server accepts it.
 * A pilcrow stands for a line break.
 */

export interface Case {
  readonly sql: string;
  readonly effects: readonly string[];
  readonly tables: readonly string[] | undefined;
  readonly settings: readonly string[];
  readonly names: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly kind: string | undefined;
  readonly transaction: string | undefined;
}

export function readCases(lines: string): Case[] {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readCase);
}

function readCase(line: string): Case {
  const [effects = '', notes = '', ...rest] = line.split('|');
  if (rest.length === 0) throw new Error(`not a case: ${line}`);
  const words = notes.split(' ').filter((word) => word !== '');
  const tables = words.filter((word) => /^(r|w|rw|n):/.test(word));
  const after = (prefix: string): string[] => words.filter((word) => word.startsWith(prefix)).map((word) => word.slice(prefix.length));
  return {
    sql: rest.join('|').trim().replaceAll('¶', '\n'),
    effects: effects.split(',').map((effect) => effect.trim()).filter((effect) => effect !== '').toSorted(),
    tables: tables.length > 0 || words.includes('none') ? tables.toSorted() : undefined,
    settings: words.filter((word) => /^(set|local):/.test(word)).toSorted(),
    names: after('name:').toSorted(),
    flags: new Set(words.filter((word) => !word.includes(':'))),
    kind: after('kind:')[0]?.replaceAll('_', ' '),
    transaction: after('tx:')[0],
  };
}
