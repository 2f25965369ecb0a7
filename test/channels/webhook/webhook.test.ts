import { Registry } from 'prom-client';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDesk } from '../../../src/approval/desk-service.ts';
import { createMemoryStore } from '../../../src/approval/memory-store.ts';
import type { ApprovalRequest } from '../../../src/approval/request.ts';
import { seal } from '../../../src/approval/seal.ts';
import type { ApprovalStore } from '../../../src/approval/store.ts';
import { signatureHeaders, keyOf } from '../../../src/channels/webhook/signature.ts';
import { createWebhooks } from '../../../src/channels/webhook/webhook.ts';
import type { WebhookChannel } from '../../../src/channels/webhook/webhook.ts';
import { WEBHOOK_EVENTS } from '../../../src/config/config.ts';
import type { WebhookConfig } from '../../../src/config/config.ts';
import { createPeople } from '../../../src/identity/people.ts';
import { newRequestId } from '../../../src/approval/ids.ts';
import { WebhookPage } from '../../../src/api/schemas.ts';
import { KIM, SAM, TOKENS, testApi } from '../../api/parts.ts';
import { draft, newKeys } from '../../approval/support.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Receiver, verified } from './receiver.ts';

const SECRETS: Record<string, string> = { NEW: `whsec_${Buffer.alloc(32, 1).toString('base64')}`, OLD: `whsec_${Buffer.alloc(24, 2).toString('base64')}` };
const keys = newKeys();

let clock: FakeClock;
let store: ApprovalStore;
let receiver: Receiver;
let logged: string[];
let metrics: Registry;
let made: WebhookChannel[];

beforeEach(async () => {
  clock = new FakeClock();
  store = createMemoryStore({ clock });
  receiver = await Receiver.open();
  [logged, made] = [[], []];
});
afterEach(async () => {
  await Promise.all(made.map((channel) => channel.stop()));
  await receiver.close();
});

const desk = () => createDesk({ store, keys, people: createPeople([SAM, KIM]), clock });

function webhooks(changes: Partial<WebhookConfig> = {}): WebhookChannel {
  metrics = new Registry();
  const note = (...line: unknown[]) => { logged.push(JSON.stringify(line)); };
  const config: WebhookConfig = { name: 'pager', url: receiver.url, secrets: [{ env: 'NEW' }], events: WEBHOOK_EVENTS, statement: false, ...changes };
  const channel = createWebhooks([config], {
    desk: desk(), store, clock, metrics, random: () => 0.5, url: 'https://countersign.example.com', log: { warn: note, error: note },
    secret: (source) => ('env' in source ? (SECRETS[source.env] ?? '') : ''),
  });
  made.push(channel);
  return channel;
}

async function opened(changes: Parameters<typeof draft>[1] = {}): Promise<ApprovalRequest> {
  const id = newRequestId();
  const given = draft(clock.now(), { text: 'DELETE FROM secrets_of_orders', ...changes });
  return store.open({ id, draft: given, seal: await seal(id, given, keys), leftMs: 900_000, ...(given.escalation && { escalatesMs: given.escalation.at - clock.now() }) });
}
const decide = (id: string, decision: 'approve' | 'deny', reason?: string) => desk().decide(id, { decision, person: SAM, channel: 'api:ci', ...(reason !== undefined && { reason }) });
/** Lets time pass, a step at a time, until it is so. */
const soon = <T>(look: () => T | Promise<T>, step = 1_000) => expect.poll(async () => {
  await clock.advanceAsync(step);
  return look();
}, { timeout: 10_000, interval: 5 });
const name = (id: string) => id.slice(4);

describe('a webhook', () => {
  it('is told of what was opened, decided and closed, each once, signed', async () => {
    await webhooks().start();
    const { id } = await opened();
    await soon(() => receiver.received.length).toBe(1);
    await decide(id, 'deny', 'not today');
    await soon(() => receiver.received.length).toBe(3);
    await clock.advanceAsync(120_000);
    expect(receiver.received.map(({ type }) => type)).toEqual(['request.opened', expect.any(String), expect.any(String)]);
    expect(receiver.received.map(({ type }) => type)).toEqual(expect.arrayContaining(['request.decided', 'request.closed']));
    expect(new Set(receiver.ids()).size).toBe(3);
    expect(receiver.ids()[0]).toBe(`msg_${name(id)}_opened`);
    expect(receiver.received.find(({ type }) => type === 'request.decided')?.data).toMatchObject({
      request: { id, state: 'denied', agent: { name: 'reporter' } }, decision: { decision: 'deny', person: SAM.email, channel: 'api:ci', reason: 'not today' },
      url: `https://countersign.example.com/console/requests/${id}`,
    });
    for (const call of receiver.received) {
      verified(call, SECRETS['NEW'] ?? '');
      expect(() => verified(call, SECRETS['OLD'] ?? '')).toThrow('no signature');
      expect(Number(call.headers['webhook-timestamp']) * 1000).toBeLessThanOrEqual(clock.now());
      expect(call.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': expect.stringMatching(/^countersign\//) });
      expect(call.body).not.toContain('secrets_of_orders');
      expect(call.body).not.toMatch(/jws|eyJ/);
    }
  });

  it('gets the statement where the configuration says so, and only the events it asked for', async () => {
    await webhooks({ statement: true, events: ['request.closed'] }).start();
    const { id } = await opened({ parameters: ['x'] });
    await clock.advanceAsync(5_000);
    await store.move(id, 'withdrawn', { note: 'gone' });
    await soon(() => receiver.received.length).toBe(1);
    expect(receiver.received[0]).toMatchObject({ type: 'request.closed', data: { request: { state: 'withdrawn', note: 'gone', text: 'DELETE FROM secrets_of_orders', parameters: ['x'] } } });
  });

  it('is told when others may decide, too, and not of what is decided by then', async () => {
    const escalation = { approvers: ['managers'], at: clock.now() + 60_000 };
    const channel = webhooks({ events: ['request.escalated'] });
    await channel.start();
    const [{ id }, decided] = [await opened({ escalation }), await opened({ escalation })];
    await decide(decided.id, 'deny');
    await clock.advanceAsync(60_000);
    while (await store.escalate());
    await soon(() => receiver.received.length).toBe(1);
    await decide(id, 'approve');
    await channel.stop();
    await webhooks({ events: ['request.escalated', 'request.decided'] }).start();
    await soon(() => receiver.received.some(({ type }) => type === 'request.decided')).toBe(true);
    expect(new Set(receiver.ids().filter((one) => one.includes('escalated')))).toEqual(new Set([`msg_${name(id)}_escalated`]));
    const at = expect.stringMatching(/^2026-01-01T12:01:0\d/) as string;
    expect(receiver.received[0]).toMatchObject({
      type: 'request.escalated', timestamp: at,
      data: { request: { id, state: 'pending', escalation: { approvers: ['managers'], at: '2026-01-01T12:01:00.000Z' }, escalatedAt: at } },
    });
  });

  it('is signed with every secret while one is being changed', async () => {
    await webhooks({ secrets: [{ env: 'NEW' }, { env: 'OLD' }] }).start();
    await opened();
    await soon(() => receiver.received.length).toBe(1);
    for (const secret of Object.values(SECRETS)) verified(receiver.received[0] as Receiver['received'][number], secret);
  });

  it.each(['', 'whsec_', 'whsec_c2hvcnQ=', 'hunter2', `${SECRETS['NEW']}!`])('does not start with the secret %j', async (secret) => {
    SECRETS['BAD'] = secret;
    await expect(webhooks({ secrets: [{ env: 'BAD' }] }).start()).rejects.toMatchObject({ code: 'webhook_secret' });
  });
});

describe('when a receiver fails', () => {
  it('it is tried again, ever later, with the same id, until it takes it', async () => {
    receiver.answer = () => (receiver.received.length < 4 ? 500 : 200);
    await webhooks().start();
    await opened();
    const at: number[] = [];
    for (let tries = 1; tries <= 4; tries += 1) {
      await soon(() => receiver.received.length).toBe(tries);
      at.push(clock.now());
    }
    await clock.advanceAsync(3_600_000);
    expect(new Set(receiver.ids()).size).toBe(1);
    expect(receiver.received).toHaveLength(4);
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    for (const [index, least] of [5_000, 30_000, 120_000].entries()) expect(waits[index]).toBeGreaterThanOrEqual(least);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(4);
    for (const call of receiver.received) verified(call, SECRETS['NEW'] ?? '');
  });

  it('it is given up after hours, which the log, a metric and the status say, without its address', async () => {
    receiver.answer = () => ({ status: 302, headers: { location: 'http://169.254.169.254/' } });
    const channel = webhooks({ events: ['request.opened'] });
    await channel.start();
    const { id } = await opened();
    await soon(() => channel.status()[0]?.dead.length, 300_000).toBe(1);
    expect(receiver.received).toHaveLength(10);
    expect(channel.status()).toMatchObject([{ name: 'pager', state: 'sending', waiting: 0, dead: [{ news: { request: id, type: 'request.opened' }, why: 'answered 302; given up after 10 tries' }] }]);
    expect(await metrics.metrics()).toMatch(/countersign_webhook_news_total\{webhook="pager",result="dead"\} 1/);
    expect(logged.join('\n')).toContain('given up');
    expect(`${logged.join('\n')}${JSON.stringify(channel.status())}`).not.toMatch(/hunter2|whsec/);
    const api = testApi({ webhooks: () => channel.status() });
    const page = WebhookPage.parse(await (await api.get('/api/v1/webhooks', TOKENS.kim)).json());
    expect(page.webhooks).toMatchObject([{ name: 'pager', address: new URL(receiver.url).origin, dead: [{ event: `msg_${name(id)}_opened`, request: id }] }]);
  });

  it('Retry-After is kept to', async () => {
    receiver.answer = () => (receiver.received.length === 1 ? { status: 429, headers: { 'retry-after': '60' } } : 204);
    await webhooks().start();
    await opened();
    await soon(() => receiver.received.length).toBe(1);
    await soon(() => logged.length).toBe(1);
    const failed = clock.now();
    await soon(() => receiver.received.length).toBe(2);
    expect(clock.now() - failed).toBeGreaterThanOrEqual(58_000);
  });

  it('410 ends it, and nothing is sent any more', async () => {
    receiver.answer = () => 410;
    const channel = webhooks();
    await channel.start();
    await opened();
    await soon(() => channel.status()[0]?.state).toBe('disabled');
    await opened();
    await clock.advanceAsync(600_000);
    expect(receiver.received).toHaveLength(1);
    expect(channel.status()).toMatchObject([{ waiting: 0, dead: [{}] }]);
  });

  it('one that fails holds up no other news', async () => {
    await webhooks().start();
    const bad = await opened();
    receiver.answer = ({ data }) => (data.request.id === bad.id ? 500 : 204);
    const good = await opened();
    await soon(() => receiver.ids().includes(`msg_${name(good.id)}_opened`)).toBe(true);
  });

  it('a call that hangs ends with the channel', async () => {
    receiver.answer = () => 'hang';
    const channel = webhooks();
    await channel.start();
    await opened();
    await soon(() => receiver.received.length).toBe(1);
    await channel.stop();
    expect(channel.status()).toMatchObject([{ state: 'elsewhere', waiting: 0 }]);
  });
});

describe('after a restart', () => {
  it('it is told of what was not told, and of what happened meanwhile', async () => {
    receiver.answer = () => 503;
    const first = webhooks();
    await first.start();
    const untold = await opened();
    await soon(() => receiver.received.length).toBeGreaterThan(0);
    await first.stop();
    await clock.advanceAsync(3_600_000);
    const meanwhile = await opened();
    await decide(meanwhile.id, 'approve');
    receiver.received.length = 0;
    receiver.answer = () => 204;
    await webhooks().start();
    await soon(() => receiver.ids().length).toBe(4);
    expect(receiver.received.map(({ type, data }) => `${type} ${data.request.id}`).toSorted((a, b) => a.localeCompare(b))).toEqual([
      `request.closed ${untold.id}`, `request.decided ${meanwhile.id}`, `request.opened ${meanwhile.id}`, `request.opened ${untold.id}`,
    ].toSorted((a, b) => a.localeCompare(b)));
  });

  it('it is not told again what was told long ago', async () => {
    const first = webhooks();
    await first.start();
    await opened();
    await soon(() => receiver.received.length).toBe(1);
    await clock.advanceAsync(300_000);
    const late = await opened();
    await soon(() => receiver.received.length).toBe(2);
    await clock.advanceAsync(5_000);
    await first.stop();
    receiver.received.length = 0;
    await webhooks().start();
    await clock.advanceAsync(60_000);
    // What is near the bookmark is told again, under the same id.
    expect(receiver.ids().filter((id) => id !== `msg_${name(late.id)}_opened`)).toEqual([]);
  });

  it('of two replicas one sends, and the other when it has stopped', async () => {
    const [first, second] = [webhooks(), webhooks()];
    await first.start();
    await second.start();
    const { id } = await opened();
    await soon(() => receiver.received.length).toBe(1);
    await clock.advanceAsync(30_000);
    expect([receiver.received.length, first.status()[0]?.state, second.status()[0]?.state]).toEqual([1, 'sending', 'elsewhere']);
    await first.stop();
    await clock.advanceAsync(120_000);
    receiver.received.length = 0;
    await decide(id, 'deny');
    await soon(() => receiver.received.map(({ type }) => type).filter((type) => type !== 'request.opened').length).toBe(2);
  });
});

describe('signatures', () => {
  it('are what the reference implementation makes and takes', () => {
    const secret = SECRETS['NEW'] ?? '';
    const now = Date.now();
    const body = '{"type":"request.opened","é":"\\u202e😀"}';
    const headers = signatureHeaders('msg_1', now, body, [keyOf(SECRETS['OLD'] ?? ''), keyOf(secret)]);
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow('No matching signature');
    expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow('No matching signature');
    expect(() => new Webhook(secret).verify(body, signatureHeaders('msg_1', now - 360_000, body, [keyOf(secret)]))).toThrow('too old');
  });
});
