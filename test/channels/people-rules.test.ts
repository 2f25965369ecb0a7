/** Every rule about people, on every channel: one table over the real desk. What refuses somebody on one channel refuses them on all. */

import { describe, expect, it } from 'vitest';
import { createApprovals } from '../../src/approval/approvals.ts';
import { createDesk } from '../../src/approval/desk-service.ts';
import type { Desk } from '../../src/approval/desk.ts';
import { createMemoryStore } from '../../src/approval/memory-store.ts';
import type { ApprovalRequest } from '../../src/approval/request.ts';
import { view } from '../../src/approval/view.ts';
import { sentence } from '../../src/channels/press.ts';
import { decide } from '../../src/channels/slack/press.ts';
import { answer } from '../../src/channels/teams/press.ts';
import { TOKEN_SCOPES } from '../../src/config/config.ts';
import { createPeople } from '../../src/identity/people.ts';
import type { Person } from '../../src/identity/person.ts';
import { hashToken } from '../../src/identity/tokens.ts';
import { testApi } from '../api/parts.ts';
import { draft, newKeys, recorder } from '../approval/support.ts';
import { testConsole } from '../console/parts.ts';
import { testSignIns } from '../identity/support.ts';
import { FakeClock } from '../support/fake-clock.ts';

const PEOPLE: readonly Person[] = [
  { email: 'dana@example.com', roles: ['approver', 'admin'], groups: ['dba'] },
  { email: 'lee@example.com', roles: ['approver'], groups: ['dba'] },
  { email: 'sam@example.com', roles: ['approver'], groups: ['dba'] },
  { email: 'kim@example.com', roles: ['approver'], groups: ['dba'] },
  { email: 'ivy@example.com', roles: ['approver'], groups: ['managers'] },
  { email: 'root@example.com', roles: ['admin', 'auditor'], groups: ['dba'] },
];
const tokenOf = (who: string): string => `cst_${who.padEnd(43, '0')}`;
const people = createPeople(PEOPLE, PEOPLE.map(({ email }) => ({ name: email.replace(/@.*/, ''), hash: hashToken(tokenOf(email.replace(/@.*/, ''))), person: email, scopes: TOKEN_SCOPES })));

type Press = (who: string, decision: 'approve' | 'deny', request: ApprovalRequest) => Promise<string>;
const value = (request: ApprovalRequest): string => JSON.stringify({ request: request.id, digest: request.digest, view: view(request) });
const log = recorder().log as never;

/** Each answers with what the person is told. */
const CHANNELS: Readonly<Record<string, (desk: Desk, clock: FakeClock) => Press>> = {
  API: (desk, clock) => {
    const api = testApi({ desk, clock, people: () => people });
    return async (who, decision, request) => {
      const body = { decision, digest: request.digest, view: view(request) };
      return (await api.send('POST', `/api/v1/requests/${request.id}/decision`, body, tokenOf(who))).text();
    };
  },
  console: (desk, clock) => {
    const console = testConsole({ desk, clock, signIns: testSignIns({ clock, people: () => people }).signIns });
    return async (who, decision, request) => {
      const { cookie, csrf } = await console.enter(tokenOf(who));
      return (await console.post(`/console/requests/${request.id}/decision`, { csrf, seen: view(request), decision, reason: '' }, { cookie })).text();
    };
  },
  Slack: (desk) => async (who, decision, request) => {
    const user = { id: 'U1', email: `${who}@example.com`, teams: ['T1'], unfit: undefined };
    const web = { user: async () => user, home: async () => ['T1'], whisper: async () => {}, openModal: async () => {} };
    const press = { decision, value: value(request), user: 'U1', channel: 'C1' };
    return decide(press, { desk, web, people: () => people, freezer: {} as never, log }).then(() => 'taken', sentence);
  },
  Teams: (desk) => async (who, decision, request) => {
    const member = { id: '29:1', objectId: undefined, tenant: 't', role: 'user', emails: [`${who}@example.com`] };
    const data = { ...(JSON.parse(value(request)) as object), ...(decision === 'deny' && { reason: 'no' }) };
    const press = { verb: `countersign_${decision}`, data, account: '29:1', conversation: 'c' };
    return answer(press, { desk, web: { member: async () => member }, people: () => people, tenant: 't', conversation: 'c', log }, () => {});
  },
};

interface Rule {
  readonly rule: string;
  readonly draft?: Parameters<typeof draft>[1];
  /** What happened before. */
  readonly before?: (press: Press, request: ApprovalRequest, clock: FakeClock) => Promise<unknown>;
  readonly who: string;
  /** What they are told; undefined: it counts. */
  readonly told: RegExp | undefined;
  readonly state?: string;
}

const RULES: readonly Rule[] = [
  { rule: 'an approver of the group decides', who: 'sam', told: undefined, state: 'approved' },
  { rule: 'the owner doesn\'t', who: 'dana', told: /You own the agent reporter/ },
  { rule: 'nor the human it acts for', draft: { agent: { name: 'reporter', owner: 'dana@example.com', actsFor: 'Lee@Example.com', groups: [] } }, who: 'lee', told: /acts for you/ },
  { rule: 'nor an admin without the role', who: 'root', told: /role approver|may not decide|not an approver/i },
  { rule: 'nor an approver of another group', who: 'ivy', told: /none of the groups/ },
  { rule: 'nor one of the next group too early', draft: { escalation: { approvers: ['managers'], at: Date.UTC(2026, 0, 1, 12, 0, 30) } }, who: 'ivy', told: /none of the groups/ },
  {
    rule: 'but when it has escalated', draft: { escalation: { approvers: ['managers'], at: Date.UTC(2026, 0, 1, 12, 0, 30) } }, who: 'ivy', told: undefined, state: 'approved',
    before: (_press, _request, clock) => clock.advanceAsync(30_000),
  },
  { rule: 'one of two isn\'t enough', draft: { quorum: 2 }, who: 'sam', told: undefined, state: 'pending' },
  { rule: 'nor one person twice', draft: { quorum: 2 }, who: 'sam', before: (press, request) => press('sam', 'approve', request), told: /You have approved this already/, state: 'pending' },
  { rule: 'two are', draft: { quorum: 2 }, who: 'kim', before: (press, request) => press('sam', 'approve', request), told: undefined, state: 'approved' },
  { rule: 'what was denied stays so', who: 'sam', before: (press, request) => press('kim', 'deny', request), told: /was denied by kim@example.com/, state: 'denied' },
  { rule: 'what has expired, too', who: 'sam', before: (_press, _request, clock) => clock.advanceAsync(60_000), told: /expired/, state: 'expired' },
];

describe.each(Object.entries(CHANNELS))('%s', (_, channel) => {
  it.each(RULES)('$rule', async ({ draft: changes, before, who, told, state = 'pending' }) => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const keys = newKeys();
    const approvals = createApprovals({ store, keys, clock, log });
    const desk = createDesk({ store, keys, people, clock, log });
    const request = await approvals.open(draft(clock.now(), changes));
    const press = channel(desk, clock);
    await before?.(press, request, clock);
    const answered = await press(who, 'approve', request);
    if (told === undefined) expect(answered).not.toMatch(/none of the groups|own the agent|already voted|refused/i);
    else expect(answered).toMatch(told);
    expect((await desk.get(request.id))?.state).toBe(state);
  });
});
