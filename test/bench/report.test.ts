import { existsSync } from 'node:fs';

import { expect, test } from 'vitest';

import { cpuMicroseconds } from './cpu.ts';
import { summarise, table } from './report.ts';
import type { Sample } from './report.ts';
import { median } from './workloads.ts';

const sample = (contender: Sample['contender'], round: number, rate: number, cpuUs?: number): Sample => ({
  workload: 'w', contender, round, rate, units: rate, latencyMs: 1000 / rate, cpuUs,
});

test('ratios are taken within rounds, then their median', () => {
  // The machine halves its speed in the second round; the ratios don't care.
  const samples = [
    sample('direct', 1, 1000), sample('pgbouncer', 1, 800, 20), sample('countersign', 1, 600, 30),
    sample('direct', 2, 500), sample('pgbouncer', 2, 400, 22), sample('countersign', 2, 300, 33),
    sample('direct', 3, 1000), sample('pgbouncer', 3, 800, 20), sample('countersign', 3, 700, 30),
  ];
  const countersign = summarise(samples).find(({ contender }) => contender === 'countersign');
  expect(countersign).toMatchObject({ rate: 600, ofDirect: 0.6, ofPgbouncer: 0.75, cpuUs: 30, cpuOfPgbouncer: 1.5 });
  expect(table(summarise(samples)).split('\n')).toHaveLength(4);
});

test('what was left out leaves no ratio to it', () => {
  expect(summarise([sample('countersign', 1, 10)])).toMatchObject([{ ofDirect: undefined, ofPgbouncer: undefined, ofHaproxy: undefined, addedUs: undefined }]);
});

test('the median of an even count lies between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test.runIf(existsSync('/proc/self/stat'))('CPU time of a process grows as it works', () => {
  const used = () => cpuMicroseconds(process.pid) ?? Number.NaN;
  const before = used();
  for (const deadline = before + 50_000; used() < deadline; );
  expect(used()).toBeGreaterThan(before);
});
