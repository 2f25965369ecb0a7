import { describe, expect, it } from 'vitest';
import { PersonSignedOutView, Problem, SignedOutView, SignInOffer, SignInView } from '../../src/api/schemas.ts';
import type { CommandLineSignIn } from '../../src/identity/identity.ts';
import { SignInRefused } from '../../src/identity/sign-in.ts';
import { testSignIns } from '../identity/support.ts';
import { ClockDouble, requestDouble } from './doubles.ts';
import { SAM, testApi, TOKENS } from './parts.ts';

const UNTIL = Date.UTC(2026, 0, 1, 12);

/** An API at which sam signs in by the ID token `good`, with these roles. */
function signInApi(roles: typeof SAM.roles = SAM.roles) {
  const clock = new ClockDouble();
  const { signIns, events } = testSignIns({ clock });
  const signIn: CommandLineSignIn = {
    offer: { issuer: 'https://login.example.com', clientId: 'countersign-cli', scopes: ['openid'] },
    async exchange(idToken) {
      if (idToken === 'down') throw new SignInRefused('issuer_unavailable', 'The issuer can\'t be asked.');
      if (idToken !== 'good') throw new SignInRefused('sign_in_refused', 'The ID token isn\'t taken: the token has expired.', { hint: 'Again.' });
      return signIns.begin('cli', { person: { ...SAM, roles }, at: clock.now(), until: UNTIL });
    },
  };
  return { ...testApi({ signIn, signIns, clock }), clock, events };
}
const enter = async (api: ReturnType<typeof testApi>): Promise<string> => SignInView.parse(await (await post(api, 'good')).json()).token;
const post = (api: ReturnType<typeof testApi>, id_token: string) =>
  api.app.request('/api/v1/sign-in', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id_token }) }, { incoming: { socket: { remoteAddress: '10.0.0.1' } } });

describe('signing in', () => {
  it('tells the command line where to go, and gives a token for an ID token', async () => {
    const api = signInApi();
    expect(SignInOffer.parse(await (await api.app.request('/api/v1/sign-in')).json())).toEqual({ issuer: 'https://login.example.com', client_id: 'countersign-cli', scopes: ['openid'] });
    const answer = await post(api, 'good');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(SignInView.parse(await answer.json())).toEqual({
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string, email: SAM.email, roles: ['approver'], scopes: ['requests:read', 'requests:decide', 'sessions:read', 'agents:read'], until: '2026-01-01T12:00:00.000Z',
    });
  });

  it('is refused in words, by whose fault it is', async () => {
    const api = signInApi();
    const refused = await post(api, 'bad');
    expect([refused.status, Problem.parse(await refused.json())]).toMatchObject([403, { code: 'sign_in_refused', detail: 'The ID token isn\'t taken: the token has expired.' }]);
    expect((await post(api, 'down')).status).toBe(503);
    expect((await api.app.request('/api/v1/sign-in', { method: 'POST', body: '{}' })).status).toBe(415);
    const statuses = await Promise.all(Array.from({ length: 25 }, async () => (await post(api, 'bad')).status));
    expect(new Set(statuses)).toEqual(new Set([403, 429]));
    expect((await post(api, 'good')).status).toBe(200);
  });

  it('can\'t be done where it isn\'t configured, and its tokens are nobody\'s then', async () => {
    const api = testApi();
    for (const method of ['GET', 'POST']) {
      const answer = await api.app.request('/api/v1/sign-in', method === 'GET' ? {} : { method, headers: { 'content-type': 'application/json' }, body: '{"id_token":"x"}' });
      expect([answer.status, Problem.parse(await answer.json()).detail]).toEqual([404, 'Nobody can sign in here from the command line.']);
    }
    expect((await api.get('/api/v1/requests', await enter(signInApi()))).status).toBe(401);
  });

  it('that is refused is recorded, up to the limit', async () => {
    const api = signInApi();
    for (let i = 0; i < 25; i += 1) await post(api, i === 0 ? 'down' : 'bad');
    expect(api.events).toHaveLength(20);
    expect(api.events[0]).toEqual({ kind: 'person.refused', use: 'cli', reason: 'The ID token isn\'t taken: the token has expired.' });
  });
});

describe('signing out', () => {
  it('ends the sign-in whose token it comes with, once', async () => {
    const api = signInApi();
    const [token, other] = [await enter(api), await enter(api)];
    const out = () => api.app.request('/api/v1/sign-in', { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    expect(SignedOutView.parse(await (await out()).json())).toMatchObject({ email: SAM.email, everywhere: true });
    expect([(await out()).status, (await api.get('/api/v1/requests', token)).status, (await api.get('/api/v1/requests', other)).status]).toEqual([401, 401, 200]);
    expect((await api.app.request('/api/v1/sign-in', { method: 'DELETE' })).status).toBe(401);
    expect((await testApi().app.request('/api/v1/sign-in', { method: 'DELETE', headers: { authorization: `Bearer ${TOKENS.sam}` } })).status).toBe(401);
  });

  it('by an admin ends all of a person, known here or not', async () => {
    const api = signInApi();
    const token = await enter(api);
    const answer = await api.send('POST', '/api/v1/people/SAM%40example.com/sign-out', { reason: 'laptop stolen' });
    expect(PersonSignedOutView.parse(await answer.json())).toEqual({ person: SAM.email, everywhere: true });
    expect((await api.get('/api/v1/requests', token)).status).toBe(401);
    expect(api.events.at(-1)).toEqual({ kind: 'person.signed_out', person: SAM.email, by: SAM.email, reason: 'laptop stolen', jws: expect.any(String) as string });
    expect((await api.send('POST', '/api/v1/people/nobody/sign-out', '')).status).toBe(400);
    expect((await api.send('POST', `/api/v1/people/${SAM.email}/sign-out`, '', TOKENS.kim)).status).toBe(403);
  });

  it('ends a stream before it tells more', async () => {
    const api = signInApi();
    const token = await enter(api);
    const text = (await api.get('/api/v1/requests/events', token)).text();
    await expect.poll(() => api.desk.watchers).toBe(1);
    await api.send('POST', `/api/v1/people/${SAM.email}/sign-out`, '');
    api.desk.put(requestDouble({ text: 'SELECT secret' }));
    expect(await text).toBe(': connected\n\n');
  });
});

describe('a token of a sign-in', () => {
  it('is taken beside those of the configuration', async () => {
    const api = signInApi();
    const token = await enter(api);
    expect((await api.get('/api/v1/requests', token)).status).toBe(200);
    expect((await api.get('/api/v1/requests')).status).toBe(200);
    for (const wrong of [`${token}x`, 'a.b.c', 'x', 'cst_e30.e30.c2ln']) expect((await api.get('/api/v1/requests', wrong)).status).toBe(401);
  });

  it('decides as its person, named as a sign-in', async () => {
    const api = signInApi();
    const { id } = api.desk.put(requestDouble());
    const answer = await api.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'approve' }, await enter(api));
    expect(await answer.json()).toMatchObject({ decisions: [{ person: SAM.email, channel: 'api:sign-in' }] });
  });

  it('may do what the roles may: an admin freezes and doesn\'t decide, an auditor reads', async () => {
    const admin = signInApi(['admin']);
    expect((await admin.send('POST', '/api/v1/agents/reporter/freeze', '', await enter(admin))).status).toBe(200);
    const { id } = admin.desk.put(requestDouble());
    expect((await admin.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'deny' }, await enter(admin))).status).toBe(403);
    const auditor = signInApi(['auditor']);
    expect((await auditor.get('/api/v1/requests', await enter(auditor))).status).toBe(200);
    expect((await auditor.send('DELETE', '/api/v1/sessions/ses_1', '', await enter(auditor))).status).toBe(403);
    const nobody = signInApi([]);
    expect((await nobody.get('/api/v1/requests', await enter(nobody))).status).toBe(403);
  });
});
