import { describe, expect, it } from 'vitest';
import { view } from '../../src/approval/view.ts';
import { ApprovalsUnavailable } from '../../src/approval/failures.ts';
import { ApprovalRequestView, Problem, RequestPage } from '../../src/api/schemas.ts';
import { requestDouble } from './doubles.ts';
import { TOKENS, testApi } from './parts.ts';

const problem = async (answer: Response) => Problem.parse(await answer.json());

describe('GET /api/v1/requests', () => {
  it('lists newest first, by state, in pages', async () => {
    const api = testApi();
    const [first, second, third] = [requestDouble(), requestDouble({ state: 'denied' }), requestDouble()].map((request) => api.desk.put(request));
    const pending = RequestPage.parse(await (await api.get('/api/v1/requests?state=pending')).json());
    expect(pending.requests.map(({ id }) => id)).toEqual([third?.id, first?.id]);
    const page = RequestPage.parse(await (await api.get('/api/v1/requests?limit=2')).json());
    expect(page).toMatchObject({ requests: [{ id: third?.id }, { id: second?.id }], next: second?.id });
    const rest = RequestPage.parse(await (await api.get(`/api/v1/requests?limit=2&before=${page.next}`)).json());
    expect(rest.requests.map(({ id }) => id)).toEqual([first?.id]);
    expect(rest.next).toBeUndefined();
  });

  it('ends a page early rather than send many huge statements at once, and says so', async () => {
    const api = testApi();
    for (let i = 0; i < 10; i += 1) api.desk.put(requestDouble({ text: 'x'.repeat(1024 * 1024) }));
    const page = RequestPage.parse(await (await api.get('/api/v1/requests')).json());
    expect(page.requests.length).toBe(4);
    expect(page.next).toBe(page.requests.at(-1)?.id);
  });

  it.each(['state=open', 'limit=0', 'limit=201', 'limit=ten', 'page=2', 'state=pending&state=denied'])('refuses ?%s', async (query) => {
    const answer = await testApi().get(`/api/v1/requests?${query}`);
    expect(answer.status).toBe(400);
    expect((await problem(answer)).code).toBe('bad_request');
  });
});

describe('GET /api/v1/requests/{id}', () => {
  it('gives the exact text, whole, and no signature', async () => {
    const api = testApi();
    const text = `SELECT '</script>\u202e\u0000\u001b[2J & \ud800'`;
    const { id } = api.desk.put(requestDouble({
      text, decisions: [{ decision: 'approve', person: 'kim@example.com', channel: 'slack', at: 0, jws: 'SIGNATURE' }],
    }));
    const answer = await api.get(`/api/v1/requests/${id}`);
    const body = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(body).not.toContain('SIGNATURE');
    expect(ApprovalRequestView.parse(JSON.parse(body)).text).toBe(text);
  });

  it.each(['req_zzzzzzzzzzzzzzzz', 'nothing', '..%2f..%2fetc', 'req_%00'])('knows no %s', async (id) => {
    const answer = await testApi().get(`/api/v1/requests/${id}`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });
});

describe('POST /api/v1/requests/{id}/decision', () => {
  it("decides as the token's person", async () => {
    const api = testApi();
    const { id, digest } = api.desk.put(requestDouble());
    const answer = await api.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'approve', reason: 'as agreed', digest });
    expect(answer.status).toBe(200);
    expect(ApprovalRequestView.parse(await answer.json())).toMatchObject({ state: 'approved', decisions: [{ person: 'sam@example.com', reason: 'as agreed' }] });
    expect(api.desk.decided).toEqual([{ id, person: 'sam@example.com', channel: 'api:sam-laptop', decision: 'approve', reason: 'as agreed' }]);
  });

  it("refuses the agent's own owner, with the sentence", async () => {
    const api = testApi();
    const { id } = api.desk.put(requestDouble());
    const answer = await api.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'approve' }, TOKENS.dana);
    expect(answer.status).toBe(403);
    expect(await problem(answer)).toMatchObject({ code: 'self_approval', detail: expect.stringContaining('nobody decides about their own agent') });
  });

  it('refuses a decision about something other than what was looked at', async () => {
    const api = testApi();
    const shown = requestDouble({ text: 'SELECT 1' });
    const { id } = api.desk.put({ ...shown, text: 'DROP TABLE orders' });
    for (const seen of [{ digest: '0'.repeat(64) }, { view: view(shown) }, { digest: shown.digest, view: view(shown) }]) {
      const answer = await api.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'approve', ...seen });
      expect(answer.status).toBe(409);
      expect((await problem(answer)).code).toBe('digest_mismatch');
    }
    expect(api.desk.decided).toEqual([]);
  });

  it.each([
    ['nothing', ''], ['an unknown key', { decision: 'approve', force: true }], ['another word', { decision: 'yes' }], ['an array', [{ decision: 'approve' }]],
    ['a long reason', { decision: 'deny', reason: 'x'.repeat(1001) }], ['a short digest', { decision: 'deny', digest: 'ab' }], ['broken JSON', '{"decision":'],
    ['a person', { decision: 'approve', person: 'sam@example.com' }],
  ])('refuses %s', async (_what, body) => {
    const api = testApi();
    const { id } = api.desk.put(requestDouble());
    const answer = await api.send('POST', `/api/v1/requests/${id}/decision`, body);
    expect(answer.status).toBe(400);
    expect(api.desk.decided).toEqual([]);
  });

  it('refuses a body that is not declared as JSON, as a form in a browser would send', async () => {
    const api = testApi();
    const { id } = api.desk.put(requestDouble());
    const answer = await api.app.request(`/api/v1/requests/${id}/decision`, {
      method: 'POST', headers: { authorization: `Bearer ${TOKENS.sam}`, 'content-type': 'text/plain' }, body: '{"decision":"approve"}',
    });
    expect(answer.status).toBe(415);
  });

  it('refuses more than 64 KiB', async () => {
    const api = testApi();
    const { id } = api.desk.put(requestDouble());
    const answer = await api.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'deny', reason: 'x'.repeat(70_000) });
    expect(answer.status).toBe(413);
    expect(await problem(answer)).toMatchObject({ code: 'too_large' });
  });

  it('says 409 after a decision and 503 while the store is away, without what went wrong inside', async () => {
    const api = testApi();
    const { id } = api.desk.put(requestDouble({ state: 'denied' }));
    expect((await api.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'approve' })).status).toBe(409);
    api.desk.down = new ApprovalsUnavailable(new Error('connect ECONNREFUSED redis://:hunter2@redis'));
    const away = await api.send('POST', `/api/v1/requests/${id}/decision`, { decision: 'approve' });
    expect(away.status).toBe(503);
    api.desk.down = new Error('hunter2');
    const broken = await api.get(`/api/v1/requests/${id}`);
    expect(broken.status).toBe(500);
    expect(`${await away.text()}${await broken.text()}`).not.toContain('hunter2');
    expect(api.logged).toHaveLength(1);
  });
});
