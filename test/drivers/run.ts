/** Runs a driver's program and reads what it reports. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** A way to the database. */
export interface Target {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** File of the authority to trust; undefined: no TLS. */
  readonly ca?: string;
  /** Where the proxy tells what waits for approval, for programs that must know. */
  readonly requests?: { readonly url: string; readonly token: string };
}

/** A scenario's result, or how it failed. */
export type Line = { readonly scenario: string; readonly result: Record<string, unknown> } | { readonly scenario: string; readonly failed: string };

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** As libpq's variables name it, and in names of our own for drivers that have none. */
export function environment({ port, user, password, database, ca, requests }: Target): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  return {
    // Nothing of the machine's own settings (PGSERVICE, locales, time zones) may reach the drivers.
    PATH, HOME, TMPDIR, TZ: 'UTC', LC_ALL: 'C.UTF-8', PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database,
    PGSSLMODE: ca === undefined ? 'disable' : 'verify-full', PGGSSENCMODE: 'disable', ...(ca === undefined ? {} : { PGSSLROOTCERT: ca }),
    DB_PORT: String(port), DB_USER: user, DB_PASSWORD: password, DB_NAME: database, ...(ca === undefined ? {} : { DB_CA: ca }),
    ...(requests === undefined ? {} : { DB_REQUESTS: requests.url, DB_TOKEN: requests.token }),
  };
}

/** `equal`: whatever must be the same through the proxy. `catalog`: of these, the questions to the catalog. `login`: that users joined by commas get in (JDBC). */
export type Set = 'equal' | 'held' | 'catalog' | 'login';

/** For one run of all scenarios; a few seconds on an idle machine. */
const DEADLINE_MS = 60_000;

/** Results by scenario. Rejects when the program fails or says what isn't a line of ours. */
export async function runDriver({ program, args, env }: Command, set: Set, target: Target): Promise<Record<string, unknown>> {
  const child = spawn(program, [...args, set], { env: { ...environment(target), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints = text(child.stderr);
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'gone'));
  });
  ended.catch(() => {});
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const results: Record<string, unknown> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Line;
    results[said.scenario] = 'failed' in said ? `FAILED: ${said.failed}` : said.result;
  }
  const code = await ended.finally(() => clearTimeout(deadline));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}, last after ${Object.keys(results).at(-1) ?? 'nothing'}: ${await complaints}`);
  return results;
}
