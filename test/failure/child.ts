/** Countersign in a process of its own, as an operator runs it: it can be killed, drained and measured. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { hashToken } from '../../src/identity/tokens.ts';
import { makeVerifier } from '../../src/identity/scram-verifier.ts';
import { AGENT_PASSWORD, TEST_POLICY, TOKENS } from '../support/proxy.ts';
import type { WireLogin } from '../support/wire.ts';

const ROOT = join(import.meta.dirname, '../..');
const VERIFIER = makeVerifier(AGENT_PASSWORD);

export interface ChildOptions {
  /** `postgres://user@host:port/database`; the password is always `upstream`. */
  readonly upstream: string;
  /** `memory` or a Redis URL. */
  readonly store?: string;
  readonly policy?: string;
  /** More of `approvals:`, as `store_down: refuse_all`. */
  readonly approvals?: string;
  /** More lines for countersign.yaml. */
  readonly extra?: string;
  /** Where configuration, keys and journal live; kept by whoever made it. */
  readonly dir: string;
  /** Default: `journal` in `dir`. */
  readonly journal?: string;
}

export interface ChildProxy {
  readonly pid: number;
  readonly port: number;
  readonly api: string;
  /** What WireClient.login needs, for the agent `reporter`. */
  readonly login: WireLogin;
  /** Exit code and signal, once it is over. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly running: boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL when that takes more than 20 s. */
  stop(): Promise<void>;
  /** What it has logged so far, one JSON object a line. */
  log(): string;
  /** Resident set, bytes. */
  rss(): number;
  /** Open file descriptors. */
  descriptors(): number;
  call<T = Record<string, unknown>>(path: string, body?: unknown): Promise<T>;
}

export function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'countersign-failure-'));
}

export function remove(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

/** Starts it and waits until it is ready. Rejects with its log when it ends instead. */
export async function startChild(options: ChildOptions): Promise<ChildProxy> {
  const file = configure(options);
  const logFile = join(options.dir, 'proxy.log');
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, ['src/main.ts', 'serve', '--config', file], { cwd: ROOT, stdio: ['ignore', log, log], env: { ...process.env, COUNTERSIGN_LOG: 'info' } });
  closeSync(log);
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').then(([code, signal]) => {
    process.off('exit', kill);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  const { port, api } = await ready(child, logFile);
  return new Child(child, port, api, ended, logFile);
}

class Child implements ChildProxy {
  readonly pid: number;
  readonly port: number;
  readonly api: string;
  readonly ended: ChildProxy['ended'];
  readonly login: WireLogin;
  readonly #child: ChildProcess;
  readonly #logFile: string;

  constructor(child: ChildProcess, port: number, api: string, ended: ChildProxy['ended'], logFile: string) {
    this.pid = child.pid ?? 0;
    this.port = port;
    this.api = api;
    this.ended = ended;
    this.login = { host: '127.0.0.1', port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' };
    this.#child = child;
    this.#logFile = logFile;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.running) this.signal('SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), 20_000);
    await this.ended;
    clearTimeout(late);
  }

  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  rss(): number {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  }

  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  async call<T>(path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.api + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${TOKENS.sam}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${answer}`);
    return JSON.parse(answer) as T;
  }
}

async function ready(child: ChildProcess, logFile: string): Promise<{ readonly port: number; readonly api: string }> {
  for (;;) {
    const line = readFileSync(logFile, 'utf8').split('\n').find((text) => text.includes('"countersign: ready"'));
    if (line !== undefined) {
      const { postgres, http } = JSON.parse(line) as { postgres: { port: number }; http: string };
      return { port: postgres.port, api: http };
    }
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the proxy ended before it was ready: ${readFileSync(logFile, 'utf8')}`);
    await pause(10);
  }
}

function configure({ upstream, store = 'memory', policy = TEST_POLICY, approvals = '', extra = '', dir, journal = 'journal' }: ChildOptions): string {
  const file = join(dir, 'countersign.yaml');
  writeFileSync(join(dir, 'policy.yaml'), policy);
  writeFileSync(join(dir, 'password'), 'upstream');
  writeFileSync(file, `listen: { postgres: 127.0.0.1:0, http: 127.0.0.1:0 }
databases:
  shop: { protocol: postgres, upstream: "${upstream}", password: { file: password }, tls: { mode: disable } }
agents:
  - { name: reporter, verifier: "${VERIFIER}", owner: dana@example.com, groups: [analytics], databases: [shop] }
people:
  - { email: sam@example.com, roles: [approver], groups: [dba] }
tokens:
  - { name: sam, hash: "${hashToken(TOKENS.sam)}", person: sam@example.com, scopes: [requests:read, requests:decide, sessions:read, audit:read] }
approvals: { store: "${store}", within: 10m, signing_key: decisions.pem${approvals === '' ? '' : `, ${approvals}`} }
journal: { dir: "${journal}", signing_key: checkpoints.pem }
policies: [policy.yaml]
${extra}`);
  return file;
}
