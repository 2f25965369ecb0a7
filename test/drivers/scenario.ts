/** What the drivers' programs written in TypeScript share. Each prints one line of JSON a scenario. */

import { readFileSync } from 'node:fs';

export type Scenarios = Readonly<Record<string, () => Promise<object>>>;

/** Where to connect, in the environment as libpq names it. */
export const target = {
  host: '127.0.0.1',
  port: Number(process.env['PGPORT']),
  user: process.env['PGUSER'] ?? '',
  password: process.env['PGPASSWORD'] ?? '',
  database: process.env['PGDATABASE'] ?? '',
  ca: process.env['PGSSLROOTCERT'] === undefined ? undefined : readFileSync(process.env['PGSSLROOTCERT'], 'utf8'),
};

/** Longer than any reader waits: it ends by being cancelled. */
export const SLOW = 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b';

/** Does it run? Asked on another connection, since a cancel that comes too early does nothing. */
export const SLOW_RUNS = `select exists (select from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and clock_timestamp() - query_start > interval '100 ms') as v`;

/** Asks until the answer is true. */
export async function until(ask: () => Promise<unknown>): Promise<void> {
  while ((await ask()) !== true) await new Promise((resolve) => setTimeout(resolve, 20));
}

export const UNICODE = `na\u00efve \u2013 \u6f22\u5b57 \u{1f418} "q" \\ ' end`;

/** Runs the set that the first argument names, one scenario after the other. */
export async function report(sets: Readonly<Record<string, Scenarios>>): Promise<void> {
  for (const [scenario, run] of Object.entries(sets[process.argv[2] ?? ''] ?? {})) {
    const line = await run().then((result) => ({ scenario, result }), (error: unknown) => ({ scenario, failed: failure(error) }));
    console.log(JSON.stringify(line, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)));
  }
}

function failure(error: unknown): string {
  return error instanceof Error ? `${(error as { code?: string }).code ?? ''} ${error.stack ?? error.message}` : String(error);
}

/** The SQLSTATE of the error it ends with; `none` when it doesn't. */
export async function stateOf(running: Promise<unknown>): Promise<string> {
  const error = await errorOf(running);
  return error === undefined ? 'none' : String(error.code);
}

export interface ServerError {
  readonly code?: string;
  readonly message: string;
  readonly detail?: string;
  readonly [field: string]: unknown;
}

export function errorOf(running: Promise<unknown>): Promise<ServerError | undefined> {
  return running.then(() => undefined, (error: unknown) => error as ServerError);
}

/** The `code` in a refusal's DETAIL. */
export function detailCode(error: ServerError | undefined): unknown {
  return (JSON.parse(error?.detail ?? '{}') as { code?: string }).code;
}
