import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../src/audit/entry.ts';
import { BadSearch } from '../../src/audit/failures.ts';
import { SearchQuery } from '../../src/audit/query.ts';
import type { AuditSearch } from '../../src/audit/search.ts';
import { TOKENS } from '../api/parts.ts';
import { grown } from '../audit/support.ts';
import { journalOfEverything } from '../journal/every-kind.ts';
import { EVIL } from './hostile.ts';
import { MORE, testConsole } from './parts.ts';

async function auditor(search: AuditSearch['search'], token: string = TOKENS.kim) {
  const console = testConsole({ audit: { search } });
  const { cookie } = await console.enter(token);
  return async (path = ''): Promise<{ status: number; text: string }> => {
    const answer = await console.get(`/console/audit${path}`, cookie);
    return { status: answer.status, text: await answer.text() };
  };
}

async function overEverything(token?: string) {
  const index = await grown(await journalOfEverything());
  return auditor(async (query) => ({ ...(await index.search(query)), complete: true }), token);
}

describe('a search', () => {
  it('has the API\'s filters as a form, and takes no notice of what is left empty', async () => {
    const asked: unknown[] = [];
    const page = await auditor(async (query) => { asked.push(query); return { entries: [], complete: true }; });
    const { text } = await page('?text=+drop+&agent=reporter&table=&verdict=hold&since=2026-03-01&rule=');
    expect(asked).toEqual([{ text: 'drop', agent: 'reporter', verdict: 'hold', since: Date.UTC(2026, 2, 1), limit: 50 }]);
    for (const name of Object.keys(SearchQuery.shape).filter((name) => name !== 'limit' && name !== 'after')) expect(text).toContain(` name="${name}"`);
    expect(text).toMatch(/name="text" value="drop"[^]*name="agent" value="reporter"[^]*name="since" value="2026-03-01"/);
    expect(text).toContain('Nothing was found.');
    expect(text).toContain('<details><summary>More filters');
    expect((await page('?rule=reads')).text).toContain('<details open>');
  });

  it('lists what it finds, with ways to the session, the request and the entry', async () => {
    const page = await overEverything();
    const { text } = await page('?table=orders&effect=drop&kind=request');
    expect(text).toMatch(/<li id="e(\d+)" class="changing"><a class="request" href="\/console\/audit\/\1">[^]*reporter@shop[^]*DROP TABLE orders[^]*req_1 released, approved by sam@example\.com: fine[^]*href="\/console\/sessions\/s_1"[^]*href="\/console\/requests\/req_1"/);
    expect((await page('?person=sam@example.com&kind=agent.*')).text).toMatch(/agent\.thawed[^]*agent\.frozen too eager/);
    expect((await page('?agent=nobody')).text).toContain('The journal knows no agent nobody.');
  });

  it('goes on where the page before ended', async () => {
    const index = await grown(await journalOfEverything());
    const page = await auditor(async (query) => ({ ...(await index.search({ ...query, limit: 5 })), complete: true }));
    const numbers = (text: string): string[] => [...text.matchAll(/<li id="e(\d+)"/g)].map(([, number = '']) => number);
    const first = (await page('?agent=rep*')).text;
    const next = /rel="next" href="\/console\/audit(\?agent=rep\*&amp;after=[^"]+)"/.exec(first)?.[1]?.replace('&amp;', '&');
    expect(numbers(first)).toHaveLength(5);
    expect(Math.max(...numbers((await page(next)).text).map(Number))).toBeLessThan(Math.min(...numbers(first).map(Number)));
  });

  it('says when the newest may be missing', async () => {
    const page = await auditor(async () => ({ entries: [], complete: false }));
    expect((await page()).text).toContain('the newest may be missing');
    expect((await (await overEverything())()).text).not.toContain('may be missing');
  });

  it('says what can\'t be meant, with what was typed still there', async () => {
    const page = await auditor(async () => { throw new BadSearch('text', 'there is no letter', 'Give a word.'); });
    for (const [path, why] of [['?effect=delte', 'did you mean &quot;delete&quot;?'], ['?since=yesterday', 'since: a time is written as'], ['?after=x', 'after: it isn&#39;t what'], ['?bad=1', 'bad'], ['?text=!', 'text: there is no letter. Give a word.']] as const) {
      expect(await page(path)).toEqual({ status: 400, text: expect.stringContaining(why) as string });
    }
    expect((await page('?effect=delte')).text).toContain('value="delte"');
  });

  it('is for auditors, and says so', async () => {
    for (const token of [TOKENS.sam, MORE.reader]) {
      const page = await overEverything(token);
      for (const path of ['', '/3']) expect(await page(path)).toEqual({ status: 403, text: expect.stringContaining('This needs the role auditor or admin') as string });
      expect((await page()).text).not.toContain('href="/console/audit"');
    }
    expect((await (await overEverything(MORE.ada))()).status).toBe(200);
  });
});

describe('an entry', () => {
  it('is there whole, by its number', async () => {
    const page = await overEverything();
    const number = /<li id="e(\d+)"/.exec((await page('?kind=request')).text)?.[1] ?? '';
    const { text } = await page(`/${number}`);
    expect(text).toMatch(new RegExp(`<h1>Entry ${number}</h1>[^]*href="/console/sessions/s_1"[^]*<dd>reporter, owned by dana@example.com</dd>[^]*<dd>approved by sam@example\\.com: fine at [^]*DROP TABLE orders</code>`));
    for (const none of ['999', '0', 'x', '1e3', '12345678901234567']) expect((await page(`/${none}`)).status).toBe(404);
  });

  it('and any other page shows hostile and huge texts as text', async () => {
    const entry: AuditEntry = {
      sequence: 7, time: '2026-01-01T00:00:00.000Z', kind: 'statement', text: `${EVIL}${'x'.repeat(1024 * 1024)}the end`, parameters: [EVIL], session: EVIL, agent: EVIL, owner: EVIL, database: EVIL, client: EVIL,
      effects: [{ effect: 'drop', objects: [EVIL], because: EVIL }], tables: [{ name: EVIL, read: true, written: true, columns: [EVIL], known: false }], verdict: 'hold', rule: EVIL, policy: EVIL, code: EVIL, fate: 'run',
      request: { id: EVIL, approvers: [EVIL], decisions: [{ person: EVIL, decision: 'deny', channel: EVIL, reason: EVIL, time: EVIL }], reason: EVIL },
      outcome: { rows: 1, bytes: 1, ms: 1, error: { code: EVIL, message: EVIL } }, people: [EVIL], details: { [EVIL]: EVIL, more: { [EVIL]: EVIL } },
    };
    const page = await auditor(async () => ({ entries: [entry], unknown: [EVIL], complete: true }));
    const [list, one] = [(await page(`?${String(new URLSearchParams({ text: EVIL, agent: EVIL }))}`)).text, (await page('/7')).text];
    for (const text of [list, one]) {
      expect(text.replaceAll(/ value="[^"]*"/g, '')).not.toMatch(/<script(?! src)|[\u202e\u200b]/);
      expect(text).toContain('⟦U+202E⟧');
      expect(text).not.toContain('⟦U+27E6⟧');
    }
    expect(list).not.toContain('"><script>');
    expect([one.includes('xthe end</code>'), list.length < 20_000]).toEqual([true, true]);
  });
});
