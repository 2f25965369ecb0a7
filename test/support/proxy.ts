/** A whole Countersign for a test: real configuration text, real listeners on free ports, its own folder. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../../src/config/config.ts';
import { configFrom } from '../../src/config/load.ts';
import { hashToken } from '../../src/identity/tokens.ts';
import { readJournal } from '../../src/journal/read.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import type { JournalRecord } from '../../src/journal/events.ts';
import { makeVerifier } from '../../src/identity/scram-verifier.ts';
import { cachingSha2Verifier, nativeVerifier } from '../../src/config/verifier.ts';
import { sha1Twice, sha256Twice } from '../../src/mysql/auth/digests.ts';
import type { ProcessRole } from '../../src/config/role.ts';
import { type RunningProxy, startProxy } from '../../src/proxy.ts';
import { systemClock, type Clock } from '../../src/runtime/clock.ts';
import { loadPublicKey } from '../../src/runtime/keys.ts';
import { createLog } from '../../src/runtime/log.ts';
import type { Certificate } from './certificates.ts';

/** The password of every agent the tests configure. */
export const AGENT_PASSWORD = 'agent password';
/** Derived once: SCRAM's key derivation is slow on purpose. */
const AGENT_VERIFIER = makeVerifier(AGENT_PASSWORD);
/** With these each login of a MySQL client is one exchange. */
const MYSQL_VERIFIERS = [cachingSha2Verifier(sha256Twice(AGENT_PASSWORD)), nativeVerifier(sha1Twice(AGENT_PASSWORD))];

/** Tokens by the person who holds them; all scopes. */
export const TOKENS = {
  sam: `cst_${'s'.repeat(43)}`,
  kim: `cst_${'k'.repeat(43)}`,
  /** Owner of the agents: may never decide on their requests. */
  dana: `cst_${'d'.repeat(43)}`,
} as const;

/** Reads, small writes and transactions pass; exports, DDL, unbounded writes and whatever is code wait for a dba; dropping is denied. */
export const TEST_POLICY = `version: 1
default: hold
rules:
  - { name: harmless, effects: [read, transaction, session, insert, update, delete, lock, notify, import], then: allow }
  - { name: risky, effects: [export, create, alter, truncate, privilege, routine, dynamic, maintenance], then: hold, approvers: [dba], within: 30s }
  - { name: unbounded, effects: [update, delete], unbounded: true, then: hold, approvers: [dba], within: 30s }
  - { name: no-drop, effects: [drop, server_io, admin, replication], then: deny }
`;

/** The same, but maintenance waits for managers, and after three seconds for a dba, too. */
export const ESCALATING_POLICY = `${TEST_POLICY.replace(', maintenance]', ']')}  - { name: slow, effects: [maintenance], then: hold, approvers: [managers], within: 5m, escalate: { to: [dba], after: 3s } }
`;

export interface ProxyOptions {
  /** `postgres://user@host:port/database`, or `mysql://…`, and its password. */
  readonly upstream: { readonly url: string; readonly password: string; readonly tls?: string };
  readonly policy?: string;
  /** `memory` or a Redis URL. */
  readonly store?: string;
  readonly tls?: Certificate & { readonly required?: boolean };
  /** More agents, as flow mappings of YAML. */
  readonly agents?: readonly string[];
  /** More lines for countersign.yaml. */
  readonly extra?: string;
  readonly role?: ProcessRole;
  /** More keys of `approvals`, as of a flow mapping. */
  readonly approvals?: string;
  /** The same of `journal`. */
  readonly journal?: string;
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Kept after `stop`, for a proxy that is started again on the same journal. */
  readonly dir?: string;
}

export interface TestProxy {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly api: string;
  readonly dir: string;
  readonly proxy: RunningProxy;
  /** Connection string for an agent and the database `shop`. */
  url(agent?: string): string;
  /** Calls the API as a person; resolves with the parsed body. Rejects with status and body for anything but 2xx. */
  call<T = Record<string, unknown>>(path: string, options?: { as?: keyof typeof TOKENS; method?: string; body?: unknown }): Promise<T>;
  /** Resolves with the first pending request (or the one whose text matches), when there is one. */
  pending(text?: string | RegExp): Promise<PendingRequest>;
  decide(id: string, decision: 'approve' | 'deny', options?: { as?: keyof typeof TOKENS; reason?: string }): Promise<void>;
  /** All records so far. */
  journal(): Promise<JournalRecord[]>;
  stop(): Promise<void>;
}

export interface PendingRequest {
  readonly id: string;
  readonly text: string;
  readonly digest: string;
  readonly state: string;
  readonly [field: string]: unknown;
}

export async function startTestProxy(options: ProxyOptions): Promise<TestProxy> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'countersign-test-'));
  const file = join(dir, 'countersign.yaml');
  writeFileSync(join(dir, 'policy.yaml'), options.policy ?? TEST_POLICY);
  writeFileSync(join(dir, 'password'), options.upstream.password);
  if (options.tls) {
    writeFileSync(join(dir, 'cert.pem'), options.tls.cert);
    writeFileSync(join(dir, 'key.pem'), options.tls.key, { mode: 0o600 });
  }
  const text = configuration(options);
  writeFileSync(file, text);
  const config = configFrom(file, text);
  const proxy = await startProxy(config, options.log ?? createLog(process.env['COUNTERSIGN_LOG'] ?? 'silent'), options.clock ?? systemClock, options.role);
  const { protocol } = new URL(options.upstream.url);
  const port = (protocol === 'mysql:' ? proxy.mysql : proxy.postgres)?.port ?? 0;
  const api = proxy.http?.url ?? '';

  const call: TestProxy['call'] = async (path, { as = 'sam', method = 'GET', body } = {}) => {
    const response = await fetch(api + path, {
      method, headers: { authorization: `Bearer ${TOKENS[as]}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return JSON.parse(answer) as never;
  };
  return {
    host: '127.0.0.1', port, api, dir, proxy, call,
    url: (agent = 'reporter') => `${protocol}//${agent}:${encodeURIComponent(AGENT_PASSWORD)}@127.0.0.1:${port}/shop`,
    async pending(wanted) {
      for (;;) {
        const { requests } = await call<{ requests: PendingRequest[] }>('/api/v1/requests?state=pending');
        const found = requests.find((request) => wanted === undefined || (typeof wanted === 'string' ? request.text === wanted : wanted.test(request.text)));
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async decide(id, decision, { as, reason } = {}) {
      await call(`/api/v1/requests/${id}/decision`, { ...(as === undefined ? {} : { as }), method: 'POST', body: { decision, ...(reason === undefined ? {} : { reason }) } });
    },
    journal: () => Array.fromAsync(readJournal(join(dir, 'journal'))),
    async stop() {
      await proxy.stop('the test is over');
      await provesItself(config);
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configuration({ upstream, store = 'memory', tls, agents = [], extra = '', approvals = '', journal = '' }: ProxyOptions): string {
  const scopes = '[requests:read, requests:decide, sessions:read, sessions:kill, agents:read, agents:freeze, people:sign-out, audit:read]';
  const token = (name: keyof typeof TOKENS): string => `  - { name: ${name}, hash: "${hashToken(TOKENS[name])}", person: ${name}@example.com, scopes: ${scopes} }`;
  const protocol = upstream.url.startsWith('mysql:') ? 'mysql' : 'postgres';
  const verifier = JSON.stringify([AGENT_VERIFIER, ...MYSQL_VERIFIERS]);
  return `listen: { ${protocol}: 127.0.0.1:0, http: 127.0.0.1:0 }
${tls === undefined ? '' : `tls: { cert: cert.pem, key: key.pem, required: ${tls.required ?? false} }\n`}databases:
  shop: { protocol: ${protocol}, upstream: "${upstream.url}", password: { file: password }, tls: { mode: ${upstream.tls ?? 'disable'} } }
agents:
  - { name: reporter, verifier: ${verifier}, owner: dana@example.com, groups: [analytics], databases: [shop] }
  - { name: writer, verifier: ${verifier}, owner: dana@example.com, groups: [apps], databases: [shop] }
${agents.map((agent) => `  - ${agent}\n`).join('')}people:
  - { email: sam@example.com, roles: [approver], groups: [dba] }
  - { email: kim@example.com, roles: [approver], groups: [dba, managers] }
  - { email: dana@example.com, roles: [approver, admin], groups: [dba] }
tokens:
${token('sam')}
${token('kim')}
${token('dana')}
approvals: { store: "${store}", within: 30s${more(approvals)} }
journal: { dir: journal${more(journal)} }
policies: [policy.yaml]
${extra}`;
}

const more = (keys: string): string => (keys === '' ? '' : `, ${keys}`);

/** Whatever a test has done: digests, signatures and what ran by them are right. */
async function provesItself({ journal, approvals }: Config): Promise<void> {
  const { desks, proxies } = approvals.trust;
  const { problem } = await verifyJournal({
    dir: journal.dir, publicKey: loadPublicKey(journal.signingKey), decisionKeys: [approvals.signingKey, ...desks, ...proxies].map(loadPublicKey),
  });
  if (problem !== undefined) throw new Error(`the journal is wrong at record ${problem.sequence}: ${problem.why}`);
}
