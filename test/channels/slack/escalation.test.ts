/** What Slack is told when further groups may decide about a request. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ApprovalRequest } from '../../../src/approval/request.ts';
import { requestDouble } from '../../api/doubles.ts';
import { bench } from './bench.ts';
import type { Bench } from './bench.ts';
import { buttonsOf, textOf } from './workspace.ts';

let b: Bench;
beforeEach(async () => { b = await bench(); });
afterEach(() => b.close());

const AT = Date.UTC(2026, 0, 1, 0, 5);
const TOLD = 'Still undecided, so those in managers or on_call may decide now, too.';
const escalating = () => b.desk.put(requestDouble({ escalation: { approvers: ['managers', 'on_call'], at: AT } }));
const escalate = ({ id }: ApprovalRequest) => b.desk.change(id, { escalatedAt: AT, changedAt: AT });
const message = async () => (await b.workspace.messages())[0];
const shown = async () => textOf(await message());
const replies = async () => {
  const there = await message();
  return there === undefined ? [] : (await b.workspace.replies(there)).map(textOf);
};

it('its message shows who may decide now, and a reply that the whole channel sees names them, once', async () => {
  await b.slack.start();
  const request = escalating();
  await expect.poll(shown).toContain('from 00:05 UTC on also of managers, on_call');
  escalate(request);
  await expect.poll(replies).toEqual([TOLD]);
  expect(await shown()).toContain('since 00:05 UTC also of managers, on_call');
  expect(await shown()).toContain(TOLD);
  expect(buttonsOf(await message())).toHaveLength(3);
  expect(b.workspace.calls.findLast(({ method }) => method === 'chat.postMessage')?.args).toMatchObject({ thread_ts: (await message())?.ts, reply_broadcast: 'true' });
  b.desk.change(request.id, { changedAt: AT + 1, decisions: [{ decision: 'approve', person: 'sam@example.com', channel: 'api', at: AT, jws: '' }] });
  await expect.poll(shown).toContain('Approved by sam@example.com');
  expect(await replies()).toEqual([TOLD]);
});

it('says it in the message alone when that is posted after it', async () => {
  b.workspace.answer = () => 'down';
  await b.slack.start();
  escalate(escalating());
  await b.later(() => b.workspace.calls.length).toBeGreaterThan(2);
  b.workspace.answer = undefined;
  await b.later(shown).toContain(TOLD);
  await b.settled();
  expect(await replies()).toEqual([]);
});

it('says nothing of what was decided in the meantime', async () => {
  await b.slack.start();
  const request = escalating();
  await expect.poll(shown).toContain('from 00:05');
  b.workspace.answer = () => 'down';
  escalate(request);
  await b.later(() => b.workspace.count('chat.update')).toBeGreaterThan(1);
  await b.settled();
  b.desk.change(request.id, { state: 'denied', changedAt: AT + 1 });
  b.workspace.answer = undefined;
  await b.later(shown).toContain('It did not run.');
  expect(await shown()).not.toContain('Still undecided');
  expect(await replies()).toEqual([]);
});

it('after a restart tells it if nobody has, and otherwise not again', async () => {
  await b.slack.start();
  const [told, untold] = [escalating(), escalating()];
  await expect.poll(async () => (await b.workspace.messages()).length).toBe(2);
  escalate(told);
  await expect.poll(replies).toEqual([TOLD]);
  await b.slack.stop();
  escalate(untold);
  await b.again().start();
  const each = async () => Promise.all((await b.workspace.messages()).map(async (one) => (await b.workspace.replies(one)).length));
  await expect.poll(each).toEqual([1, 1]);
  await b.later(() => b.workspace.count('chat.update')).toBeGreaterThan(2);
  await b.settled();
  expect(await each()).toEqual([1, 1]);
});

it('a reply whose answer was lost is not repeated', async () => {
  await b.slack.start();
  const request = escalating();
  await expect.poll(shown).toContain('from 00:05');
  let lost = 0;
  b.workspace.answer = ({ method, args }) => (method === 'chat.postMessage' && args['thread_ts'] !== undefined && lost++ === 0 ? 'lost' : undefined);
  escalate(request);
  await b.later(() => b.workspace.count('conversations.replies')).toBe(2);
  await b.settled();
  expect(await replies()).toEqual([TOLD]);
});

it.each(['missing_scope', 'thread_not_found'])('a thread that can not be read (%s) keeps it from nobody', async (error) => {
  b.workspace.answer = ({ method }) => (method === 'conversations.replies' ? { ok: false, error } : undefined);
  await b.slack.start();
  const request = escalating();
  await expect.poll(shown).toContain('from 00:05');
  escalate(request);
  await expect.poll(replies).toEqual([TOLD]);
});

it('a reply that Slack refuses holds up no other message', async () => {
  b.workspace.answer = ({ method, args }) => (method === 'chat.postMessage' && args['thread_ts'] !== undefined ? { ok: false, error: 'restricted_action_thread_locked' } : undefined);
  await b.slack.start();
  const request = escalating();
  await expect.poll(shown).toContain('from 00:05');
  escalate(request);
  await expect.poll(() => b.logged.join('\n')).toContain('restricted_action_thread_locked');
  b.desk.put(requestDouble());
  await expect.poll(async () => (await b.workspace.messages()).length).toBe(2);
  expect(await shown()).toContain(TOLD);
});

it('of several replicas one tells it', async () => {
  const others = [b.again(), b.again()];
  for (const replica of [b.slack, ...others]) await replica.start();
  const request = escalating();
  await b.later(shown).toContain('from 00:05');
  escalate(request);
  await b.later(replies).toEqual([TOLD]);
  await b.settled();
  expect(await replies()).toEqual([TOLD]);
});
