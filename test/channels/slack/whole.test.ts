/** Gate, desk, store, API and Slack together: what one channel decides, all see, and the gate believes. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApi } from '../../../src/api/app.ts';
import { serveApi } from '../../../src/api/server.ts';
import type { HttpServer } from '../../../src/api/server.ts';
import { createApprovals } from '../../../src/approval/approvals.ts';
import { createDesk } from '../../../src/approval/desk-service.ts';
import { createMemoryStore } from '../../../src/approval/memory-store.ts';
import { createSlackChannel } from '../../../src/channels/slack/slack.ts';
import type { SlackChannel } from '../../../src/channels/slack/slack.ts';
import { TOKEN_SCOPES } from '../../../src/config/config.ts';
import { createPeople } from '../../../src/identity/people.ts';
import { hashToken } from '../../../src/identity/tokens.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { newKeys, draft } from '../../approval/support.ts';
import { FreezerDouble, KIM, SAM, SessionsDouble, TOKENS } from '../../api/parts.ts';
import { run } from '../../cli/terminal-double.ts';
import { BOT_TOKEN, SIGNING_SECRET, Workspace, buttonsOf, pressPayload, signed, submitPayload, textOf } from './workspace.ts';
import type { Button, Modal } from './workspace.ts';

const clock = systemClock;
const log = { info() {}, warn() {}, error() {} };
const second = { ...KIM, roles: ['approver' as const], groups: ['dba'] };
const people = createPeople([SAM, second, { ...SAM, email: 'dana@example.com' }], [{ name: 'kim', hash: hashToken(TOKENS.kim), person: second.email, scopes: TOKEN_SCOPES }]);

let workspace: Workspace;
let slack: SlackChannel;
let server: HttpServer;
let approvals: ReturnType<typeof createApprovals>;
beforeEach(async () => {
  workspace = await Workspace.open();
  const keys = newKeys();
  const store = createMemoryStore({ clock });
  const desk = createDesk({ store, keys, people, clock, log });
  approvals = createApprovals({ store, keys, clock, log });
  const secrets: Record<string, string> = { BOT: BOT_TOKEN, SIGNING: SIGNING_SECRET };
  slack = createSlackChannel({ botToken: { env: 'BOT' }, signingSecret: { env: 'SIGNING' }, channel: workspace.channel, apiUrl: workspace.apiUrl }, {
    desk, store, people: () => people, freezer: new FreezerDouble(), clock, log, secret: (source) => ('env' in source ? (secrets[source.env] ?? '') : ''),
  });
  const api = createApi({
    desk, clock, log, people: () => people, sessions: new SessionsDouble(), freezer: new FreezerDouble(), agents: () => new Map(),
    audit: { search: async () => ({ entries: [], complete: true }) }, events: async function* () { /* none */ }, health: () => ({ ready: true, checks: {} }), metrics: { metrics: async () => '', contentType: 'text/plain; version=0.0.4; charset=utf-8' },
  });
  server = await serveApi(api, { host: '127.0.0.1', port: 0 }, { mounts: slack.mounts });
  await slack.start();
});
afterEach(async () => {
  approvals.close();
  await slack.stop();
  await server.close(100);
  await workspace.close();
});

const message = async () => (await workspace.messages())[0];
async function press(who: string, which: 0 | 1): Promise<void> {
  const shown = await message();
  const user = workspace.users.get(who) ?? '';
  const payload = pressPayload(user, workspace.channel, shown?.ts ?? '', buttonsOf(shown)[which] as Button, await workspace.trigger(user));
  expect((await fetch(`${server.url}/slack/events`, signed(payload))).status).toBe(200);
}

describe('a held statement', () => {
  it('approved by one person in Slack and another on the command line is released once, and Slack tells the end', async () => {
    const request = await approvals.open(draft(clock.now(), { quorum: 2 }));
    const resolution = approvals.resolution(request, new AbortController().signal);
    await expect.poll(async () => (await workspace.messages()).length).toBe(1);
    await press('sam', 0);
    await expect.poll(async () => textOf(await message())).toContain('1 of 2 approvals so far');
    await press('sam', 0);
    await expect.poll(() => workspace.whispers().length).toBe(1);
    expect(workspace.whispers()[0]?.text).toContain('1 of 2 people');
    const ran = await run(['requests', 'approve', request.id, '--yes', '--reason', 'agreed'], { env: { COUNTERSIGN_URL: server.url, COUNTERSIGN_TOKEN: TOKENS.kim }, now: clock.now() });
    expect([ran.failed, ran.err]).toEqual([false, '']);
    expect((await resolution).state).toBe('approved');
    expect([await approvals.release(request), await approvals.release(request)]).toEqual([true, false]);
    approvals.finish(request.id, { tag: 'DELETE 7', rows: 7, ms: 3 });
    await expect.poll(async () => textOf(await message()), { timeout: 5_000 }).toMatch(/Approved by sam@example\.com[^]*Approved by kim@example\.com: agreed[^]*It ran: DELETE 7, 7 rows, 3 ms\./);
    expect((await workspace.messages()).length).toBe(1);
  });

  it('denied in Slack ends the wait', async () => {
    const request = await approvals.open(draft(clock.now()));
    const resolution = approvals.resolution(request, new AbortController().signal);
    await expect.poll(async () => (await workspace.messages()).length).toBe(1);
    await press('sam', 1);
    await expect.poll(() => workspace.forms().length).toBe(1);
    await fetch(`${server.url}/slack/events`, signed(submitPayload(workspace.users.get('sam') ?? '', workspace.forms()[0] as Modal, 'not today')));
    expect(await resolution).toMatchObject({ state: 'denied', decisions: [{ person: 'sam@example.com', channel: 'slack', reason: 'not today' }] });
    await expect.poll(async () => textOf(await message())).toContain('Denied by sam@example.com: not today');
  });

  it('withdrawn by its client loses its buttons', async () => {
    const request = await approvals.open(draft(clock.now()));
    await expect.poll(async () => (await workspace.messages()).length).toBe(1);
    await approvals.withdraw(request.id, 'the client went away');
    await expect.poll(async () => textOf(await message())).toContain('Withdrawn: the client went away. It did not run.');
    expect(buttonsOf(await message())).toEqual([]);
  });
});
