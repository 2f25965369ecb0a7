import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { Failure } from '../runtime/failure.ts';

export interface JournalPlace {
  readonly dir: string;
  /** The keys' files, where a configuration names them. */
  readonly key?: string;
  /** What people say is signed with these: the process's own, and those it believes. */
  readonly decisionKeys?: readonly string[];
}

/** Where the journal is: `--dir`, else what the configuration says. Throws Failure. */
export async function journalPlace({ dir, config }: { readonly dir?: string; readonly config?: string }): Promise<JournalPlace> {
  const place = config === undefined ? undefined : await configured(config);
  const found = dir === undefined ? place?.dir : resolve(dir);
  if (found === undefined) throw new Failure('no_journal', 'Which journal?', { hint: 'Name its directory with --dir, or the configuration with --config.' });
  if (!existsSync(found)) throw new Failure('no_journal', `There is no journal directory ${found}.`, { hint: 'It is made when the proxy first starts.' });
  return { ...place, dir: found };
}

async function configured(file: string): Promise<JournalPlace> {
  const { journal, approvals } = await loadConfig(file);
  const { signingKey, trust: { desks, proxies } } = approvals;
  const own = [signingKey].map(publicHalf).filter(existsSync);
  return { dir: journal.dir, key: publicHalf(journal.signingKey), decisionKeys: [...own, ...desks, ...proxies] };
}

/** An auditor may hold the public half only. */
function publicHalf(file: string): string {
  return existsSync(`${file}.pub`) ? `${file}.pub` : file;
}
