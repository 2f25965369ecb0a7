import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestDouble } from '../../api/doubles.ts';
import { bench } from './bench.ts';
import type { Bench } from './bench.ts';
import { buttonsOf, textOf } from './workspace.ts';

let b: Bench;
beforeEach(async () => { b = await bench(); });
afterEach(() => b.close());

const ids = async (channel?: string) => (await b.workspace.messages(channel)).map(({ metadata }) => metadata.event_payload.request);
const posts = () => b.workspace.count('chat.postMessage');

describe('one message per request', () => {
  it('posts what is pending at the start and what comes after', async () => {
    const before = b.desk.put(requestDouble());
    b.desk.put(requestDouble({ state: 'denied' }));
    await b.slack.start();
    const after = b.desk.put(requestDouble());
    await expect.poll(async () => (await ids()).toSorted()).toEqual([before.id, after.id].toSorted());
    expect(posts()).toBe(2);
  });

  it('shows who has approved while the quorum is not met', async () => {
    await b.slack.start();
    const { id } = b.desk.put(requestDouble({ quorum: 2 }));
    await expect.poll(() => ids()).toEqual([id]);
    b.desk.change(id, { decisions: [{ decision: 'approve', person: 'sam@example.com', channel: 'api', at: 0, jws: '' }] });
    await expect.poll(async () => textOf((await b.workspace.messages())[0])).toMatch(/Approved by sam@example\.com[^]*1 of 2 approvals so far/);
    expect(buttonsOf((await b.workspace.messages())[0])).toHaveLength(3);
    expect(posts()).toBe(1);
  });

  it('after a restart posts nothing twice, and tells what happened meanwhile', async () => {
    const [kept, decided] = [b.desk.put(requestDouble()), b.desk.put(requestDouble())];
    await b.slack.start();
    await expect.poll(() => ids()).toEqual([kept.id, decided.id]);
    await b.slack.stop();
    b.desk.change(decided.id, { state: 'expired' });
    await b.again().start();
    const fresh = b.desk.put(requestDouble());
    await expect.poll(async () => (await ids()).toSorted()).toEqual([kept.id, decided.id, fresh.id].toSorted());
    await expect.poll(async () => textOf((await b.workspace.messages()).find(({ metadata }) => metadata.event_payload.request === decided.id))).toContain('Expired. It did not run.');
    expect(posts()).toBe(3);
  });

  it('posts to the channel the rule names, or to the default one when that does not work', async () => {
    await b.slack.start();
    const named = b.desk.put(requestDouble({ channel: 'dba' }));
    const wrong = b.desk.put(requestDouble({ channel: 'nowhere' }));
    await expect.poll(() => ids()).toEqual([wrong.id]);
    const dba = b.workspace.calls.find(({ method, args }) => method === 'chat.postMessage' && args['metadata']?.includes(named.id))?.args['channel'];
    expect(await ids(dba)).toEqual([named.id]);
    expect(b.logged.join('\n')).toContain('nowhere');
  });

  it('posts again what somebody deleted, while it is open', async () => {
    await b.slack.start();
    const { id } = b.desk.put(requestDouble());
    await expect.poll(() => ids()).toEqual([id]);
    b.workspace.answer = ({ method }) => (method === 'chat.update' ? { ok: false, error: 'message_not_found' } : undefined);
    b.desk.change(id, { changedAt: b.clock.now(), decisions: [{ decision: 'approve', person: 'sam@example.com', channel: 'api', at: 0, jws: '' }] });
    await expect.poll(() => posts()).toBe(2);
  });

  it('falls back to a message without the statement, and without Approve, when Slack finds it too long', async () => {
    b.workspace.answer = ({ method, args }) => (method === 'chat.postMessage' && args['blocks']?.includes('DELETE FROM') ? { ok: false, error: 'msg_blocks_too_long' } : undefined);
    await b.slack.start();
    const { id } = b.desk.put(requestDouble());
    await expect.poll(() => ids()).toEqual([id]);
    const [message] = await b.workspace.messages();
    expect(buttonsOf(message).map(({ action_id }) => action_id)).toEqual(['countersign_deny', 'countersign_freeze']);
    expect(textOf(message)).toContain(`countersign requests show ${id}`);
  });
});

describe('of several replicas', () => {
  it('one posts, and all take presses', async () => {
    const [second, third] = [b.again(), b.again()];
    for (const replica of [b.slack, second, third]) await replica.start();
    const requests = Array.from({ length: 10 }, () => b.desk.put(requestDouble()));
    await b.later(async () => (await ids()).length).toBe(10);
    await b.settled();
    expect([posts(), b.workspace.count('chat.update')]).toEqual([10, 0]);
    for (const { id } of requests) b.desk.change(id, { state: 'denied' });
    await b.later(async () => (await b.workspace.messages()).filter((message) => textOf(message).includes('It did not run.')).length).toBe(10);
    await b.settled();
    expect([posts(), b.workspace.count('chat.update')]).toEqual([10, 10]);
  });

  it('another goes on when the one that posts can no longer reach the store, with nothing twice and nothing missing', async () => {
    await b.slack.start();
    const kept = b.desk.put(requestDouble({ channel: 'dba' }));
    const changed = b.desk.put(requestDouble());
    await expect.poll(() => posts()).toBe(2);
    b.cut();
    const second = b.again();
    await second.start();
    for (let passed = 0; passed < 9; passed += 1) {
      b.clock.advance(1_000);
      await b.settled();
    }
    const fresh = b.desk.put(requestDouble());
    b.desk.change(changed.id, { state: 'expired', changedAt: b.clock.now() });
    await b.settled();
    expect(posts()).toBe(2);
    await b.later(async () => (await ids()).toSorted()).toEqual([changed.id, fresh.id].toSorted());
    await b.later(async () => textOf((await b.workspace.messages()).find(({ metadata }) => metadata.event_payload.request === changed.id))).toContain('Expired. It did not run.');
    await b.settled();
    expect(posts()).toBe(3);
    expect(b.workspace.calls.filter(({ method, args }) => method === 'chat.postMessage' && args['metadata']?.includes(kept.id))).toHaveLength(1);
  });
});

describe('while Slack is away', () => {
  it('the desk goes on, and every open request is posted once when Slack is back', async () => {
    b.workspace.answer = () => 'down';
    await b.slack.start();
    const requests = Array.from({ length: 20 }, () => b.desk.put(requestDouble()));
    const gone = requests.slice(0, 5).map(({ id }) => b.desk.change(id, { state: 'withdrawn' }).id);
    await b.later(() => b.workspace.calls.length).toBeGreaterThan(5);
    b.workspace.answer = undefined;
    await b.later(async () => (await ids()).length).toBe(15);
    expect((await ids()).toSorted()).toEqual(requests.map(({ id }) => id).filter((id) => !gone.includes(id)).toSorted());
  });

  it('a post whose answer was lost is not posted again', async () => {
    await b.slack.start();
    let lost = 0;
    b.workspace.answer = ({ method }) => (method === 'chat.postMessage' && lost++ === 0 ? 'lost' : undefined);
    const { id } = b.desk.put(requestDouble());
    await b.later(() => b.logged.length).toBeGreaterThan(0);
    await b.later(() => b.workspace.count('conversations.history')).toBeGreaterThan(1);
    b.desk.change(id, { state: 'denied' });
    await b.later(async () => textOf((await b.workspace.messages())[0])).toContain('It did not run.');
    expect(await ids()).toEqual([id]);
    expect(posts()).toBe(1);
  });

  it('an update is tried again until it is there', async () => {
    await b.slack.start();
    const { id } = b.desk.put(requestDouble());
    await expect.poll(() => ids()).toEqual([id]);
    b.workspace.answer = ({ method }) => (method === 'chat.update' ? 'down' : undefined);
    b.desk.change(id, { state: 'denied' });
    await b.later(() => b.workspace.count('chat.update')).toBeGreaterThan(3);
    b.workspace.answer = undefined;
    await b.later(async () => textOf((await b.workspace.messages())[0])).toContain('It did not run.');
  });

  it('waits as long as Slack asks', async () => {
    await b.slack.start();
    await expect.poll(() => b.workspace.count('conversations.history')).toBe(1);
    let limited = 0;
    b.workspace.answer = ({ method }) => (method === 'chat.postMessage' && limited++ === 0 ? { status: 429, headers: { 'retry-after': '30' } } : undefined);
    b.desk.put(requestDouble());
    await expect.poll(() => b.logged.join('\n')).toContain('rate limited');
    for (let waited = 0; waited < 29; waited += 1) {
      b.clock.advance(1_000);
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    expect(posts()).toBe(1);
    b.clock.advance(1_000);
    await expect.poll(() => posts()).toBe(2);
  });

  it('stops at once in the middle of it', async () => {
    b.workspace.answer = () => 'down';
    await b.slack.start();
    b.desk.put(requestDouble());
    await expect.poll(() => b.workspace.calls.length).toBeGreaterThan(0);
    await b.slack.stop();
    expect(b.desk.watchers).toBe(0);
    const calls = b.workspace.calls.length;
    b.clock.advance(600_000);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect(b.workspace.calls.length).toBe(calls);
  });
});

describe('what is missing elsewhere', () => {
  it('without the right to read the history it posts all the same, and says what is missing', async () => {
    b.workspace.answer = ({ method }) => (method === 'conversations.history' ? { ok: false, error: 'missing_scope' } : undefined);
    const { id } = b.desk.put(requestDouble());
    await b.slack.start();
    await expect.poll(() => ids()).toEqual([id]);
    expect(b.logged.join('\n')).toContain('channels:history');
  });

  it('requests that could not be listed at the start are posted once they can', async () => {
    const { id } = b.desk.put(requestDouble());
    b.desk.down = new Error('no store');
    await b.slack.start();
    await expect.poll(() => b.logged.join('\n')).toContain('can’t be listed');
    b.desk.down = undefined;
    await b.later(() => ids()).toEqual([id]);
  });

  it('will not start without any secret to check presses by', async () => {
    const { createSlackChannel } = await import('../../../src/channels/slack/slack.ts');
    const config = { botToken: { env: 'BOT' }, channel: 'x', signingSecret: { env: 'NONE' } };
    const slack = createSlackChannel(config, { desk: b.desk, clock: b.clock, people: () => ({ byEmail: () => undefined, bySlackId: () => undefined }), freezer: b.freezer, store: { lease: async () => true }, log: { info() {}, warn() {}, error() {} }, secret: () => '' });
    await expect(slack.start()).rejects.toMatchObject({ code: 'slack_secrets' });
  });
});
