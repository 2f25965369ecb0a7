import { describe, expect, it } from 'vitest';
import { view } from '../../src/approval/view.ts';
import { createPeople } from '../../src/identity/people.ts';
import { type SignInProvider, SignInRefused } from '../../src/identity/sign-in.ts';
import { ClockDouble, requestDouble } from '../api/doubles.ts';
import { SAM, TOKENS } from '../api/parts.ts';
import { newKeys } from '../approval/support.ts';
import { testSignIns } from '../identity/support.ts';
import { EVIL as evil } from './hostile.ts';
import { cookieOf, everybody, MORE, testConsole } from './parts.ts';

/** One group more than fits into one cookie of a browser's, and another. */
const MANY = Array.from({ length: 200 }, (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);

/** Signs ivy in, who is in no configuration, for half an hour. */
const providerDouble = (groups: readonly string[] = ['dba']): SignInProvider => ({
  label: 'Okta <1>',
  begin: async () => ({ location: new URL('https://idp.example/authorize'), kept: 'kept' }),
  finish: async (back, kept) => {
    if (kept !== 'kept' || back.searchParams.get('code') !== 'good') throw new SignInRefused('sign_in_refused', 'The provider said no.');
    return { person: { email: 'ivy@example.com', roles: ['approver'], groups }, at: Date.UTC(2026, 0, 1, 0, 1), until: Date.UTC(2026, 0, 1, 0, 31) };
  },
});

describe('every page', () => {
  it.each(['/console', '/console/history', '/console/sessions', '/console/sessions/ses_1', '/console/agents', '/console/audit', '/console/sign-in', '/console/nothing', '/console/requests/req_zzzz'])('%s has a strict policy and is not kept', async (path) => {
    const console = testConsole();
    const { cookie } = await console.enter(TOKENS.sam);
    const answer = await console.get(path, cookie);
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(await answer.text()).not.toMatch(/<script(?! src)|<style| style=| on[a-z]+=/);
  });

  it('keeps assets by their content', async () => {
    const console = testConsole();
    const page = await (await console.get('/console/sign-in')).text();
    const paths = [...page.matchAll(/(?:href|src)="(\/console\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths) {
      const asset = await console.get(path);
      expect(asset.status).toBe(200);
      expect(asset.headers.get('cache-control')).toContain('immutable');
    }
  });
});

describe('signing in', () => {
  it('sends who is not signed in to the form, and back only to a page of the console', async () => {
    const console = testConsole();
    const answer = await console.get('/console/history?before=req_aaaa');
    expect(answer.headers.get('location')).toBe('/console/sign-in?returnTo=%2Fconsole%2Fhistory%3Fbefore%3Dreq_aaaa');
    for (const [returnTo, wanted] of [['/console/history?before=req_aaaa', '/console/history?before=req_aaaa'], ['/console/audit?text=%22drop+table%22&since=2026-03-01', '/console/audit?text=%22drop+table%22&since=2026-03-01'], ['//evil.example', '/console'], ['https://evil.example/console', '/console'],
      ['/console/../evil', '/console'], ['/console\\evil', '/console'], ['/consolevil', '/console'], ['/console/sign-out', '/console']] as const) {
      expect((await console.post('/console/sign-in', { token: TOKENS.sam, returnTo })).headers.get('location')).toBe(wanted);
    }
  });

  it('gives an http-only cookie without the token, host-bound and secure under https', async () => {
    const console = testConsole();
    const plain = (await console.post('/console/sign-in', { token: TOKENS.sam })).headers.getSetCookie().at(-1) ?? '';
    expect(plain).toMatch(/^countersign=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(plain + Buffer.from(plain.split('.')[1] ?? '', 'base64url').toString()).not.toContain(TOKENS.sam);
    const secure = (await testConsole({ publicUrl: new URL('https://c.example/') }).post('/console/sign-in', { token: TOKENS.sam })).headers.getSetCookie().at(-1) ?? '';
    expect(secure).toMatch(/^__Host-countersign=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });

  it('starts a new session each time, and takes no cookie that was changed or is too old', async () => {
    const console = testConsole();
    const [one, two] = [await console.enter(TOKENS.sam), await console.enter(TOKENS.sam)];
    expect(one.csrf).not.toBe(two.csrf);
    const turned = one.cookie.slice(0, -4) + (one.cookie.endsWith('AAAA') ? 'BBBB' : 'AAAA');
    expect((await console.get('/console', turned)).status).toBe(303);
    console.clock.advance(12 * 3_600_000);
    expect((await console.get('/console', one.cookie)).status).toBe(303);
  });

  it('lets a removed person or token out at once', async () => {
    const console = testConsole();
    const { cookie } = await console.enter(TOKENS.sam);
    console.state.people = createPeople([SAM]);
    expect((await console.get('/console', cookie)).status).toBe(303);
  });

  it('slows down who tries tokens', async () => {
    const console = testConsole();
    const statuses = [];
    for (let i = 0; i < 21; i += 1) statuses.push((await console.post('/console/sign-in', { token: 'cst_wrong' })).status);
    expect([statuses[0], statuses[19], statuses[20]]).toEqual([401, 401, 429]);
  });

  it('goes to the provider and back, once begun here', async () => {
    const console = testConsole({ provider: providerDouble() });
    expect(await (await console.get('/console/sign-in')).text()).toContain('Sign in with Okta &lt;1&gt;');
    const begun = await console.get('/console/sign-in/provider?returnTo=/console/history');
    expect(begun.headers.get('location')).toBe('https://idp.example/authorize');
    expect((await console.get('/console/callback?code=good')).status).toBe(403);
    const bad = await console.get('/console/callback?code=bad', cookieOf(begun));
    expect(await bad.text()).toContain('The provider said no.');
    const back = await console.get('/console/callback?code=good', cookieOf(begun));
    expect(back.headers.get('location')).toBe('/console/history');
    expect((await console.get('/console', cookieOf(back))).status).toBe(200);
    expect(console.events).toMatchObject([{ kind: 'person.refused', use: 'console', reason: 'The provider said no.' }, { kind: 'person.signed_in', person: 'ivy@example.com', use: 'console' }]);
    console.clock.advance(30 * 60_000);
    expect((await console.get('/console', cookieOf(back))).status).toBe(303);
  });

  it('slows down who comes back with nothing, and doesn\'t record it for ever', async () => {
    const console = testConsole({ provider: providerDouble() });
    const begun = cookieOf(await console.get('/console/sign-in/provider'));
    const statuses = [];
    for (let i = 0; i < 22; i += 1) statuses.push((await console.get('/console/callback?code=bad', begun)).status);
    expect([statuses[19], statuses[20], console.events.length]).toEqual([403, 429, 20]);
  });

  it('lasts over a restart, and on another replica, with whatever groups were proven', async () => {
    const keys = newKeys();
    const clock = new ClockDouble();
    const replica = () => {
      const people = everybody(clock);
      return testConsole({ provider: providerDouble(MANY), clock, signIns: testSignIns({ clock, keys, people: () => people }).signIns });
    };
    const first = replica();
    const back = await first.get('/console/callback?code=good', cookieOf(await first.get('/console/sign-in/provider')));
    const cookies = back.headers.getSetCookie().filter((line) => !line.includes('Max-Age=0'));
    expect(cookies.map((line) => line.split('=')[0])).toEqual(['countersign', 'countersign.1', 'countersign.2']);
    for (const line of cookies) expect(line.split(';')[0]?.length).toBeLessThan(4_096);
    const later = replica();
    expect(await (await later.get('/console', cookieOf(back))).text()).toContain('ivy@example.com');
    expect((await later.get('/console', cookieOf(back).replace(/countersign\.1=[^;]+;/, ''))).status).toBe(303);
    const out = await later.post('/console/sign-in', { token: TOKENS.sam }, { cookie: cookieOf(back) });
    expect(out.headers.getSetCookie().filter((line) => line.includes('Max-Age=0')).map((line) => line.split('=')[0])).toContain('countersign.2');
  });
});

describe('signing out', () => {
  it.each([['an API token', async (console: ReturnType<typeof testConsole>) => cookieOf(await console.post('/console/sign-in', { token: TOKENS.sam }))],
    ['the provider', async (console: ReturnType<typeof testConsole>) => cookieOf(await console.get('/console/callback?code=good', cookieOf(await console.get('/console/sign-in/provider'))))]])('ends what was begun by %s for good, and a copy of its cookie', async (_way, enter) => {
    const console = testConsole({ provider: providerDouble() });
    const [cookie, other] = [await enter(console), await enter(console)];
    const csrf = /name="csrf" value="([^"]+)"/.exec(await (await console.get('/console', cookie)).text())?.[1] ?? '';
    expect((await console.post('/console/sign-out', { csrf: 'x' }, { cookie })).status).toBe(403);
    expect((await console.get('/console', cookie)).status).toBe(200);
    expect((await console.post('/console/sign-out', { csrf }, { cookie })).headers.get('location')).toBe('/console/sign-in');
    expect([(await console.get('/console', cookie)).status, (await console.get('/console', other)).status]).toEqual([303, 200]);
    expect(console.events.at(-1)).toMatchObject({ kind: 'person.signed_out', signIn: expect.stringMatching(/^sgn_/) as string });
  });

  it('ends the stream of changes before it tells more', async () => {
    const console = testConsole();
    const { cookie, csrf } = await console.enter(TOKENS.sam);
    const text = (await console.get('/console/events', cookie)).text();
    await expect.poll(() => console.desk.watchers).toBe(1);
    await console.post('/console/sign-out', { csrf }, { cookie });
    console.desk.put(requestDouble());
    expect(await text).toBe(': connected\n\n');
  });
});

describe('forms', () => {
  it('count only from here, with the token of the session', async () => {
    const console = testConsole();
    const request = console.desk.put(requestDouble());
    const { cookie, csrf } = await console.enter(TOKENS.sam);
    const other = await console.enter(TOKENS.sam);
    const path = `/console/requests/${request.id}/decision`;
    const form = { decision: 'approve', reason: '', seen: view(request), csrf };
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'none' }]) expect((await console.post(path, form, { cookie, ...headers })).status).toBe(403);
    const body = new URLSearchParams(form);
    for (const headers of [{ cookie }, { cookie, origin: 'null' }, { cookie, origin: 'http://evil.example' }]) expect((await console.app.request(path, { method: 'POST', headers, body })).status).toBe(403);
    expect((await console.post(path, { ...form, csrf: other.csrf }, { cookie })).status).toBe(403);
    expect((await console.post(path, { ...form, csrf: '' }, { cookie })).status).toBe(403);
    expect(console.desk.decided).toEqual([]);
    expect((await console.app.request(path, { method: 'POST', headers: { cookie, origin: 'http://localhost' }, body })).status).toBe(303);
    expect(console.desk.decided).toHaveLength(1);
  });

  it('decide as the person, through the channel console; refusals are told in words', async () => {
    const console = testConsole();
    const request = console.desk.put(requestDouble());
    const [sam, dana] = [await console.enter(TOKENS.sam), await console.enter(TOKENS.dana)];
    const path = `/console/requests/${request.id}/decision`;
    const refused = await console.post(path, { decision: 'approve', reason: '', seen: view(request), csrf: dana.csrf }, { cookie: dana.cookie });
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining('nobody decides about their own agent')]);
    expect((await console.post(path, { decision: 'approve', reason: '', csrf: sam.csrf }, { cookie: sam.cookie })).status).toBe(400);
    await console.post(path, { decision: 'deny', reason: ' use the replica ', seen: view(request), csrf: sam.csrf }, { cookie: sam.cookie });
    expect(console.desk.decided).toEqual([{ id: request.id, person: 'sam@example.com', channel: 'console', decision: 'deny', reason: 'use the replica' }]);
    const late = await console.post(path, { decision: 'approve', reason: '', seen: view(request), csrf: sam.csrf }, { cookie: sam.cookie });
    expect(await late.text()).toContain('This request is denied already.');
  });
});

describe('rights', () => {
  it.each([
    ['auditor', TOKENS.kim, 200, 403, 403], ['approver', TOKENS.sam, 200, 303, 403], ['admin', MORE.ada, 200, 403, 303],
    ['nobody', MORE.nobody, 403, 403, 403], ['reader', MORE.reader, 200, 403, 403],
  ])('%s', async (_who, token, read, decide, freeze) => {
    const console = testConsole();
    const request = console.desk.put(requestDouble());
    const { cookie, csrf } = await console.enter(token);
    const seen = { csrf, seen: view(request), reason: 'x' };
    expect((await console.get(`/console/requests/${request.id}`, cookie)).status).toBe(read);
    expect((await console.post(`/console/requests/${request.id}/decision`, { ...seen, decision: 'deny' }, { cookie })).status).toBe(decide);
    expect((await console.post('/console/agents/reporter/freeze', { csrf, reason: 'odd' }, { cookie })).status).toBe(freeze);
    expect(console.freezer.isFrozen('reporter')).toBe(freeze === 303);
  });

  it('tells a person without a role so', async () => {
    const console = testConsole();
    const { cookie } = await console.enter(MORE.nobody);
    expect(await (await console.get('/console', cookie)).text()).toContain('You are known here, but have no role.');
  });
});

describe('the stream of changes', () => {
  it('names requests and says nothing of them, and ends with the server or after five minutes', async () => {
    const console = testConsole();
    const { cookie } = await console.enter(TOKENS.sam);
    expect((await console.get('/console/events')).status).toBe(401);
    for (const end of [() => console.clock.advance(5 * 60_000), () => console.closeStreams()]) {
      const answer = await console.get('/console/events', cookie);
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      const text = answer.text();
      await expect.poll(() => console.desk.watchers).toBe(1);
      const { id } = console.desk.put(requestDouble({ text: 'SELECT secret' }));
      await new Promise((resolve) => setImmediate(resolve));
      end();
      expect(await text).toContain(`event: change\ndata: {"id":"${id}","state":"pending","escalated":false}\n\n`);
      expect(await text).not.toContain('secret');
      await expect.poll(() => console.desk.watchers).toBe(0);
    }
  });
});

describe('hostile text', () => {
  it('stays text everywhere', async () => {
    const console = testConsole();
    const request = console.desk.put(requestDouble({
      text: evil, rule: evil, reason: evil, context: { [evil]: evil }, parameters: [evil], forms: [evil], database: evil, note: evil, session: evil, approvers: ['dba', evil],
      agent: { name: evil, owner: evil, groups: [] }, effects: [{ effect: 'drop', objects: [evil], because: evil }], tables: [{ name: evil, read: true, written: true, columns: [evil], known: false }],
    }));
    console.desk.put({ ...request, id: 'req_bbbbbbbbbbbbbbbb', state: 'denied', decisions: [{ decision: 'deny', person: evil, channel: evil, reason: evil, at: 0, jws: 'SIGNATURE' }] });
    const { cookie } = await console.enter(TOKENS.sam);
    for (const path of ['/console', '/console/history', `/console/requests/${request.id}`, '/console/requests/req_bbbbbbbbbbbbbbbb']) {
      const page = await (await console.get(path, cookie)).text();
      expect(page).not.toContain('<script>');
      expect(page).not.toMatch(/[\u202e\u200b]|SIGNATURE/);
      expect(page).toContain('⟦U+202E⟧');
    }
  });

  it('says what is wrong without what is inside', async () => {
    const console = testConsole();
    const { cookie } = await console.enter(TOKENS.sam);
    console.desk.down = new Error('hunter2');
    const answer = await console.get('/console', cookie);
    expect([answer.status, (await answer.text()).includes('hunter2'), console.logged.length]).toEqual([500, false, 1]);
  });
});
