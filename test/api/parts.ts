/** An API over doubles, with tokens for the people every test knows. */

import { Registry } from 'prom-client';
import type { Api, ApiParts } from '../../src/api/app.ts';
import { createApi } from '../../src/api/app.ts';
import type { Everywhere, Freezer, SessionDirectory, SessionInfo } from '../../src/api/sessions.ts';
import { TOKEN_SCOPES } from '../../src/config/config.ts';
import type { Agent } from '../../src/identity/agent.ts';
import { createPeople } from '../../src/identity/people.ts';
import type { Person } from '../../src/identity/person.ts';
import { hashToken } from '../../src/identity/tokens.ts';
import { ClockDouble, DeskDouble } from './doubles.ts';

export const SAM: Person = { email: 'sam@example.com', roles: ['approver'], groups: ['dba'] };
export const DANA: Person = { email: 'dana@example.com', roles: ['approver'], groups: ['dba'] };
export const KIM: Person = { email: 'kim@example.com', roles: ['auditor'], groups: ['audit'] };

export const TOKENS = {
  sam: `cst_${'s'.repeat(43)}`,
  dana: `cst_${'d'.repeat(43)}`,
  kim: `cst_${'k'.repeat(43)}`,
} as const;

export const REPORTER: Agent = {
  name: 'reporter', verifiers: { scram: 'SCRAM-SHA-256$4096:SECRET' }, owner: 'dana@example.com', groups: ['analytics'], databases: ['shop'],
};

export const SESSION: SessionInfo = {
  id: 'ses_1', agent: 'reporter', owner: 'dana@example.com', database: 'shop', protocol: 'postgres', client: '127.0.0.1:5000',
  tls: false, startedAt: Date.UTC(2026, 0, 1), state: 'held', statements: 3, request: 'req_aaaaaaaaaaaaaaaa',
};

export class SessionsDouble implements SessionDirectory {
  readonly sessions = new Map([[SESSION.id, SESSION]]);
  readonly killed: { id: string; reason: string }[] = [];
  list(): readonly SessionInfo[] {
    return [...this.sessions.values()];
  }
  get(id: string): SessionInfo | undefined {
    return this.sessions.get(id);
  }
  async kill(id: string, reason: string): Promise<boolean> {
    this.killed.push({ id, reason });
    return this.sessions.delete(id);
  }
}

export class FreezerDouble implements Freezer {
  readonly frozen = new Map<string, { by: string; reason: string | undefined }>();
  everywhere = true;
  async freeze(agent: string, by: string, reason?: string): Promise<Everywhere> {
    this.frozen.set(agent, { by, reason });
    return { everywhere: this.everywhere };
  }
  async thaw(agent: string): Promise<Everywhere> {
    this.frozen.delete(agent);
    return { everywhere: this.everywhere };
  }
  isFrozen(agent: string): boolean {
    return this.frozen.has(agent);
  }
}

export const PEOPLE = createPeople([SAM, DANA, KIM], [
  { name: 'sam-laptop', hash: hashToken(TOKENS.sam), person: SAM.email, scopes: TOKEN_SCOPES },
  { name: 'dana-laptop', hash: hashToken(TOKENS.dana), person: DANA.email, scopes: TOKEN_SCOPES },
  { name: 'kim-audit', hash: hashToken(TOKENS.kim), person: KIM.email, scopes: ['requests:read', 'audit:read'] },
]);

export interface TestApi extends Api {
  readonly desk: DeskDouble;
  readonly sessions: SessionsDouble;
  readonly freezer: FreezerDouble;
  readonly clock: ClockDouble;
  readonly logged: unknown[];
  readonly warned: unknown[];
  get(path: string, token?: string): Promise<Response>;
  send(method: string, path: string, body: unknown, token?: string): Promise<Response>;
}

export function testApi(changes: Partial<ApiParts> = {}): TestApi {
  const desk = new DeskDouble();
  const sessions = new SessionsDouble();
  const freezer = new FreezerDouble();
  const clock = new ClockDouble();
  const logged: unknown[] = [];
  const warned: unknown[] = [];
  const api = createApi({
    desk, sessions, freezer, clock,
    people: () => PEOPLE,
    agents: () => new Map([[REPORTER.name, REPORTER]]),
    events: async function* () { /* none */ },
    audit: { search: async () => ({ entries: [], complete: true }) },
    health: () => ({ ready: true, checks: { store: true } }),
    metrics: new Registry(),
    log: { error: (...line: unknown[]) => { logged.push(line); }, warn: (...line: unknown[]) => { warned.push(line); } },
    ...changes,
  });
  const call = async (path: string, init: RequestInit): Promise<Response> => await api.app.request(path, init);
  return {
    ...api, desk, sessions, freezer, clock, logged, warned,
    get: (path, token = TOKENS.sam) => call(path, { headers: { authorization: `Bearer ${token}` } }),
    send: (method, path, body, token = TOKENS.sam) => call(path, {
      method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  };
}
