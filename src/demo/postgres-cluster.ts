/** One PostgreSQL server with its data in its own folder: initdb, configuration, start, stop. */

import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Failure } from '../runtime/failure.ts';
import type { Account } from './account.ts';
import { startGuarded, untilReady } from './guarded.ts';
import type { Guarded } from './guarded.ts';

const run = promisify(execFile);

export interface ClusterOptions {
  /** Folder with initdb and postgres. */
  readonly bin: string;
  readonly account: Account | undefined;
  /** Made when absent; holds `data`, the socket, and `postgres.log`. */
  readonly folder: string;
  /** Loses the folder when our process dies without stopping the server. */
  readonly temporary: boolean;
}

/** Makes the data folder. The superuser is `postgres`; TCP and the socket both want its password. */
export async function initialise(options: ClusterOptions, password: string, flags: readonly string[] = []): Promise<void> {
  ownFolder(options.folder, options.account);
  const passwordFile = join(options.folder, 'password');
  writeOwn(passwordFile, password, options.account);
  const args = ['-D', join(options.folder, 'data'), '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', ...flags];
  try {
    await run(join(options.bin, 'initdb'), args, { cwd: options.folder, env: serverEnvironment(), ...options.account });
  } catch (cause) {
    throw new Failure('initdb', `initdb failed: ${(cause as { stderr?: string }).stderr ?? String(cause)}`, { cause });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Appends to postgresql.conf; a later line wins over an earlier one. */
export function configure(options: ClusterOptions, settings: Readonly<Record<string, string | number | boolean>>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`);
  writeOwn(join(options.folder, 'data', 'postgresql.conf'), lines.join(''), options.account, 'a');
}

/** Starts the server on 127.0.0.1 and resolves when it takes connections. */
export async function startCluster(options: ClusterOptions, port: number): Promise<Guarded> {
  const data = join(options.folder, 'data');
  const logFile = join(options.folder, 'postgres.log');
  const server = await startGuarded({
    command: join(options.bin, 'postgres'),
    args: ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', options.folder],
    cwd: options.folder,
    logFile,
    env: serverEnvironment(),
    account: options.account,
    // "Fast": ends open sessions, then stops.
    stopSignal: 'SIGINT',
    ...(options.temporary ? { folder: options.folder } : {}),
  });
  await untilReady(server, logFile, () => saysReady(data, server.pid));
  return server;
}

/** postmaster.pid as pg_ctl reads it: the first line is the pid, the eighth the status (PostgreSQL 10 and later). */
function saysReady(data: string, pid: number): boolean {
  const file = join(data, 'postmaster.pid');
  const lines = readable(file).split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** Empty while it isn't there: a server that stops takes it away. */
function readable(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** PGDATA, PGOPTIONS and the like are about somebody else's server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

export function ownFolder(folder: string, account: Account | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
}

export function writeOwn(file: string, text: string, account: Account | undefined, flag: 'w' | 'a' = 'w'): void {
  writeFileSync(file, text, { flag, mode: 0o600 });
  if (account !== undefined) chownSync(file, account.uid, account.gid);
}
