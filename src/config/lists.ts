/** What is wrong with lists of the configuration, each place told by its index. */

import { suggestion } from './nearest.ts';
import type { ConfigFile } from './schema.ts';

export function once(values: readonly (string | undefined)[], again: (index: number, value: string) => void): void {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    if (seen.has(value)) again(index, value);
    seen.add(value);
  }
}

export function checkDatabaseNames(names: readonly string[], databases: ConfigFile['databases'], report: (at: number, message: string) => void): void {
  const known = Object.keys(databases);
  once(names, (at, name) => report(at, `"${name}" is listed twice`));
  for (const [at, name] of names.entries()) {
    if (!known.includes(name)) report(at, `there is no database "${name}"${suggestion(name, known)}`);
  }
}
