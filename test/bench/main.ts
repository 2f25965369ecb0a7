/**
 * npm run bench -- [--rounds N] [--seconds S] [--only direct,pgbouncer,…] [--workloads simple-1,…] [--protocols postgres,mysql] [--profile] [--json]
 *
 * Direct, PgBouncer, HAProxy, Countersign, and Countersign with masks on what is read, before the same server (a PostgreSQL, and a MariaDB without PgBouncer), in interleaved rounds (A B C D A B C D), so that
 * whatever else the machine does falls on all of them. Both ends of every connection are on this machine: with few
 * cores the contenders compete with the clients and the server for them, and ratios say more than rates.
 * --profile ends with where Countersign's own CPU time went.
 */

import { mkdtempSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { findProgram } from '../support/machine.ts';
import { systemBinaries } from '../support/postgres-binaries.ts';
import { CONTENDERS, speaks, startContender } from './contenders.ts';
import type { Contender } from './contenders.ts';
import { cpuMicroseconds } from './cpu.ts';
import { hottest } from './profile.ts';
import { summarise, table } from './report.ts';
import type { Sample } from './report.ts';
import { prepareMysqlServer } from './mysql-server.ts';
import { MYSQL_WORKLOADS } from './mysql-workloads.ts';
import { prepareServer } from './server.ts';
import type { BenchServer } from './server.ts';
import { POSTGRES_WORKLOADS } from './workloads.ts';
import type { Protocol, Workload } from './workloads.ts';

const PROTOCOLS = ['postgres', 'mysql'] as const satisfies readonly Protocol[];
const PREPARE = { postgres: prepareServer, mysql: prepareMysqlServer } as const;
const WORKLOADS = [...POSTGRES_WORKLOADS, ...MYSQL_WORKLOADS];

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string' },
    workloads: { type: 'string' },
    protocols: { type: 'string' },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** Progress goes to standard error, so that --json alone is on standard output. */
const say = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const names = chosen(CONTENDERS, (name) => name, flags.only);
  const protocols = chosen(PROTOCOLS, (protocol) => protocol, flags.protocols);
  const workloads = chosen(WORKLOADS, ({ name }) => name, flags.workloads).filter(({ protocol }) => protocols.includes(protocol));
  const servers: BenchServer[] = [];
  const profileFolder = flags.profile ? mkdtempSync(join(tmpdir(), 'cs-profile-')) : undefined;
  const contenders: Contender[] = [];
  const leftOut: { contender: string; because: string }[] = [];
  try {
    for (const protocol of PROTOCOLS.filter((protocol) => workloads.some((workload) => workload.protocol === protocol))) {
      say(`Preparing a server for ${protocol}, with a table of 1,000,000 rows …`);
      const server = await PREPARE[protocol](findTool);
      servers.push(server);
      for (const name of names.filter((name) => speaks(name, protocol))) {
        try {
          contenders.push(await startContender(name, server, profileFolder));
        } catch (error) {
          const because = error instanceof Error ? error.message : String(error);
          leftOut.push({ contender: `${name} (${protocol})`, because });
          say(`LEFT OUT: ${name} (${protocol}): ${because}`);
        }
      }
    }
    const samples = await measureAll(contenders, workloads);
    print(samples, leftOut, servers.map(({ version }) => version).join(', '));
    return leftOut.length === 0 ? 0 : 1;
  } finally {
    for (const contender of contenders) await contender.stop();
    for (const server of servers) await server.stop();
    if (profileFolder !== undefined) sayProfile(profileFolder);
  }
}

/** The profile is written when Countersign has stopped. */
function sayProfile(folder: string): void {
  say(`\nCountersign's CPU time, by function (profiles in ${folder}):\n${hottest(folder, `${process.cwd()}/`).join('\n')}`);
}

async function measureAll(contenders: readonly Contender[], workloads: readonly Workload[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  const seconds = Number(flags.seconds);
  // A round that isn't counted warms caches, prepared plans and just-in-time compilers.
  for (let round = 0; round <= Number(flags.rounds); round++) {
    for (const workload of workloads) {
      for (const contender of contenders.filter(({ protocol }) => protocol === workload.protocol)) {
        const sample = await measure(contender, workload, round === 0 ? Math.min(seconds, 3) : seconds, round);
        if (round > 0) samples.push(sample);
        say(`round ${round} ${workload.name} ${contender.name}: ${sample.rate.toFixed(0)}/s, ${sample.latencyMs.toFixed(3)} ms, cpu ${sample.cpuUs?.toFixed(2) ?? '-'} us`);
      }
    }
  }
  return samples;
}

async function measure(contender: Contender, workload: Workload, seconds: number, round: number): Promise<Sample> {
  const before = contender.pid === undefined ? undefined : cpuMicroseconds(contender.pid);
  const result = await workload.measure(contender.target, findTool, seconds);
  const after = contender.pid === undefined ? undefined : cpuMicroseconds(contender.pid);
  const cpuUs = before === undefined || after === undefined ? undefined : (after - before) / result.units;
  return { ...result, cpuUs, round, workload: workload.name, contender: contender.name };
}

function print(samples: readonly Sample[], leftOut: readonly { contender: string; because: string }[], servers: string): void {
  const summaries = summarise(samples);
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.versions.node}, ${servers}`;
  const rounds = `median of ${flags.rounds} interleaved rounds, ${flags.seconds} s each`;
  if (flags.json) {
    console.log(JSON.stringify({ machine, rounds, summaries, samples, leftOut }, undefined, 2));
    return;
  }
  console.log(`\n${machine}; ${rounds}\n\n${table(summaries)}`);
  for (const { contender, because } of leftOut) console.log(`\nLEFT OUT: ${contender}: ${because}`);
}

function chosen<T>(all: readonly T[], nameOf: (item: T) => string, list: string | undefined): readonly T[] {
  if (list === undefined) return all;
  const wanted = list.split(',');
  const unknown = wanted.filter((name) => !all.some((item) => nameOf(item) === name));
  if (unknown.length > 0) throw new Error(`no such name: ${unknown.join(', ')}; there are ${all.map(nameOf).join(', ')}`);
  return all.filter((item) => wanted.includes(nameOf(item)));
}

/** pgbench and psql may lie beside the server only. */
function findTool(name: string): string {
  const bin = systemBinaries()?.bin;
  const found = findProgram(name) ?? (bin !== undefined && name !== 'sysbench' ? `${bin}/${name}` : undefined);
  if (found === undefined) throw new Error(`The bench needs ${name}: install ${name === 'sysbench' ? 'sysbench' : 'PostgreSQL with its contrib programs'}.`);
  return found;
}

process.exitCode = await main();
