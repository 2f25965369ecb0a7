import { generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveApi } from '../../../src/api/server.ts';
import type { HttpServer } from '../../../src/api/server.ts';
import { createMemoryStore } from '../../../src/approval/memory-store.ts';
import { view } from '../../../src/approval/view.ts';
import { createTeamsChannel } from '../../../src/channels/teams/teams.ts';
import type { TeamsChannel } from '../../../src/channels/teams/teams.ts';
import { createPeople } from '../../../src/identity/people.ts';
import type { Person } from '../../../src/identity/person.ts';
import { ClockDouble, DeskDouble, requestDouble } from '../../api/doubles.ts';
import { DANA, KIM, SAM, testApi } from '../../api/parts.ts';
import { APP_ID, CONVERSATION, Cloud, OUR_TOKEN, TENANT } from './cloud.ts';
import type { TokenChanges } from './cloud.ts';

const SAM_ID = '11111111-7425-40de-944b-e07fc1f90ae7';
let cloud: Cloud;
let desk: DeskDouble;
let clock: ClockDouble;
let server: HttpServer;
let teams: TeamsChannel;
let people: readonly Person[];
const logged: string[] = [];

beforeEach(async () => {
  [cloud, desk, clock, people] = [await Cloud.open(), new DeskDouble(), new ClockDouble(), [SAM, DANA, KIM]];
  logged.length = 0;
  const note = (...parts: unknown[]): void => { logged.push(JSON.stringify(parts)); };
  teams = createTeamsChannel(
    { appId: APP_ID, tenant: TENANT, clientSecret: { env: 'SECRET' }, conversation: CONVERSATION, serviceUrl: cloud.url },
    { desk, clock, people: () => createPeople(people), store: createMemoryStore({ clock }), log: { info: note, warn: note, error: note }, secret: () => 'x', cloud: cloud.environment() },
  );
  for (const name of ['sam', 'dana', 'kim', 'eve']) {
    cloud.members.set(`29:${name}`, { id: `29:${name}`, tenantId: TENANT, userRole: 'user', userPrincipalName: `${name}@example.com`, aadObjectId: name === 'sam' ? SAM_ID : undefined });
  }
  server = await serveApi(testApi(), { host: '127.0.0.1', port: 0 }, { mounts: teams.mounts });
  await teams.start();
});
afterEach(async () => {
  await server.close(100);
  await teams.stop();
  await cloud.close();
});

async function posted(request = requestDouble()) {
  desk.put(request);
  await expect.poll(() => [...cloud.cards.values()].some((card) => card.includes(request.id))).toBe(true);
  return { request, data: { request: request.id, digest: request.digest, view: view(request) } };
}
const cardOf = (id: string) => [...cloud.cards.values()].find((card) => card.includes(id)) ?? '';
const activity = (who: string, verb: string, data: unknown, changes: Record<string, unknown> = {}) => ({
  type: 'invoke', name: 'adaptiveCard/action', id: 'f:1', channelId: 'msteams', serviceUrl: cloud.url, replyToId: '1', from: { id: `29:${who}`, aadObjectId: SAM_ID, name: 'sam@example.com' },
  recipient: { id: `28:${APP_ID}` }, conversation: { id: `${CONVERSATION};messageid=1`, tenantId: TENANT }, value: { action: { type: 'Action.Execute', verb, data } }, ...changes,
});
async function send(body: unknown, authorization?: string) {
  const answer = await fetch(`${server.url}/teams/messages`, { method: 'POST', headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) }, body: JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, told: text.startsWith('{') ? (JSON.parse(text) as { value?: string }).value : undefined };
}
const press = async (who: string, verb: 'approve' | 'deny', data: unknown, changes = {}) => send(activity(who, `countersign_${verb}`, data, changes), `Bearer ${await cloud.token()}`);

describe('a card', () => {
  it('is posted once per request with our token, and says in the end what became of it', async () => {
    const { request, data } = await posted();
    expect(cloud.calls[0]).toMatchObject({ method: 'POST', authorization: `Bearer ${OUR_TOKEN}` });
    expect((await press('sam', 'approve', data)).told).toContain('approved');
    expect(desk.decided).toEqual([{ id: request.id, person: 'sam@example.com', channel: 'teams', decision: 'approve', reason: undefined }]);
    await expect.poll(() => cardOf(request.id)).toContain('Approved by sam@example.com');
    desk.change(request.id, { state: 'released' });
    desk.change(request.id, { state: 'finished', outcome: { tag: 'DELETE 3', rows: 3, ms: 5 } });
    await expect.poll(() => cardOf(request.id)).toContain('It ran: DELETE 3');
    expect([cloud.cards.size, cardOf(request.id).includes('countersign_')]).toEqual([1, false]);
  });

  it.each([['expired', 'Expired. It did not run.'], ['withdrawn', 'Withdrawn'], ['denied', 'It did not run.']] as const)('says that it is %s', async (state, words) => {
    const { request } = await posted();
    desk.change(request.id, { state });
    await expect.poll(() => cardOf(request.id)).toContain(words);
  });

  it('is posted once Teams is back', async () => {
    cloud.refuse = () => 503;
    const request = desk.put(requestDouble());
    await expect.poll(() => { clock.advance(1_000); return cloud.calls.length; }, { timeout: 5_000 }).toBeGreaterThan(2);
    cloud.refuse = undefined;
    await expect.poll(() => { clock.advance(1_000); return cardOf(request.id); }, { timeout: 5_000 }).toContain('countersign_approve');
    expect(cloud.cards.size).toBe(1);
    expect(logged.join('\n')).not.toContain(OUR_TOKEN);
  });
});

describe('a request that further groups may decide about', () => {
  const AT = Date.UTC(2026, 0, 1, 0, 5);
  const TOLD = 'Still undecided, so those in managers may decide now, too.';
  const escalation = { approvers: ['managers'], at: AT };
  const replies = () => [...cloud.replies.values()].flat();

  it('shows it in its card, and in the thread, once', async () => {
    const { request } = await posted(requestDouble({ escalation }));
    expect(cardOf(request.id)).toContain('from 00:05 UTC on also of managers');
    desk.change(request.id, { escalatedAt: AT, changedAt: AT });
    await expect.poll(replies).toEqual([TOLD]);
    expect(cardOf(request.id)).toContain('since 00:05 UTC also of managers');
    expect(cardOf(request.id)).toContain(TOLD);
    expect(cloud.calls.findLast(({ method }) => method === 'POST')?.body).toMatchObject({ textFormat: 'plain' });
    desk.change(request.id, { decisions: [{ decision: 'approve', person: 'sam@example.com', channel: 'api', at: 0, jws: '' }] });
    await expect.poll(() => cardOf(request.id)).toContain('Approved by sam@example.com');
    expect(replies()).toEqual([TOLD]);
  });

  it('that had no card yet says it there', async () => {
    const { request } = await posted(requestDouble({ escalation, escalatedAt: AT }));
    desk.change(request.id, { decisions: [{ decision: 'approve', person: 'sam@example.com', channel: 'api', at: 0, jws: '' }] });
    await expect.poll(() => cardOf(request.id)).toContain('Approved by sam@example.com');
    expect([cardOf(request.id).includes(TOLD), replies()]).toEqual([true, []]);
  });

  it('is told when Teams is back, and not when it was decided by then', async () => {
    const [waiting, decided] = [await posted(requestDouble({ escalation })), await posted(requestDouble({ escalation }))];
    cloud.refuse = () => 503;
    for (const { request } of [waiting, decided]) desk.change(request.id, { escalatedAt: AT, changedAt: AT });
    await expect.poll(() => { clock.advance(1_000); return cloud.count('PUT'); }, { timeout: 5_000 }).toBeGreaterThan(1);
    desk.change(decided.request.id, { state: 'denied', changedAt: AT + 1 });
    cloud.refuse = undefined;
    await expect.poll(() => { clock.advance(1_000); return [cardOf(decided.request.id).includes('It did not run.'), replies()]; }, { timeout: 5_000 }).toEqual([true, [TOLD]]);
  });

  it('is told of once where Teams says no to the reply', async () => {
    const { request } = await posted(requestDouble({ escalation }));
    cloud.refuse = ({ path }) => (path.includes(';messageid=') ? 403 : undefined);
    desk.change(request.id, { escalatedAt: AT, changedAt: AT });
    await expect.poll(() => cardOf(request.id)).toContain(TOLD);
    await posted();
    expect(cloud.calls.filter(({ path }) => path.includes(';messageid='))).toHaveLength(1);
    expect(logged.join('\n')).toContain('can’t be replied to');
  });
});

it('a token that never comes holds nothing up for long', async () => {
  let hung = 0;
  cloud.ourToken = () => (hung++ === 0 ? new Promise<string>(() => {}) : Promise.resolve(OUR_TOKEN));
  const request = desk.put(requestDouble());
  await expect.poll(() => hung).toBe(1);
  expect(cloud.calls).toEqual([]);
  await expect.poll(() => { clock.advance(1_000); return cardOf(request.id); }, { timeout: 5_000 }).toContain('countersign_approve');
  expect(logged.join('\n')).toContain('no answer in time');
});

describe('a press', () => {
  it('of Deny takes the reason along, and needs one', async () => {
    const { request, data } = await posted();
    expect((await press('sam', 'deny', { ...data, reason: ' ' })).told).toContain('A reason');
    expect(desk.decided).toEqual([]);
    await press('sam', 'deny', { ...data, reason: 'not today' });
    expect(desk.decided).toMatchObject([{ id: request.id, decision: 'deny', reason: 'not today' }]);
  });

  it.each<[string, TokenChanges]>([
    ['of another issuer', { issuer: 'https://sts.windows.net/x/' }], ['for another bot', { audience: TENANT }], ['that is over', { expires: Date.now() - 3_600_000 }],
    ['for another service', { serviceurl: 'https://evil.example' }], ['without a service', { serviceurl: undefined }],
  ])('with a token %s does nothing', async (_what, changes) => {
    const { data } = await posted();
    expect((await send(activity('sam', 'countersign_approve', data), `Bearer ${await cloud.token(changes)}`)).status).toBe(401);
    expect([desk.decided, cloud.count('GET')]).toEqual([[], 0]);
  });

  it('with a token of another key, unsigned, or without one does nothing', async () => {
    const { data } = await posted();
    const body = activity('sam', 'countersign_approve', data);
    const { privateKey } = await generateKeyPair('RS256');
    const [head, claims] = (await cloud.token()).split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [`Bearer ${await cloud.token({ key: privateKey })}`, `Bearer ${none}.${claims}.`, `Bearer ${head}.${claims}.`, 'Bearer', undefined]) expect((await send(body, token)).status).toBe(401);
    for (const serviceUrl of [undefined, '', 7]) expect((await send({ ...body, serviceUrl }, `Bearer ${await cloud.token()}`)).status).toBe(401);
    const elsewhere = 'https://directline.example';
    expect((await send({ ...body, serviceUrl: elsewhere }, `Bearer ${await cloud.token({ serviceurl: elsewhere })}`)).status).toBe(401);
    expect([desk.decided, cloud.count('GET')]).toEqual([[], 0]);
  });

  it('with the id, digest or view of something else decides nothing', async () => {
    const { data } = await posted();
    const other = await posted(requestDouble({ text: 'DROP TABLE orders' }));
    for (const forged of [{ ...data, request: other.data.request }, { ...data, digest: other.data.digest }, { ...data, view: other.data.view }, { ...data, more: 1 }, {}, null, 'x']) {
      expect((await press('sam', 'approve', forged)).told).toContain('nothing was decided');
    }
    expect((await press('sam', 'approve', data, { conversation: { id: '19:other@thread.tacv2' } })).told).toContain('nothing was decided');
    expect(desk.decided).toEqual([]);
  });

  it('of Approve, forged for a statement that is not shown whole, decides nothing', async () => {
    const { data } = await posted(requestDouble({ text: 'x'.repeat(30_000) }));
    expect((await press('sam', 'approve', data)).told).toContain('countersign requests show');
    expect(desk.decided).toEqual([]);
  });

  it("by the agent's owner, without the group, or by nobody known is refused to them alone", async () => {
    const { request, data } = await posted();
    const before = cardOf(request.id);
    expect((await press('dana', 'approve', data)).told).toContain('nobody decides about their own agent');
    expect((await press('kim', 'approve', data)).told).toContain('Only approvers of the group dba');
    // What the activity says of its sender is not believed: it always claims to be Sam.
    expect((await press('eve', 'approve', data)).told).toContain('eve@example.com is not among the people');
    expect((await press('nobody', 'approve', data)).told).toContain('not in the conversation');
    expect([desk.decided, cardOf(request.id), cloud.count('PUT')]).toEqual([[], before, 0]);
  });

  it.each([['guests', { userRole: 'guest' }], ['people of another tenant', { tenantId: APP_ID }], ['somebody without a tenant', { tenantId: undefined }]])('by %s is refused', async (_who, changes) => {
    const { data } = await posted();
    cloud.members.set('29:sam', { ...cloud.members.get('29:sam'), ...changes });
    await press('sam', 'approve', data);
    expect(desk.decided).toEqual([]);
  });

  it('counts for the person linked by object id, and for no other account with their address', async () => {
    people = [{ ...SAM, teams: SAM_ID }, DANA];
    const { data } = await posted();
    cloud.members.set('29:twin', { ...cloud.members.get('29:sam'), id: '29:twin', aadObjectId: APP_ID });
    expect((await press('twin', 'approve', data)).told).toContain('linked to another Teams account');
    cloud.members.set('29:sam', { ...cloud.members.get('29:sam'), userPrincipalName: 'other@example.com' });
    await press('sam', 'approve', data);
    expect(desk.decided).toMatchObject([{ person: 'sam@example.com' }]);
  });

  it('says so when the roster does not answer', async () => {
    const { data } = await posted();
    cloud.refuse = () => 500;
    expect((await press('sam', 'approve', data)).told).toContain('Teams: answered 500');
    expect(desk.decided).toEqual([]);
  });
});
