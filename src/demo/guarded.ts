/** Server processes that never outlive us, however we end. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { Failure } from '../runtime/failure.ts';
import type { Account } from './account.ts';

export interface GuardedOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Standard output and error are appended here. A file, not a pipe: a busy event loop must not stall the server. */
  readonly logFile: string;
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly account?: Account | undefined;
  /** Signal that makes it stop soon and cleanly. */
  readonly stopSignal: NodeJS.Signals;
  /** Removed with the process when we die without stopping it. */
  readonly folder?: string;
}

export interface Guarded {
  readonly pid: number;
  /** False once the process has ended. */
  readonly running: boolean;
  readonly ended: Promise<void>;
  /** Sends a signal; resolves at once. */
  signal(signal: NodeJS.Signals): void;
  /** Stops it, at the latest by SIGKILL after 10 s, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts the process under a guard. @throws Failure `server_start` when the program can't be run at all. */
export async function startGuarded(options: GuardedOptions): Promise<Guarded> {
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    stdio: ['ignore', log, log],
    // Its own process group: Ctrl-C is for us, and we stop it in order.
    detached: true,
    env: options.env ?? process.env,
    ...options.account,
  });
  closeSync(log);
  const spawned = await once(child, 'spawn').then(() => undefined, (error: unknown) => error);
  if (spawned !== undefined || child.pid === undefined) throw new Failure('server_start', `${options.command} can't be started.`, { cause: spawned });
  return guard(child, child.pid, options);
}

function guard(child: ChildProcess, pid: number, options: GuardedOptions): Guarded {
  const watchdog = startWatchdog(pid, options);
  const atExit = () => {
    if (watchdog !== undefined) return;
    child.kill('SIGKILL');
    if (options.folder !== undefined) rmSync(options.folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', atExit);
  let running = true;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running = false;
      process.off('exit', atExit);
      // The pid may soon be somebody else's, so its watchdog goes first.
      watchdog?.kill('SIGKILL');
      resolve();
    });
  });
  child.unref();
  return {
    pid,
    ended,
    get running() {
      return running;
    },
    signal(signal) {
      if (running) child.kill(signal);
    },
    async stop() {
      if (!running) return;
      child.ref();
      child.kill(options.stopSignal);
      const cancel = new AbortController();
      const late = delay(10_000, undefined, { signal: cancel.signal }).then(() => child.kill('SIGKILL'), () => false);
      await Promise.race([ended, late]);
      cancel.abort();
      await ended;
    },
  };
}

/**
 * A shell that sleeps on a pipe from us. The pipe ends when we do, even by SIGKILL; then it
 * stops the server and removes its folder. Not on Windows, where only the exit handler helps.
 */
function startWatchdog(pid: number, options: GuardedOptions): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const script = 'read -r line; kill -"$2" "$1" 2>/dev/null; for i in 1 2 3 4 5; do kill -0 "$1" 2>/dev/null || break; sleep 1; done; kill -KILL "$1" 2>/dev/null; [ -z "$3" ] || rm -rf -- "$3"';
  const child = spawn('sh', ['-c', script, 'sh', String(pid), options.stopSignal.slice(3), options.folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  child.on('error', () => undefined);
  child.unref();
  // A pipe to an unreferenced child still counts as a live handle.
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}

/**
 * Asks `ready` every 20 ms until it says yes.
 * @throws Failure `server_start` with the end of the log, when the process ends before that or 30 s pass.
 */
export async function untilReady(process: Guarded, logFile: string, ready: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (process.running && performance.now() < deadline) {
    if (await ready()) return;
    await delay(20);
  }
  const why = process.running ? 'was not ready within 30 s' : 'ended at once';
  throw new Failure('server_start', `A server ${why}. The end of its log:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
}
