/** What each contender before MariaDB is asked to do. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { drainMysql } from './mysql-drain.ts';
import { number, read } from './workloads.ts';
import type { Target, Workload } from './workloads.ts';

const run = promisify(execFile);

/** Rows of sysbench's table. */
const TABLE = ['--tables=1', '--table-size=100000'];

export const MYSQL_WORKLOADS: readonly Workload[] = [
  sysbench('text', 1),
  sysbench('text', 16),
  sysbench('prepared', 1),
  sysbench('prepared', 16),
  read('mysql-text-1m', 'mysql', (target) => drainMysql(target, 'SELECT * FROM big', 'text')),
  read('mysql-prepared-1m', 'mysql', (target) => drainMysql(target, 'SELECT * FROM big', 'prepared')),
  read('mysql-wide-text-1m', 'mysql', (target) => drainMysql(target, 'SELECT * FROM wide', 'text')),
  read('mysql-wide-prepared-1m', 'mysql', (target) => drainMysql(target, 'SELECT * FROM wide', 'prepared')),
];

export function sysbenchArgs({ host, port, user, password, database }: Target): string[] {
  return ['oltp_point_select', '--db-driver=mysql', `--mysql-host=${host}`, `--mysql-port=${port}`, `--mysql-user=${user}`, `--mysql-password=${password}`, `--mysql-db=${database}`, '--mysql-ssl=off', ...TABLE];
}

/** One SELECT by primary key per transaction, with no BEGIN around it. */
function sysbench(mode: 'text' | 'prepared', threads: number): Workload {
  return {
    name: `mysql-${mode}-${threads}`,
    protocol: 'mysql',
    unit: 'transaction',
    async measure(target, tool, seconds) {
      const args = [...sysbenchArgs(target), `--db-ps-mode=${mode === 'text' ? 'disable' : 'auto'}`, `--threads=${threads}`, `--time=${seconds}`, '--percentile=50', 'run'];
      const { stdout } = await run(tool('sysbench'), args);
      return { units: number(stdout, /transactions:\s+(\d+)/), rate: number(stdout, /transactions:\s+\d+\s+\(([\d.]+) per sec/), latencyMs: number(stdout, /50th percentile:\s+([\d.]+)/) };
    },
  };
}
