/** Rounds to medians, medians to a table. */

import type { ContenderName } from './contenders.ts';
import { median } from './workloads.ts';
import type { Measurement } from './workloads.ts';

export interface Sample extends Measurement {
  readonly workload: string;
  readonly contender: ContenderName;
  readonly round: number;
  /** The proxy's CPU time per transaction or row, µs; undefined for `direct` and without /proc. */
  readonly cpuUs: number | undefined;
}

export interface Summary {
  readonly workload: string;
  readonly contender: ContenderName;
  readonly rate: number;
  readonly latencyMs: number;
  readonly cpuUs: number | undefined;
  /** Rate as a share of direct's, PgBouncer's and HAProxy's, median of the rounds' own ratios: rounds are slow and fast together. */
  readonly ofDirect: number | undefined;
  readonly ofPgbouncer: number | undefined;
  readonly ofHaproxy: number | undefined;
  /** Median latency above direct's, µs. */
  readonly addedUs: number | undefined;
  /** CPU per unit as a multiple of PgBouncer's. */
  readonly cpuOfPgbouncer: number | undefined;
}

export function summarise(samples: readonly Sample[]): Summary[] {
  const keys = [...new Set(samples.map(({ workload, contender }) => `${workload}\0${contender}`))];
  return keys.map((key) => {
    const [workload = '', contender = ''] = key.split('\0');
    return summary(samples, workload, contender as ContenderName);
  });
}

function summary(samples: readonly Sample[], workload: string, contender: ContenderName): Summary {
  const of = (name: ContenderName) => samples.filter((sample) => sample.workload === workload && sample.contender === name);
  const own = of(contender);
  const compared = (name: ContenderName, value: (mine: Sample, theirs: Sample) => number | undefined) => {
    const others = new Map(of(name).map((sample) => [sample.round, sample]));
    const pairs = own.flatMap((mine) => {
      const theirs = others.get(mine.round);
      const result = theirs === undefined ? undefined : value(mine, theirs);
      return result === undefined ? [] : [result];
    });
    return pairs.length === 0 ? undefined : median(pairs);
  };
  const cpu = own.flatMap(({ cpuUs }) => (cpuUs === undefined ? [] : [cpuUs]));
  return {
    workload,
    contender,
    rate: median(own.map(({ rate }) => rate)),
    latencyMs: median(own.map(({ latencyMs }) => latencyMs)),
    cpuUs: cpu.length === 0 ? undefined : median(cpu),
    ofDirect: compared('direct', (mine, theirs) => mine.rate / theirs.rate),
    ofPgbouncer: compared('pgbouncer', (mine, theirs) => mine.rate / theirs.rate),
    ofHaproxy: compared('haproxy', (mine, theirs) => mine.rate / theirs.rate),
    addedUs: compared('direct', (mine, theirs) => (mine.latencyMs - theirs.latencyMs) * 1000),
    cpuOfPgbouncer: compared('pgbouncer', (mine, theirs) => (mine.cpuUs === undefined || theirs.cpuUs === undefined || theirs.cpuUs === 0 ? undefined : mine.cpuUs / theirs.cpuUs)),
  };
}

const HEADINGS = ['workload', 'contender', 'per second', 'of direct', 'of pgbouncer', 'of haproxy', 'median ms', 'added us', 'cpu us', 'cpu of pgbouncer'];

export function table(summaries: readonly Summary[]): string {
  const fixed = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '-';
  const rows = summaries.map((line) => [
    line.workload, line.contender, line.rate.toFixed(0), fixed(line.ofDirect, 2), fixed(line.ofPgbouncer, 2), fixed(line.ofHaproxy, 2), line.latencyMs.toFixed(3), fixed(line.addedUs, 0),
    fixed(line.cpuUs, line.cpuUs !== undefined && line.cpuUs < 2 ? 3 : 1), fixed(line.cpuOfPgbouncer, 2),
  ]);
  const widths = HEADINGS.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ').trimEnd();
  const parts = rows.map((row, at) => (at > 0 && rows[at - 1]?.[0] !== row[0] ? `\n${line(row)}` : line(row)));
  return [line(HEADINGS), ...parts].join('\n');
}
