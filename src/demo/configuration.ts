/** countersign.yaml of the demo: one agent, one approver, everything in memory or in a folder that goes away. */

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newToken } from '../identity/tokens.ts';
import { makeVerifier } from '../identity/scram-verifier.ts';
import { cachingSha2Verifier, nativeVerifier } from '../config/verifier.ts';
import { sha1Twice, sha256Twice } from '../mysql/auth/digests.ts';
import type { DemoDatabase } from './database.ts';

export interface DemoConfiguration {
  readonly file: string;
  readonly agentPassword: string;
  /** API token of the approver. */
  readonly token: string;
}

const DEFAULT_POLICY = fileURLToPath(new URL('../../policies/default.yaml', import.meta.url));

/** What the demo's agent sees of people. */
const MASKS = `version: 1
sensitive:
  - { columns: [customers.email], mask: email }
  - { columns: [customers.phone, customers.card_last4], mask: redact }
`;

/** What the demo has, by protocol. */
export interface DemoDatabases {
  readonly postgres: DemoDatabase;
  /** Where this machine has a MariaDB or MySQL server. */
  readonly mysql?: DemoDatabase | undefined;
}

export interface DemoPorts {
  readonly postgres: number;
  readonly mysql?: number | undefined;
  readonly http: number;
}

/** Writes the files into `dir`. */
export function writeDemoConfiguration(dir: string, { postgres, mysql }: DemoDatabases, ports: DemoPorts): DemoConfiguration {
  const agentPassword = randomBytes(9).toString('base64url');
  const { token, hash } = newToken();
  const verifiers = [makeVerifier(agentPassword), cachingSha2Verifier(sha256Twice(agentPassword)), nativeVerifier(sha1Twice(agentPassword))];
  const names = [postgres.database, ...(mysql === undefined ? [] : [mysql.database])];
  const file = join(dir, 'countersign.yaml');
  writeFileSync(join(dir, 'masks.yaml'), MASKS);
  writeFileSync(file, `# Made by \`countersign demo\`; goes away with it.
listen: { postgres: 127.0.0.1:${ports.postgres},${ports.mysql === undefined ? '' : ` mysql: 127.0.0.1:${ports.mysql},`} http: 127.0.0.1:${ports.http} }
databases:
${databaseEntry(dir, 'postgres', postgres)}${mysql === undefined ? '' : databaseEntry(dir, 'mysql', mysql)}agents:
  - { name: agent, verifier: ${JSON.stringify(verifiers)}, owner: owner@example.com, groups: [demo], databases: [${names.join(', ')}] }
people:
  - { email: you@example.com, roles: [approver, admin], groups: [dba] }
  - { email: owner@example.com, roles: [admin], groups: [dba] }
tokens:
  - { name: demo, hash: "${hash}", person: you@example.com, scopes: [requests:read, requests:decide, sessions:read, sessions:kill, agents:read, agents:freeze, people:sign-out, audit:read] }
approvals: { store: memory, within: 15m }
journal: { dir: ${JSON.stringify(join(dir, 'journal'))} }
policies: [${JSON.stringify(DEFAULT_POLICY)}, ${JSON.stringify(join(dir, 'masks.yaml'))}]
`);
  return { file, agentPassword, token };
}

function databaseEntry(dir: string, protocol: 'postgres' | 'mysql', { host, port, database, application }: DemoDatabase): string {
  const password = join(dir, `${protocol}-password`);
  writeFileSync(password, application.password, { mode: 0o600 });
  return `  ${database}:
    protocol: ${protocol}
    upstream: ${protocol}://${application.user}@${host}:${port}/${database}
    password: { file: ${JSON.stringify(password)} }
    tls: { mode: disable }
`;
}
