/** countersign.yaml of the demo: one agent, one approver, everything in memory or in a folder that goes away. */

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newToken } from '../identity/tokens.ts';
import { makeVerifier } from '../identity/scram-verifier.ts';
import type { DemoDatabase } from './database.ts';

export interface DemoConfiguration {
  readonly file: string;
  readonly agentPassword: string;
  /** API token of the approver. */
  readonly token: string;
}

const DEFAULT_POLICY = fileURLToPath(new URL('../../policies/default.yaml', import.meta.url));

/** Writes the files into `dir`. */
export function writeDemoConfiguration(dir: string, database: DemoDatabase, ports: { readonly postgres: number; readonly http: number }): DemoConfiguration {
  const agentPassword = randomBytes(9).toString('base64url');
  const { token, hash } = newToken();
  const password = join(dir, 'database-password');
  writeFileSync(password, database.application.password, { mode: 0o600 });
  const file = join(dir, 'countersign.yaml');
  writeFileSync(file, `# Made by \`countersign demo\`; goes away with it.
listen: { postgres: 127.0.0.1:${ports.postgres}, http: 127.0.0.1:${ports.http} }
databases:
  shop:
    protocol: postgres
    upstream: postgres://${database.application.user}@${database.host}:${database.port}/${database.database}
    password: { file: ${JSON.stringify(password)} }
    tls: { mode: disable }
agents:
  - { name: agent, verifier: "${makeVerifier(agentPassword)}", owner: owner@example.com, groups: [demo], databases: [shop] }
people:
  - { email: you@example.com, roles: [approver], groups: [dba] }
  - { email: owner@example.com, roles: [admin], groups: [dba] }
tokens:
  - { name: demo, hash: "${hash}", person: you@example.com, scopes: [requests:read, requests:decide, sessions:read, sessions:kill, agents:read, agents:freeze, audit:read] }
approvals: { store: memory, within: 15m }
journal: { dir: ${JSON.stringify(join(dir, 'journal'))} }
policies: [${JSON.stringify(DEFAULT_POLICY)}]
`);
  return { file, agentPassword, token };
}
