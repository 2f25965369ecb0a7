/** What each contender is asked to do, and what that measures. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { drain } from './drain.ts';

const run = promisify(execFile);

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Full path of a program. @throws Error that names what to install. */
export type FindTool = (name: string) => string;

export type Protocol = 'postgres' | 'mysql';

export interface Measurement {
  /** Transactions for pgbench and sysbench, rows for the reads. */
  readonly units: number;
  /** Units per second. */
  readonly rate: number;
  /** Median, ms; for the reads the whole duration. */
  readonly latencyMs: number;
}

export interface Workload {
  readonly name: string;
  readonly protocol: Protocol;
  readonly unit: 'transaction' | 'row';
  measure(target: Target, tool: FindTool, seconds: number): Promise<Measurement>;
}

/** Rows of the table `big`. */
export const BIG_ROWS = 1_000_000;

export const POSTGRES_WORKLOADS: readonly Workload[] = [
  pgbench('simple', 1),
  pgbench('simple', 16),
  pgbench('prepared', 1),
  pgbench('prepared', 16),
  read('select-1m', 'postgres', (target) => drain(target, 'SELECT * FROM big')),
  read('copy-1m', 'postgres', (target) => drain(target, 'COPY big TO STDOUT')),
  read('psql-select-1m', 'postgres', (target, tool) => psql(target, tool, 'SELECT * FROM big')),
  read('psql-copy-1m', 'postgres', (target, tool) => psql(target, tool, 'COPY big TO STDOUT')),
];

function environment({ host, port, user, password, database }: Target): NodeJS.ProcessEnv {
  return { ...process.env, PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database, PGSSLMODE: 'disable', PGGSSENCMODE: 'disable' };
}

/** pgbench's read-only script: one SELECT by primary key per transaction. */
function pgbench(mode: 'simple' | 'prepared', clients: number): Workload {
  return {
    name: `${mode}-${clients}`,
    protocol: 'postgres',
    unit: 'transaction',
    async measure(target, tool, seconds) {
      const folder = mkdtempSync(join(tmpdir(), 'cs-bench-'));
      try {
        // Each latency of one client, a twentieth of those of many: writing them takes time too.
        const args = ['-n', '-S', '-M', mode, '-c', String(clients), '-j', '1', '-T', String(seconds), '-l', '--log-prefix=log', `--sampling-rate=${clients === 1 ? 1 : 0.05}`];
        const { stdout } = await run(tool('pgbench'), args, { cwd: folder, env: environment(target) });
        return { units: number(stdout, /actually processed: (\d+)/), rate: number(stdout, /tps = ([\d.]+) \(without/), latencyMs: medianLatency(folder) };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

export function number(output: string, pattern: RegExp): number {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`the program did not say ${pattern.source}:\n${output}`);
  return Number(found);
}

/** Third field of each line: the transaction's time in µs (pgbench documentation, "Per-Transaction Logging"). */
function medianLatency(folder: string): number {
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'));
  return median(lines.map((line) => Number(line.split(' ')[2]))) / 1000;
}

export function read(name: string, protocol: Protocol, once: (target: Target, tool: FindTool) => Promise<unknown>): Workload {
  return {
    name,
    protocol,
    unit: 'row',
    async measure(target, tool) {
      const start = performance.now();
      await once(target, tool);
      const ms = performance.now() - start;
      return { units: BIG_ROWS, rate: (BIG_ROWS / ms) * 1000, latencyMs: ms };
    },
  };
}

async function psql(target: Target, tool: FindTool, sql: string): Promise<void> {
  await run(tool('psql'), ['-X', '-A', '-t', '-o', '/dev/null', '-c', sql], { env: environment(target) });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
