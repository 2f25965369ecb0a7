import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/api/schemas.ts';
import { requestDouble } from './doubles.ts';
import { TOKENS, testApi } from './parts.ts';

const get = (api: ReturnType<typeof testApi>, authorization?: string, address = '10.0.0.1') =>
  api.app.request('/api/v1/requests', authorization === undefined ? {} : { headers: { authorization } }, { incoming: { socket: { remoteAddress: address } } });

describe('authentication', () => {
  it.each([undefined, '', 'Bearer', 'Bearer cst_wrong', `Basic ${TOKENS.sam}`, `Bearer  ${TOKENS.sam}`, `Bearer ${TOKENS.sam}x`, `Bearer ${TOKENS.sam}, Bearer x`, TOKENS.sam])(
    'refuses %s', async (header) => {
      const answer = await get(testApi(), header);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(Problem.parse(await answer.json())).toMatchObject({ code: 'unauthenticated', hint: expect.any(String) });
    });

  it('takes no token from the address', async () => {
    expect((await testApi().app.request(`/api/v1/requests?token=${TOKENS.sam}&access_token=${TOKENS.sam}`)).status).toBe(401);
  });

  it('needs the scope of the call, and names it', async () => {
    const api = testApi();
    const { id } = api.desk.put(requestDouble());
    expect((await api.get('/api/v1/requests', TOKENS.kim)).status).toBe(200);
    const calls: [string, string, string][] = [
      ['POST', `/api/v1/requests/${id}/decision`, 'requests:decide'], ['GET', '/api/v1/sessions', 'sessions:read'],
      ['DELETE', '/api/v1/sessions/ses_1', 'sessions:kill'], ['GET', '/api/v1/agents', 'agents:read'],
      ['POST', '/api/v1/agents/reporter/freeze', 'agents:freeze'], ['POST', '/api/v1/agents/reporter/thaw', 'agents:freeze'],
    ];
    for (const [method, path, scope] of calls) {
      const answer = await api.app.request(path, { method, headers: { authorization: `Bearer ${TOKENS.kim}` } });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(Problem.parse(await answer.json())).toMatchObject({ code: 'missing_scope', detail: expect.stringContaining(scope) });
    }
    expect(api.sessions.killed).toEqual([]);
    expect(api.freezer.frozen.size).toBe(0);
  });

  it('answers no call under /api/ without a token, whatever its path and method', async () => {
    // Those that give tokens are called without one.
    for (const { path, method } of testApi().app.routes.filter((route) => route.path.startsWith('/api/') && route.path !== '/api/v1/sign-in')) {
      // A new one each time: after a number of failures the answer would be 429.
      const answer = await testApi().app.request(path.replace(/:\w+/g, 'x'), { method: method === 'ALL' ? 'GET' : method });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
    }
  });

  it('slows down an address that keeps failing, but neither others nor a good token from it', async () => {
    const api = testApi();
    const statuses: number[] = [];
    for (let i = 0; i < 25; i += 1) statuses.push((await get(api, 'Bearer cst_wrong')).status);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(statuses.slice(20)).toEqual(Array.from({ length: 5 }, () => 429));
    expect((await get(api, 'Bearer cst_wrong')).headers.get('retry-after')).toBe('60');
    expect((await get(api, 'Bearer cst_wrong', '10.0.0.2')).status).toBe(401);
    expect((await get(api, `Bearer ${TOKENS.sam}`)).status).toBe(200);
    expect(api.warned).toHaveLength(3);
    expect(JSON.stringify(api.warned)).not.toContain('cst_wrong');
    api.clock.advance(60_000);
    expect((await get(api, 'Bearer cst_wrong')).status).toBe(401);
  });
});
