import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveApi } from '../../../src/api/server.ts';
import type { HttpServer } from '../../../src/api/server.ts';
import { requestDouble } from '../../api/doubles.ts';
import { DANA, KIM, SAM, testApi } from '../../api/parts.ts';
import { bench } from './bench.ts';
import type { Bench } from './bench.ts';
import { buttonsOf, pressPayload, signed, submitPayload, textOf } from './workspace.ts';
import type { Button, Modal, SlackMessage } from './workspace.ts';

let b: Bench;
let server: HttpServer;

async function begin(options: Parameters<typeof bench>[0] = {}): Promise<void> {
  b = await bench(options);
  server = await serveApi(testApi(), { host: '127.0.0.1', port: 0 }, { mounts: b.slack.mounts });
  await b.slack.start();
}
beforeEach(() => begin());
afterEach(async () => {
  await server.close(100);
  await b.close();
});

async function posted(request = requestDouble()): Promise<{ id: string; message: SlackMessage; approve: Button; deny: Button; freeze: Button }> {
  const { id } = b.desk.put(request);
  await expect.poll(async () => (await b.workspace.messages()).some(({ metadata }) => metadata.event_payload.request === id)).toBe(true);
  const message = (await b.workspace.messages()).find(({ metadata }) => metadata.event_payload.request === id) as SlackMessage;
  const button = (action: string) => buttonsOf(message).find(({ action_id }) => action_id === action) ?? { action_id: action, value: '' };
  return { id, message, approve: button('countersign_approve'), deny: button('countersign_deny'), freeze: button('countersign_freeze') };
}

const payload = (who: string, ts: string, button: Button) => pressPayload(b.workspace.users.get(who) ?? who, b.workspace.channel, ts, button);
const send = async (init: RequestInit) => (await fetch(`${server.url}/slack/events`, init)).status;
const whispered = async () => {
  await expect.poll(() => b.workspace.whispers().length).toBeGreaterThan(0);
  return b.workspace.whispers();
};
const now = async (id: string) => textOf((await b.workspace.messages()).find(({ metadata }) => metadata.event_payload.request === id));

/** Presses Deny and waits for the form. */
async function denyForm(who: string, ts: string, deny: Button): Promise<Modal> {
  const [user, before] = [b.workspace.users.get(who) ?? who, b.workspace.forms().length];
  await send(signed(pressPayload(user, b.workspace.channel, ts, deny, await b.workspace.trigger(user))));
  await expect.poll(() => b.workspace.forms().length).toBe(before + 1);
  return b.workspace.forms()[before] as Modal;
}
const submit = (who: string, form: Modal, reason: string | null) => fetch(`${server.url}/slack/events`, signed(submitPayload(b.workspace.users.get(who) ?? who, form, reason)));

describe('a press', () => {
  it('decides as the person with that e-mail address, and the message says so', async () => {
    const { id, message, approve } = await posted();
    expect(await send(signed(payload('sam', message.ts, approve)))).toBe(200);
    await expect.poll(() => b.desk.decided).toEqual([{ id, person: 'sam@example.com', channel: 'slack', decision: 'approve', reason: undefined }]);
    await expect.poll(() => now(id)).toContain('Approved by sam@example.com');
    b.desk.change(id, { state: 'released' });
    b.desk.change(id, { state: 'finished', outcome: { tag: 'DELETE 3', rows: 3, ms: 5 } });
    await expect.poll(() => now(id)).toContain('It ran: DELETE 3, 3 rows, 5 ms.');
    const messages = await b.workspace.messages();
    expect(messages).toHaveLength(1);
    expect(buttonsOf(messages[0])).toEqual([]);
  });

  it.each([
    ['a wrong secret', { secret: 'another' }], ['an old timestamp', { at: Date.now() - 6 * 60_000 }],
    ['a changed body', { tamper: (body: string) => body.replace('countersign_deny', 'countersign_approve') }],
    ['a payload smuggled beside ssl_check', { tamper: (body: string) => `ssl_check=1&${body}`, secret: 'another' }],
  ])('with %s does nothing', async (_what, how) => {
    const { message, deny } = await posted();
    expect(await send(signed(payload('sam', message.ts, deny), how))).toBeOneOf([401, 200]);
    const unsigned = signed(payload('sam', message.ts, deny));
    for (const header of ['x-slack-signature', 'x-slack-request-timestamp']) {
      const headers = Object.fromEntries(Object.entries(unsigned.headers as Record<string, string>).filter(([name]) => name !== header));
      expect(await send({ ...unsigned, headers })).toBe(401);
    }
    expect(b.desk.decided).toEqual([]);
    expect(b.workspace.count('users.info')).toBe(0);
  });

  it('sent again counts once', async () => {
    const { id, message, approve } = await posted();
    const init = signed(payload('sam', message.ts, approve));
    await send(init);
    await expect.poll(() => b.desk.decided.length).toBe(1);
    await send(init);
    expect((await whispered())[0]?.text).toContain('approved already');
    expect(b.desk.decided.map((one) => one.id)).toEqual([id]);
  });

  it('with the id, digest or view of something else decides nothing', async () => {
    const { message, approve } = await posted();
    const other = await posted(requestDouble({ text: 'DROP TABLE orders' }));
    const value = JSON.parse(approve.value) as Record<string, string>;
    const others = JSON.parse(other.approve.value) as Record<string, string>;
    const forged = [{ ...value, request: others['request'] }, { ...value, digest: others['digest'] }, { ...value, view: others['view'] }, { request: value['request'] }, { ...value, request: '../x' }, { ...value, more: 1 }, 'x'];
    for (const [index, one] of forged.entries()) {
      await send(signed(payload('sam', message.ts, { ...approve, value: typeof one === 'string' ? one : JSON.stringify(one) })));
      await expect.poll(() => b.workspace.whispers().length).toBe(index + 1);
    }
    expect(b.desk.decided).toEqual([]);
    for (const { text } of b.workspace.whispers()) expect(text).toMatch(/nothing was decided/);
  });

  it('on a request that was swapped in the store after it was shown decides nothing', async () => {
    const { id, message, approve } = await posted(requestDouble({ text: 'SELECT 1' }));
    b.desk.requests.set(id, { ...(b.desk.requests.get(id) ?? requestDouble()), text: 'DROP TABLE orders' });
    await send(signed(payload('sam', message.ts, approve)));
    expect((await whispered())[0]?.text).toContain('not what this message shows');
    expect(b.desk.decided).toEqual([]);
  });

  it('of Approve, forged for a statement that Slack does not show whole, decides nothing; Deny works', async () => {
    const { message, approve, deny } = await posted(requestDouble({ text: 'x'.repeat(20_000) }));
    expect(approve.value).toBe('');
    await send(signed(payload('sam', message.ts, { ...approve, value: deny.value })));
    expect((await whispered())[0]?.text).toContain('countersign requests show');
    expect(b.desk.decided).toEqual([]);
    await submit('sam', await denyForm('sam', message.ts, deny), 'too long to read');
    await expect.poll(() => b.desk.decided.length).toBe(1);
  });

  it("by the agent's owner, or by somebody without the group, is refused to them alone", async () => {
    const { id, message, approve } = await posted();
    await send(signed(payload('dana', message.ts, approve)));
    await expect.poll(() => b.workspace.whispers().length).toBe(1);
    await send(signed(payload('kim', message.ts, approve)));
    await expect.poll(() => b.workspace.whispers().length).toBe(2);
    expect(b.workspace.whispers()).toEqual([
      { user: b.workspace.users.get('dana'), text: expect.stringContaining('nobody decides about their own agent') },
      { user: b.workspace.users.get('kim'), text: expect.stringContaining('Only approvers of the group dba') },
    ]);
    expect([b.desk.decided, b.desk.requests.get(id)?.state]).toEqual([[], 'pending']);
    expect(await now(id)).not.toContain('nobody decides');
  });

  it('by somebody who is not among the people is refused', async () => {
    const { message, approve } = await posted();
    await send(signed(payload('admin', message.ts, approve)));
    expect((await whispered())[0]?.text).toContain('admin@emulate.dev is not among the people');
    await send(signed(payload('U0NOBODY', message.ts, approve)));
    await expect.poll(() => b.workspace.whispers().length).toBe(2);
    expect(b.desk.decided).toEqual([]);
  });

  it.each([
    ['of another workspace', { team_id: 'T000EVIL' }], ['a guest', { is_restricted: true }], ['a single-channel guest', { is_ultra_restricted: true }], ['a stranger', { is_stranger: true }],
    ['without a confirmed address', { is_email_confirmed: false }], ['deactivated', { deleted: true }], ['a bot', { is_bot: true }], ['another account than asked for', { id: 'U0OTHER' }],
    ['without an address', { profile: {} }], ['with a look-alike address', { profile: { email: 'sаm@example.com' } }],
  ])('by an account that is %s is refused', async (_what, changes) => {
    const { message, approve } = await posted();
    b.workspace.answer = ({ method, args }) => (method === 'users.info'
      ? { ok: true, user: { id: args['user'], team_id: 'T000000001', profile: { email: 'sam@example.com' }, ...changes } } : undefined);
    await send(signed(payload('sam', message.ts, approve)));
    await whispered();
    expect(b.desk.decided).toEqual([]);
  });

  it('by an account that is none of these counts', async () => {
    const { message, approve } = await posted();
    b.workspace.answer = ({ method, args }) => (method === 'users.info'
      ? { ok: true, user: { id: args['user'], team_id: 'T000000001', is_email_confirmed: true, profile: { email: 'Sam@Example.com' } } } : undefined);
    await send(signed(payload('U0ANY', message.ts, approve)));
    await expect.poll(() => b.desk.decided).toMatchObject([{ person: 'sam@example.com' }]);
  });

  it('while Slack does not say who it is decides nothing', async () => {
    const { message, approve } = await posted();
    b.workspace.answer = ({ method }) => (method === 'users.info' ? 'down' : undefined);
    await send(signed(payload('sam', message.ts, approve)));
    await whispered();
    expect(b.desk.decided).toEqual([]);
  });

  it('on a body over the limit or by another method is refused', async () => {
    expect(await send(signed({ type: 'block_actions', x: 'y'.repeat(600_000) }))).toBe(413);
    expect((await fetch(`${server.url}/slack/events`)).status).toBe(405);
  });

  it('writes no statement and no secret into the log', async () => {
    const { message, approve } = await posted(requestDouble({ text: 'SELECT hunter2' }));
    await send(signed(payload('admin', message.ts, approve)));
    await send(signed(payload('sam', message.ts, approve), { secret: 'another' }));
    await whispered();
    expect(b.logged.join('\n')).not.toMatch(/hunter2|xoxb|a-signing-secret/);
  });
});

describe('Deny', () => {
  it('asks for a reason, and decides with it', async () => {
    const { id, message, deny } = await posted();
    const form = await denyForm('sam', message.ts, deny);
    expect(form.blocks.filter(({ type }) => type === 'input')).toMatchObject([{ block_id: 'reason', element: { multiline: true, max_length: 1000 } }]);
    // Nothing comes back from a form that is closed.
    expect([b.desk.decided, b.desk.requests.get(id)?.state]).toEqual([[], 'pending']);
    expect((await submit('sam', form, '  use a WHERE \n')).status).toBe(200);
    await expect.poll(() => b.desk.decided).toEqual([{ id, person: 'sam@example.com', channel: 'slack', decision: 'deny', reason: 'use a WHERE' }]);
    await expect.poll(() => now(id)).toMatch(/Denied by sam@example\.com: use a WHERE[^]*It did not run/);
  });

  it.each([null, '', ' \n '])('without a reason (%j) stays open and decides nothing', async (reason) => {
    const { message, deny } = await posted();
    const answer = await submit('sam', await denyForm('sam', message.ts, deny), reason);
    expect(await answer.json()).toEqual({ response_action: 'errors', errors: { reason: expect.any(String) } });
    expect(b.desk.decided).toEqual([]);
  });

  it('on what is decided already opens no form and says so', async () => {
    const { id, message, deny } = await posted();
    b.desk.change(id, { state: 'withdrawn' });
    await send(signed(payload('sam', message.ts, deny)));
    expect((await whispered())[0]?.text).toContain('was withdrawn');
    expect(b.workspace.forms()).toEqual([]);
  });

  it('says so when the form does not open, or when it was decided, or swapped, meanwhile', async () => {
    const { id, message, deny } = await posted();
    await send(signed(payload('sam', message.ts, deny)));
    expect((await whispered())[0]?.text).toMatch(/nothing was decided.*countersign requests deny req_/);
    const form = await denyForm('sam', message.ts, deny);
    const whole = b.desk.requests.get(id) ?? requestDouble();
    b.desk.requests.set(id, { ...whole, text: 'DROP TABLE orders' });
    await submit('sam', form, 'no');
    await expect.poll(() => b.workspace.whispers().at(-1)?.text).toContain('not what this message shows');
    b.desk.requests.set(id, { ...whole, state: 'approved' });
    await submit('sam', form, 'no');
    await expect.poll(() => b.workspace.whispers().at(-1)?.text).toContain('approved already');
    expect(b.desk.decided).toEqual([]);
  });

  it('by somebody who may not is refused to them, also with the form of another', async () => {
    const { message, deny } = await posted();
    const form = await denyForm('sam', message.ts, deny);
    for (const who of ['dana', 'kim']) await submit(who, form, 'no');
    await expect.poll(() => b.workspace.whispers().map(({ user }) => user)).toEqual(expect.arrayContaining([b.workspace.users.get('dana'), b.workspace.users.get('kim')]));
    expect(b.desk.decided).toEqual([]);
  });

  it('with a form whose hidden part is not ours does nothing', async () => {
    const { message, deny } = await posted();
    const form = await denyForm('sam', message.ts, deny);
    for (const private_metadata of ['', 'x', '{}', JSON.stringify({ value: 1, channel: 'C1' })]) expect((await submit('sam', { ...form, private_metadata }, 'no')).status).toBe(200);
    expect((await fetch(`${server.url}/slack/events`, signed(submitPayload('U1', form, 'no'), { secret: 'another' }))).status).toBe(401);
    expect(b.desk.decided).toEqual([]);
  });
});

describe('Freeze agent', () => {
  it('freezes the agent as the API does, by an administrator, and tells them', async () => {
    await server.close(100);
    await b.close();
    await begin({ people: [SAM, DANA, { ...KIM, roles: ['admin'] }] });
    const { id, message, freeze } = await posted();
    await send(signed(payload('kim', message.ts, freeze)));
    expect((await whispered())[0]).toEqual({ user: b.workspace.users.get('kim'), text: expect.stringContaining('reporter is frozen. To let it go on: countersign agents thaw reporter') });
    expect([...b.freezer.frozen]).toEqual([['reporter', { by: 'kim@example.com', reason: `from the Slack message of ${id}` }]]);
    b.freezer.everywhere = false;
    await send(signed(payload('kim', message.ts, freeze)));
    await expect.poll(() => b.workspace.whispers().at(-1)?.text).toContain('frozen here; other replicas');
  });

  it('by anybody else, or with a button that was changed, does nothing', async () => {
    const { message, freeze } = await posted();
    await send(signed(payload('sam', message.ts, freeze)));
    expect((await whispered())[0]?.text).toContain('role admin');
    await send(signed(payload('admin', message.ts, freeze)));
    await send(signed(payload('sam', message.ts, { ...freeze, value: '{}' })));
    await expect.poll(() => b.workspace.whispers().length).toBe(3);
    expect(b.freezer.frozen.size).toBe(0);
  });
});

describe('an explicit link', () => {
  it('names the account of a person, and no other account is theirs', async () => {
    await server.close(100);
    await b.close();
    await begin({ people: [{ ...SAM, slack: 'U0LINKED' }, KIM] });
    const { message, approve } = await posted();
    await send(signed(payload('sam', message.ts, approve)));
    expect((await whispered())[0]?.text).toContain('linked to another Slack account');
    await send(signed(payload('U0LINKED', message.ts, approve)));
    await expect.poll(() => b.desk.decided).toMatchObject([{ person: 'sam@example.com' }]);
  });
});

describe('before it starts and after it stops', () => {
  it('the address answers 503', async () => {
    await b.slack.stop();
    expect(await send(signed({}))).toBe(503);
  });
});
