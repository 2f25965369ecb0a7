import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/api/openapi.ts';
import { AgentPage, EventPage, FrozenView, HealthView, KilledView, ReadinessView, SessionPage } from '../../src/api/schemas.ts';
import { testSignIns } from '../identity/support.ts';
import { ClockDouble } from './doubles.ts';
import { TOKENS, testApi } from './parts.ts';

describe('sessions', () => {
  it('lists them and ends one', async () => {
    const api = testApi();
    expect(SessionPage.parse(await (await api.get('/api/v1/sessions')).json()).sessions).toMatchObject([{ id: 'ses_1', state: 'held', startedAt: '2026-01-01T00:00:00.000Z' }]);
    const killed = await api.send('DELETE', '/api/v1/sessions/ses_1', { reason: 'runaway' });
    expect(KilledView.parse(await killed.json())).toEqual({ session: 'ses_1', killed: true });
    expect(api.sessions.killed).toEqual([{ id: 'ses_1', reason: 'ended by sam@example.com: runaway' }]);
    expect((await api.send('DELETE', '/api/v1/sessions/ses_1', '')).status).toBe(404);
  });

  it("pages through a session's journal", async () => {
    const api = testApi({ events: async function* (session) { if (session === 'ses_9') yield* [0, 1, 2, 3, 4].map((i) => ({ kind: 'statement', i })); } });
    const first = EventPage.parse(await (await api.get('/api/v1/sessions/ses_9/events?limit=3', TOKENS.kim)).json());
    expect(first).toEqual({ events: [0, 1, 2].map((i) => ({ kind: 'statement', i })), next: 3 });
    const rest = EventPage.parse(await (await api.get('/api/v1/sessions/ses_9/events?limit=3&skip=3', TOKENS.kim)).json());
    expect(rest).toEqual({ events: [3, 4].map((i) => ({ kind: 'statement', i })) });
    expect((await api.get('/api/v1/sessions/ses_none/events', TOKENS.kim)).status).toBe(404);
    expect(EventPage.parse(await (await api.get('/api/v1/sessions/ses_1/events', TOKENS.kim)).json())).toEqual({ events: [] });
  });
});

describe('agents', () => {
  it('lists them without their verifiers', async () => {
    const body = await (await testApi().get('/api/v1/agents')).text();
    expect(AgentPage.parse(JSON.parse(body)).agents).toEqual([
      { name: 'reporter', owner: 'dana@example.com', groups: ['analytics'], databases: ['shop'], frozen: false, sessions: 1 },
    ]);
    expect(body).not.toContain('SCRAM');
  });

  it('freezes and thaws one, by name of the person', async () => {
    const api = testApi();
    const frozen = await api.send('POST', '/api/v1/agents/reporter/freeze', { reason: 'odd queries' });
    expect(FrozenView.parse(await frozen.json())).toEqual({ agent: 'reporter', frozen: true, everywhere: true });
    expect(api.freezer.frozen.get('reporter')).toEqual({ by: 'sam@example.com', reason: 'odd queries' });
    expect(FrozenView.parse(await (await api.send('POST', '/api/v1/agents/reporter/thaw', '')).json())).toEqual({ agent: 'reporter', frozen: false, everywhere: true });
    expect((await api.send('POST', '/api/v1/agents/nobody/freeze', '')).status).toBe(404);
    expect((await api.send('POST', '/api/v1/agents/reporter/freeze', { why: 'x' })).status).toBe(400);
  });
});

describe('what needs no token', () => {
  it('is health, readiness, metrics and the description, and no more', async () => {
    const api = testApi({ health: () => ({ ready: false, checks: { store: false } }) });
    expect(HealthView.parse(await (await api.app.request('/healthz')).json())).toEqual({ status: 'ok' });
    const ready = await api.app.request('/readyz');
    expect([ready.status, ReadinessView.parse(await ready.json())]).toEqual([503, { ready: false, checks: { store: false } }]);
    expect((await api.app.request('/metrics')).headers.get('content-type')).toMatch(/^text\/plain/);
    const open = api.app.routes.filter(({ path, method }) => method !== 'ALL' && !path.startsWith('/api/')).map(({ path }) => path);
    expect(open.toSorted()).toEqual(['/healthz', '/metrics', '/openapi.json', '/readyz']);
  });

  it('asks about readiness once a second at most', async () => {
    let asked = 0;
    const api = testApi({ health: async () => { asked += 1; return { ready: true, checks: {} }; } });
    for (let i = 0; i < 10; i += 1) expect((await api.app.request('/readyz')).status).toBe(200);
    expect(asked).toBe(1);
    api.clock.advance(1_000);
    await api.app.request('/readyz');
    expect(asked).toBe(2);
  });

  it('refuses other methods and unknown paths with a problem', async () => {
    for (const [method, path] of [['GET', '/'], ['PUT', '/api/v1/requests'], ['GET', '/api/v2/requests']] as const) {
      const answer = await testApi().app.request(path, { method });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    }
  });
});

describe('/openapi.json', () => {
  const { signIns } = testSignIns({ clock: new ClockDouble() });

  it('describes exactly the routes there are', async () => {
    const api = testApi({ signIns });
    const served = await (await api.app.request('/openapi.json')).json() as { paths: Record<string, Record<string, unknown>> };
    expect(served).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
    const described = Object.entries(served.paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method} ${path}`));
    const real = api.app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`);
    expect(described.toSorted()).toEqual([...new Set(real)].toSorted());
  });

  it('names the scope each call really needs', async () => {
    const paths = openApiDocument()['paths'] as Record<string, Record<string, { 'x-scope'?: string }>>;
    const api = testApi({ signIns, people: () => ({ byToken: () => ({ name: 'none', person: { email: 'x@example.com', roles: [], groups: [] }, scopes: new Set() }) }) });
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        if (operation['x-scope'] === undefined) continue;
        const answer = await api.app.request(path.replace(/\{\w+\}/g, 'x'), { method: method.toUpperCase(), headers: { authorization: 'Bearer cst_any' } });
        expect(await answer.text()).toContain(`the scope ${operation['x-scope']}.`);
      }
    }
  });
});
