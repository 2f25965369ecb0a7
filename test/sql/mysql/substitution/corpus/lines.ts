import { readFileSync } from 'node:fs';

export interface Line {
  /** `email:projected ssn:written=x`, then `same` or `obstacle`. */
  readonly uses: string;
  readonly sql: string;
}

/** Lines of the file that are for the server. */
export function lines(file: 'reads' | 'attacks', flavour: 'mysql' | 'mariadb'): Line[] {
  return readFileSync(new URL(`${file}.txt`, import.meta.url), 'utf8').split('\n').flatMap((line) => {
    const [, uses = '', which = '', sql = ''] = /^(.*?) ?\| (mysql|mariadb)? ?\| (.*)$/.exec(line) ?? [];
    return sql === '' || line.startsWith('#') || (which !== '' && which !== flavour) ? [] : [{ uses, sql: sql.replaceAll('¶', '\n') }];
  });
}
