import { expect, it } from 'vitest';
import { SearchPage } from '../../src/api/schemas.ts';
import { BadSearch } from '../../src/audit/failures.ts';
import type { SearchQuery } from '../../src/audit/query.ts';
import { journalOfEverything } from '../journal/every-kind.ts';
import { grown } from '../audit/support.ts';
import { TOKENS, testApi } from './parts.ts';

it('searches with the filters it is given, as the schema says', async () => {
  const index = await grown(await journalOfEverything());
  const api = testApi({ audit: { search: async (query) => ({ ...(await index.search(query)), complete: true }) } });
  const search = async (query: string): Promise<SearchPage> => SearchPage.parse(await (await api.get(`/api/v1/audit/search?${query}`, TOKENS.kim)).json());
  const whole = await search('limit=200');
  expect(whole.entries.length).toBeGreaterThan(15);
  const first = await search('limit=5');
  expect((await search(`limit=200&after=${first.next ?? ''}`)).entries).toEqual(whole.entries.slice(5));
  expect((await search('person=sam@example.com&kind=request')).entries).toMatchObject([{ request: { id: 'req_1', state: 'released', decisions: [{ decision: 'approve', reason: 'fine' }] } }]);
  expect(await search('text=%22drop%20table%22&agent=nobody')).toEqual({ entries: [], unknown: ['agent nobody'], complete: true });
});

it('refuses what can\'t be meant, and who may not', async () => {
  const asked: SearchQuery[] = [];
  const api = testApi({ audit: { search: async (query) => { asked.push(query); throw new BadSearch('text', 'there is nothing to search for', 'Give a word.'); } } });
  const answer = async (query: string) => (await api.get(`/api/v1/audit/search?${query}`, TOKENS.kim)).json();
  expect(await answer('effect=delte&since=now')).toMatchObject({ status: 400, code: 'bad_request', detail: expect.stringMatching(/query\.effect: .*did you mean "delete"\?; query\.since: a time is written as/) });
  expect(await answer('nobody=x')).toMatchObject({ status: 400 });
  expect(await answer('agent=a&agent=b')).toMatchObject({ status: 400, detail: expect.stringContaining('agent is given 2 times') });
  expect(asked).toEqual([]);
  expect(await answer('text=!&since=2026-03-01')).toMatchObject({ status: 400, code: 'bad_search', detail: 'text: there is nothing to search for.', hint: 'Give a word.' });
  expect(asked).toEqual([{ text: '!', since: Date.UTC(2026, 2, 1), limit: 50 }]);
  expect((await api.get('/api/v1/audit/search', 'cst_nobody')).status).toBe(401);
});
