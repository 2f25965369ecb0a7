/** Countersign as an operator runs it: its own process, a configuration file, the whole policy, the journal on. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { stringify } from 'yaml';

import { freePort } from '../../src/demo/free-port.ts';
import { startGuarded, untilReady } from '../../src/demo/guarded.ts';
import type { TestProxy } from '../support/pgbouncer.ts';
import type { BenchServer } from './server.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const POLICY = fileURLToPath(new URL('policy.yaml', import.meta.url));
const MASKS = fileURLToPath(new URL('masks.yaml', import.meta.url));

export interface CountersignOptions {
  readonly profileFolder?: string | undefined;
  readonly masks?: boolean;
}

/**
 * @param server whose login is the agent's as well.
 * @param options.profileFolder where it leaves a CPU profile when it stops; profiling costs a little itself.
 * @param options.masks has it mask what is read.
 * @throws Failure `server_start` with its log, when it doesn't get ready.
 */
export async function startCountersign({ protocol, target: upstream, verifiers }: BenchServer, { profileFolder, masks = false }: CountersignOptions = {}): Promise<TestProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'cs-bench-'));
  const [port, http] = [await freePort(), await freePort()];
  mkdirSync(join(folder, 'journal'));
  writeFileSync(join(folder, 'countersign.yaml'), stringify({
    listen: { [protocol]: `127.0.0.1:${port}`, http: `127.0.0.1:${http}` },
    databases: {
      [upstream.database]: {
        protocol,
        upstream: `${protocol}://${upstream.user}@${upstream.host}:${upstream.port}/${upstream.database}`,
        password: { env: 'BENCH_PASSWORD' },
      },
    },
    agents: [{ name: upstream.user, verifier: verifiers, owner: 'dana@example.com', groups: [], databases: [upstream.database] }],
    people: [{ email: 'sam@example.com', roles: ['approver'], groups: ['dba'] }, { email: 'kim@example.com', roles: ['approver'], groups: ['dba'] }],
    approvals: { store: 'memory' },
    journal: { dir: join(folder, 'journal') },
    policies: masks ? [POLICY, MASKS] : [POLICY],
  }));
  const logFile = join(folder, 'countersign.log');
  const server = await startGuarded({
    command: process.execPath,
    args: [...(profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]), MAIN, 'serve', '--config', join(folder, 'countersign.yaml')],
    cwd: folder,
    logFile,
    env: { ...process.env, BENCH_PASSWORD: upstream.password, NODE_ENV: 'production' },
    stopSignal: 'SIGTERM',
    folder,
  });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(server, logFile, () => answers(`http://127.0.0.1:${http}/readyz`));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pid: server.pid, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
