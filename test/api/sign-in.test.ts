import { describe, expect, it } from 'vitest';
import { Problem, SignInOffer, SignInView } from '../../src/api/schemas.ts';
import type { CommandLineSignIn } from '../../src/identity/identity.ts';
import { SignInRefused } from '../../src/identity/sign-in.ts';
import { scopesOf } from '../../src/identity/sign-in-tokens.ts';
import { requestDouble } from './doubles.ts';
import { SAM, testApi } from './parts.ts';

const TOKEN = 'e30.e30.c2ln';
const UNTIL = Date.UTC(2026, 0, 1, 12);

function signInDouble(roles: typeof SAM.roles = SAM.roles): CommandLineSignIn {
  const person = { ...SAM, roles };
  return {
    offer: { issuer: 'https://login.example.com', clientId: 'countersign-cli', scopes: ['openid'] },
    async exchange(idToken) {
      if (idToken === 'down') throw new SignInRefused('issuer_unavailable', 'The issuer can\'t be asked.');
      if (idToken !== 'good') throw new SignInRefused('sign_in_refused', 'The ID token isn\'t taken: the token has expired.', { hint: 'Again.' });
      return { token: TOKEN, signedIn: { person, until: UNTIL } };
    },
    holder: async (token) => (token === TOKEN ? { name: 'sign-in', person, scopes: scopesOf(roles) } : undefined),
  };
}
const post = (api: ReturnType<typeof testApi>, id_token: string) =>
  api.app.request('/api/v1/sign-in', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id_token }) }, { incoming: { socket: { remoteAddress: '10.0.0.1' } } });

describe('signing in', () => {
  it('tells the command line where to go, and gives a token for an ID token', async () => {
    const api = testApi({ signIn: signInDouble() });
    expect(SignInOffer.parse(await (await api.app.request('/api/v1/sign-in')).json())).toEqual({ issuer: 'https://login.example.com', client_id: 'countersign-cli', scopes: ['openid'] });
    const answer = await post(api, 'good');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(SignInView.parse(await answer.json())).toEqual({
      token: TOKEN, email: SAM.email, roles: ['approver'], scopes: ['requests:read', 'requests:decide', 'sessions:read', 'agents:read'], until: '2026-01-01T12:00:00.000Z',
    });
  });

  it('is refused in words, by whose fault it is', async () => {
    const api = testApi({ signIn: signInDouble() });
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
    expect((await api.get('/api/v1/requests', TOKEN)).status).toBe(401);
  });
});

describe('a token of a sign-in', () => {
  it('is taken beside those of the configuration', async () => {
    const api = testApi({ signIn: signInDouble() });
    expect((await api.get('/api/v1/requests', TOKEN)).status).toBe(200);
    expect((await api.get('/api/v1/requests')).status).toBe(200);
    for (const wrong of [`${TOKEN}x`, 'a.b.c', 'x', 'cst_e30.e30.c2ln']) expect((await api.get('/api/v1/requests', wrong)).status).toBe(401);
  });

  it('decides as its person, named as a sign-in', async () => {
    const api = testApi({ signIn: signInDouble() });
    const { id } = api.desk.put(requestDouble());
    const answer = await api.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'approve' }, TOKEN);
    expect(await answer.json()).toMatchObject({ decisions: [{ person: SAM.email, channel: 'api:sign-in' }] });
  });

  it('may do what the roles may: an admin freezes and doesn\'t decide, an auditor reads', async () => {
    const admin = testApi({ signIn: signInDouble(['admin']) });
    expect((await admin.send('POST', '/api/v1/agents/reporter/freeze', '', TOKEN)).status).toBe(200);
    const { id } = admin.desk.put(requestDouble());
    expect((await admin.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'deny' }, TOKEN)).status).toBe(403);
    const auditor = testApi({ signIn: signInDouble(['auditor']) });
    expect((await auditor.get('/api/v1/requests', TOKEN)).status).toBe(200);
    expect((await auditor.send('DELETE', '/api/v1/sessions/ses_1', '', TOKEN)).status).toBe(403);
    expect((await testApi({ signIn: signInDouble([]) }).get('/api/v1/requests', TOKEN)).status).toBe(403);
  });
});
