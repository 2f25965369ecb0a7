import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestDouble } from '../../api/doubles.ts';
import { bench } from './bench.ts';
import type { Bench } from './bench.ts';
import { buttonsOf, pressPayload, submitPayload } from './workspace.ts';
import type { Button, Modal, SlackMessage } from './workspace.ts';

let b: Bench;
beforeEach(async () => { b = await bench({ socket: true }); });
afterEach(() => b.close());

async function press(who = 'sam', given?: SlackMessage): Promise<string> {
  const message = given ?? (await b.workspace.messages())[0];
  return b.workspace.socket.interact(pressPayload(b.workspace.users.get(who) ?? who, b.workspace.channel, message?.ts ?? '', buttonsOf(message)[0] as Button));
}
const posted = () => expect.poll(async () => (await b.workspace.messages()).length);

describe('Socket Mode', () => {
  it('takes presses without listening for anything', async () => {
    expect([...b.slack.mounts]).toEqual([]);
    await b.slack.start();
    await expect.poll(() => b.workspace.socket.connections).toBe(1);
    const { id } = b.desk.put(requestDouble());
    await posted().toBe(1);
    const [shown] = await b.workspace.messages();
    const envelope = await press();
    await expect.poll(() => b.desk.decided).toMatchObject([{ id, person: 'sam@example.com', channel: 'slack' }]);
    await expect.poll(() => b.workspace.socket.acknowledged.has(envelope)).toBe(true);
    await press('dana', shown);
    await expect.poll(() => b.workspace.whispers().length).toBe(1);
  });

  it('takes a reason for a denial, too', async () => {
    await b.slack.start();
    await expect.poll(() => b.workspace.socket.connections).toBe(1);
    const { id } = b.desk.put(requestDouble());
    await posted().toBe(1);
    const [shown] = await b.workspace.messages();
    const user = b.workspace.users.get('sam') ?? '';
    const deny = buttonsOf(shown).find(({ action_id }) => action_id === 'countersign_deny') as Button;
    b.workspace.socket.interact(pressPayload(user, b.workspace.channel, shown?.ts ?? '', deny, await b.workspace.trigger(user)));
    await expect.poll(() => b.workspace.forms().length).toBe(1);
    const envelope = b.workspace.socket.interact(submitPayload(user, b.workspace.forms()[0] as Modal, 'not now'));
    await expect.poll(() => b.desk.decided).toMatchObject([{ id, decision: 'deny', reason: 'not now' }]);
    await expect.poll(() => b.workspace.socket.acknowledged.has(envelope)).toBe(true);
  });

  it('connects again when Slack asks for it, and when the network breaks', async () => {
    await b.slack.start();
    await expect.poll(() => b.workspace.socket.connections).toBe(1);
    b.workspace.socket.disconnect();
    await b.later(() => b.workspace.socket.connections).toBe(2);
    b.workspace.socket.close();
    await b.later(() => b.workspace.socket.connections).toBe(3);
    const { id } = b.desk.put(requestDouble());
    await posted().toBe(1);
    await press();
    await expect.poll(() => b.desk.decided).toMatchObject([{ id }]);
  });

  it('survives a Slack that is away at the start and while it connects again', async () => {
    b.workspace.answer = () => 'down';
    await b.slack.start();
    await b.later(() => b.workspace.count('apps.connections.open')).toBeGreaterThan(2);
    b.workspace.answer = undefined;
    await b.later(() => b.workspace.socket.connections).toBe(1);
    b.workspace.answer = ({ method }) => (method === 'apps.connections.open' ? 'down' : undefined);
    b.workspace.socket.close();
    const before = b.workspace.count('apps.connections.open');
    await b.later(() => b.workspace.count('apps.connections.open')).toBeGreaterThan(before + 2);
    b.workspace.answer = undefined;
    await b.later(() => b.workspace.socket.connections).toBe(2);
  });

  it('is not confused by what it does not know', async () => {
    await b.slack.start();
    await expect.poll(() => b.workspace.socket.connections).toBe(1);
    for (const payload of [{}, { type: 'block_actions' }, { type: 'block_actions', actions: [] }, { type: 'view_submission' }, null]) b.workspace.socket.interact(payload);
    const { id } = b.desk.put(requestDouble());
    await posted().toBe(1);
    await press();
    await expect.poll(() => b.desk.decided).toMatchObject([{ id }]);
  });
});
