import { describe, expect, it } from 'vitest';
import { SESSION, TOKENS } from '../api/parts.ts';
import { grown } from '../audit/support.ts';
import { opened } from '../journal/sample-requests.ts';
import { journalOfEverything } from '../journal/every-kind.ts';
import { outcome, sessionStart, statement } from '../journal/setup.ts';
import type { JournalEvent, JournalRecord } from '../../src/journal/events.ts';
import { JournalRefused } from '../../src/journal/failures.ts';
import { Failure } from '../../src/runtime/failure.ts';
import { EVIL } from './hostile.ts';
import { MORE, testConsole } from './parts.ts';

const START = sessionStart({ session: 'ses_1' });

const recorded = (...events: readonly JournalEvent[]) => async function* (session: string): AsyncGenerator<JournalRecord> {
  if (session === 'ses_1') for (const [i, event] of events.entries()) yield { sequence: i + 1, time: new Date(Date.UTC(2026, 0, 1) + 500 * i).toISOString(), event: 'session' in event ? { ...event, session } : event };
};

async function page(console: ReturnType<typeof testConsole>, path: string, token: string): Promise<{ status: number; text: string }> {
  const { cookie } = await console.enter(token);
  const answer = await console.get(path, cookie);
  return { status: answer.status, text: await answer.text() };
}

describe('the list', () => {
  it('has the open ones for everybody, and those of the journal for auditors', async () => {
    const index = await grown(await journalOfEverything());
    const console = testConsole({ audit: { search: async (query) => ({ ...(await index.search(query)), complete: true }) } });
    const approver = (await page(console, '/console/sessions', TOKENS.sam)).text;
    expect(approver).toMatch(/reporter<\/strong> <span class="quiet">of dana@example.com[^]*<code>ses_1<\/code> <span class="badge held">held<\/span> on shop from 127\.0\.0\.1:5000, since 2026-01-01 00:00:00 UTC, statements: 3; waits for <a href="\/console\/requests\/req_a+">/);
    expect(approver).not.toMatch(/In the journal|href="\/console\/(?:sessions\/|audit)/);
    const auditor = (await page(console, '/console/sessions', TOKENS.kim)).text;
    expect(auditor).toMatch(/In the journal[^]*<a href="\/console\/sessions\/s_1">/);
    expect(auditor).not.toContain('/kill');
    expect(auditor).toContain('data-renew="5"');
  });

  it('pages through those of the journal', async () => {
    const asked: unknown[] = [];
    const console = testConsole({ audit: { search: async (query) => { asked.push(query); return { entries: [], next: 'MTo1', complete: true }; } } });
    expect((await page(console, '/console/sessions', TOKENS.kim)).text).toContain('href="/console/sessions?after=MTo1"');
    expect((await page(console, '/console/sessions?after=MTo1', TOKENS.kim)).text).not.toContain('id="open"');
    expect(asked).toMatchObject([{ kind: 'session.start' }, { kind: 'session.start', after: 5 }]);
    expect((await page(console, '/console/sessions?after=x', TOKENS.kim)).status).toBe(400);
  });

  it('needs no index for what is open, and says what a desk is', async () => {
    const console = testConsole({ role: 'desk', audit: { search: async () => { throw new Failure('unavailable', 'The search index doesn\'t answer.'); } } });
    const { status, text } = await page(console, '/console/sessions', MORE.ada);
    expect(status).toBe(200);
    expect(text).toMatch(/This process is a desk[^]*ses_1[^]*The search index doesn&#39;t answer\./);
    for (const path of ['/console/audit', '/console/sessions/ses_1']) expect((await page(testConsole({ role: 'desk', records: recorded(START) }), path, MORE.ada)).text).toContain('This process is a desk');
  });
});

describe('killing', () => {
  it('is asked for on a page of its own, with a reason', async () => {
    const console = testConsole();
    const { cookie, csrf } = await console.enter(MORE.ada);
    const path = '/console/sessions/ses_1/kill';
    expect(await (await console.get('/console/sessions', cookie)).text()).toContain(`href="${path}"`);
    expect(await (await console.get(path, cookie)).text()).toMatch(/<form class="deny" method="post" action="\/console\/sessions\/ses_1\/kill">[^]*name="reason" required/);
    expect((await console.post(path, { csrf, reason: ' ' }, { cookie })).status).toBe(400);
    expect((await console.post(path, { csrf: 'x', reason: 'odd' }, { cookie })).status).toBe(403);
    expect((await console.post(path, { csrf, reason: 'odd' }, { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(console.sessions.killed).toEqual([]);
    expect((await console.post(path, { csrf, reason: ' odd statements ' }, { cookie })).headers.get('location')).toBe('/console/sessions');
    expect(console.sessions.killed).toEqual([{ id: SESSION.id, reason: 'ended by ada@example.com: odd statements' }]);
    expect([(await console.get(path, cookie)).status, (await console.post(path, { csrf, reason: 'odd' }, { cookie })).status]).toEqual([404, 404]);
  });

  it.each([['approver', TOKENS.sam], ['auditor', TOKENS.kim], ['reader', MORE.reader]])('isn\'t for the %s', async (_who, token) => {
    const console = testConsole();
    const { cookie, csrf } = await console.enter(token);
    for (const answer of [await console.get('/console/sessions/ses_1/kill', cookie), await console.post('/console/sessions/ses_1/kill', { csrf, reason: 'x' }, { cookie })]) {
      expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('This needs the role admin')]);
    }
    expect(console.sessions.killed).toEqual([]);
  });
});

describe('a session\'s page', () => {
  it('tells its story, with transactions, decisions, counts and links to what was held or refused', async () => {
    const console = testConsole({ records: recorded(
      START, statement('BEGIN', { statements: [{ kind: 'begin' }] }), outcome(2, { tag: 'BEGIN', rows: 0 }), opened({ session: 'ses_1', request: 'req_aaaaaaaaaaaaaaaa' }),
      { kind: 'request.decided', request: 'req_aaaaaaaaaaaaaaaa', person: 'sam@example.com', channel: 'console', decision: 'deny', reason: 'not now', jws: 'SIGNATURE' },
      statement('DROP TABLE orders', { fate: 'refused', code: '42501', verdict: 'hold', request: 'req_aaaaaaaaaaaaaaaa' }),
      statement('COMMIT', { statements: [{ kind: 'commit' }] }), outcome(7, { tag: 'COMMIT', rows: 0, bytes: 12 }),
    ) });
    const { text } = await page(console, '/console/sessions/ses_1', TOKENS.kim);
    expect(text).toMatch(/<dd>reporter, owned by dana@example.com<\/dd>[^]*<dd>not yet<\/dd>[^]*<dd>3; 1 held, 1 refused<\/dd>/);
    expect(text).toMatch(/Held and refused[^]*href="#r4">held \+1\.500 s<[^]*href="#r6">refused \+2\.500 s</);
    expect(text).toMatch(/<li id="r2" class="calm inside begins">[^]*transaction 1 begins[^]*<li id="r4" class="changing inside">[^]*req_a+: deny by sam@example\.com \(console\): not now[^]*<li id="r6" class="grave inside">[^]*transaction 1 is committed[^]*statement 7: COMMIT, 0 rows, 12 bytes/);
    expect(text).not.toContain('SIGNATURE');
  });

  it('says how transactions ended', async () => {
    const command = (kind: string): JournalEvent => statement(kind, { statements: [{ kind }] });
    const console = testConsole({ records: recorded(
      command('begin'), command('commit'), outcome(2, { tag: 'ROLLBACK' }), command('begin'), command('commit'), outcome(5, { error: { code: '23503', message: 'no such order' } }),
      command('begin'), command('rollback'), outcome(8), command('begin'), command('commit'), statement('BEGIN; COMMIT', { statements: [{ kind: 'begin' }, { kind: 'commit' }] }), outcome(12),
    ) });
    const { text } = await page(console, '/console/sessions/ses_1', TOKENS.kim);
    expect([...text.matchAll(/>(transaction \d [^<]+)</g)].map(([, words]) => words)).toEqual([
      'transaction 1 begins', 'transaction 1 is rolled back', 'transaction 2 begins', 'transaction 2 is rolled back', 'transaction 3 begins', 'transaction 3 is rolled back',
      'transaction 4 begins', 'transaction 4 ends, with no outcome', 'transaction 5 begins and is committed',
    ]);
    expect(text).toMatch(/<li id="r5" class="grave inside ends">[^]*error 23503: no such order/);
    expect(text).toContain('the journal no longer has its beginning');
  });

  it('says what is wrong with the journal', async () => {
    const damaged = new JournalRefused('damaged', 'A record can\'t be read.', { hint: 'Run `countersign audit verify`.' });
    const console = testConsole({ records: async function* (session) {
      yield* recorded(START)(session);
      throw damaged;
    } });
    expect(await page(console, '/console/sessions/ses_1', TOKENS.kim)).toEqual({ status: 503, text: expect.stringContaining('Run `countersign audit verify`.') as string });
  });

  it('has pages of 200 records, which the jumps lead to', async () => {
    const console = testConsole({ records: recorded(START, ...Array.from({ length: 260 }, (_, i) => statement(`SELECT ${i}`, i === 250 ? { fate: 'refused', code: '42501' } : {}))) });
    const first = (await page(console, '/console/sessions/ses_1', TOKENS.kim)).text;
    expect(first.match(/<li id="r\d+"/g)).toHaveLength(200);
    expect(first).toContain('href="/console/sessions/ses_1?page=2#r252"');
    expect((await page(console, '/console/sessions/ses_1?page=2', TOKENS.kim)).text).toMatch(/page 2 of 2[^]*SELECT 259/);
    for (const [path, status] of [['?page=3', 404], ['?page=0', 400], ['?page=x', 400]] as const) expect((await page(console, `/console/sessions/ses_1${path}`, TOKENS.kim)).status).toBe(status);
    expect((await page(console, '/console/sessions/ses_2', TOKENS.kim)).status).toBe(404);
  });

  it('is for auditors, and says so', async () => {
    const console = testConsole({ records: recorded(START) });
    for (const token of [TOKENS.sam, MORE.reader, MORE.nobody]) expect((await page(console, '/console/sessions/ses_1', token)).status).toBe(403);
    expect((await page(console, '/console/sessions/ses_1', TOKENS.sam)).text).toContain('This needs the role auditor or admin');
    expect((await page(console, '/console/sessions/ses_1', MORE.ada)).status).toBe(200);
  });

  it('shows hostile and huge texts as text, and no more of them than their beginning', async () => {
    const error = { code: EVIL, message: EVIL };
    const console = testConsole({ records: recorded(
      { ...START, agent: EVIL, owner: EVIL, database: EVIL, client: EVIL }, { kind: 'prepare', session: 'ses_1', name: EVIL, text: EVIL },
      statement(EVIL, { parameters: [EVIL], rule: EVIL, effects: [{ effect: 'drop', objects: [EVIL] }] }), outcome(3, { error, tag: EVIL }), statement(`${'x'.repeat(1024 * 1024)}${EVIL}`),
      opened({ session: 'ses_1', request: EVIL, rule: EVIL, approvers: [EVIL] }), { kind: 'request.ended', request: EVIL, state: 'denied', reason: EVIL }, { kind: 'refused', session: 'ses_1', code: EVIL, reason: EVIL },
      { kind: 'session.end', session: 'ses_1', reason: EVIL, statements: 1, bytesIn: 1, bytesOut: 1 },
    ) });
    const { text } = await page(console, '/console/sessions/ses_1', TOKENS.kim);
    expect(text).not.toMatch(/<script(?! src)|[\u202e\u200b]/);
    expect(text).toContain('⟦U+202E⟧');
    expect(text).toMatch(/… <a href="\/console\/audit\/5">All 1,048,6\d\d characters<\/a>/);
    expect(text.length).toBeLessThan(40_000);
  });
});
