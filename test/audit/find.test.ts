import { beforeAll, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalIndex } from '../../src/audit/journal-index.ts';
import { meant } from '../../src/audit/facets.ts';
import { SearchQuery } from '../../src/audit/query.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import { open, scratch, statement, stoppedClock, written } from '../journal/setup.ts';
import { type Filters, found, grown, journalOf, search } from './support.ts';
import { generate } from './generate.ts';
import type { Generated } from './generate.ts';

describe('over many statements', () => {
  let index: JournalIndex;
  let made: Generated;

  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'audit-find-'));
    made = await generate(dir, 5000);
    index = new JournalIndex(dir);
    await index.grow();
    return async () => {
      await index.close();
      rmSync(dir, { recursive: true });
    };
  });

  async function all(filters: Filters): Promise<number[]> {
    const sequences: number[] = [];
    for (let page = await search(index, filters); ; page = await search(index, { ...filters, after: page.next })) {
      sequences.push(...page.entries.map(({ sequence }) => sequence));
      if (page.next === undefined) return sequences;
    }
  }

  test('each filter finds all that there are, each once, newest first', async () => {
    const wanted: readonly (readonly [Filters, string])[] = [
      [{ agent: 'agent7' }, 'agent7'], [{ database: 'shop1' }, 'shop1'], [{ rule: 'updates' }, 'updates'], [{ effect: 'insert' }, 'insert'], [{ table: 'orders' }, 'public.orders'], [{ table: 'public.ORDERS' }, 'public.orders'],
    ];
    for (const [filter, name] of wanted) {
      const sequences = await all({ ...filter, kind: 'statement', limit: '170' });
      expect(sequences.length, name).toBe(made.counts[name]);
      expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => b - a));
    }
    expect((await all({ kind: 'statement', limit: '200' })).length).toBe(made.statements);
    expect((await all({ agent: 'agent*', kind: 'statement', limit: '200' })).length).toBe(made.statements);
    expect((await all({ person: '*@example.com', kind: 'request' })).length).toBe(6);
    expect((await found(index, { agent: 'agent7', database: 'shop0' }))).toEqual([]);
  });

  test('columns: by name, and whatever may have touched all of the table\'s', async () => {
    const named = await all({ column: 'customers.email', kind: 'statement', limit: '200' });
    expect(named.length).toBe(made.counts['public.customers']);
    expect(await found(index, { column: 'public.customers.nothing', limit: '1' })).toMatchObject([{ tables: [{ columns: ['*'] }] }]);
    expect((await search(index, { column: 'nobody.nothing' })).unknown).toEqual(['column nobody.nothing']);
  });

  test('words: all of them, side by side, by their beginning; in parameters, too', async () => {
    expect(await found(index, { text: 'needle' })).toMatchObject([{ text: expect.stringContaining('/* needle */') }]);
    expect((await all({ text: 'FROM public.orders', limit: '200', kind: 'statement' })).length).toBe(made.counts['public.orders']);
    expect(await found(index, { text: '"value 4242"' })).toMatchObject([{ parameters: ['value 4242'] }]);
    expect(await found(index, { text: '"4242 value"' })).toEqual([]);
    expect((await all({ text: 'city77*' })).length).toBe(11 * 5);
    expect(await found(index, { text: 'needle public.nothing' })).toEqual([]);
  });

  test('what was never recorded is said', async () => {
    expect(await search(index, { agent: 'agent77', rule: 'reads', table: 'nothing' })).toEqual({ entries: [], unknown: ['agent agent77', 'table nothing'] });
    await expect(search(index, { session: 'ses_*', agent: '*' })).resolves.toMatchObject({ entries: { length: 50 } });
  });
});

test('paging stays right while records come in, and segments with them', async () => {
  const dir = scratch();
  const journal = await open(dir, { segmentBytes: 5000 });
  const append = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      journal.append(statement(`SELECT ${i}`));
      await written(journal);
    }
  };
  await append(100);
  const index = await grown(dir);
  const before = await found(index, { limit: '200' });
  const seen: number[] = [];
  for (let page = await search(index, { limit: '7', text: 'select' }); ; page = await search(index, { limit: '7', text: 'select', after: page.next })) {
    seen.push(...page.entries.map(({ sequence }) => sequence));
    await append(9);
    await index.grow();
    if (page.next === undefined) break;
  }
  expect(seen).toEqual(before.map(({ sequence }) => sequence));
  await journal.close();
});

test('times: from one moment on and before another, whatever the clock did', async () => {
  const dir = scratch();
  const clock = stoppedClock(Date.UTC(2026, 2, 1, 8));
  const journal = await open(dir, { clock });
  for (const hours of [0, 1, 1, -2, 5]) {
    clock.advance(hours * 3_600_000);
    journal.append(statement(`SELECT ${new Date(clock.now()).getUTCHours()}`));
    await written(journal);
  }
  await journal.close();
  const index = await grown(dir);
  const texts = async (filters: Filters): Promise<unknown[]> => (await found(index, filters)).map(({ text }) => text?.slice(7));
  expect(await texts({})).toEqual(['13', '8', '10', '9', '8']);
  expect(await texts({ since: '2026-03-01T09:00:00Z', until: '2026-03-01T13:00:00Z' })).toEqual(['10', '9']);
  expect(await texts({ until: '2026-03-01T10:00:00+01:00' })).toEqual(['8', '8']);
  expect(await texts({ since: '2026-03-01', text: 'select' })).toHaveLength(5);
  expect(await texts({ since: '2026-03-02' })).toEqual([]);
});

const HOSTILE = [
  '\'; DROP TABLE entry; --', '"', '""', '" OR facets : f1 OR "', '{text} : x', 'a AND b OR NOT c NEAR(d e, 2)', '^start + end', '(', ')', 'col:umn', '*', 'x*y*', 'NUL\0inside', '\ud800half\udc00', 'é\u0301 ß İ', '\u202egnp.exe', 'f1 f2 f3', '💥', '字段', '%_[]', '\\', 'a\nb\tc', '\ue000private',
];

test('hostile texts come back as they were, and can be searched for without meaning anything else', async () => {
  const events = HOSTILE.map((text, i): JournalEvent => statement(text, { session: `s_${i}`, rule: text, parameters: [text, null] }));
  const dir = await journalOf(events);
  const index = await grown(dir);
  expect((await found(index, { limit: '200' })).map(({ text, rule, parameters }) => [text, rule, parameters]).toReversed()).toEqual(HOSTILE.map((text) => [text, text, [text, null]]));
  for (const text of HOSTILE) {
    const result = await search(index, { text }).then(({ entries }) => entries, (error: unknown) => error);
    if (Array.isArray(result)) expect(result.some((entry: { text: string }) => entry.text === text) || text.includes('*'), JSON.stringify(text)).toBe(true);
    else expect(result).toMatchObject({ code: 'bad_search', hint: expect.any(String) });
  }
  // What an agent writes is never one of the index's own words.
  expect(await found(index, { text: 'f1' })).toMatchObject([{ text: 'f1 f2 f3' }, { text: '" OR facets : f1 OR "' }]);
});

test('statements of a megabyte are found by their last word, and pages of them end early', async () => {
  const large = `SELECT ${Array.from({ length: 130_000 }, (_, i) => `c${i}`).join(', ')} FROM lastword`;
  expect(large.length).toBeGreaterThan(1 << 20);
  const dir = await journalOf(Array.from({ length: 8 }, () => statement(large)));
  const index = await grown(dir);
  const page = await search(index, { text: 'lastword' });
  expect(page.entries[0]?.text).toBe(large);
  expect(page.entries.length).toBeLessThan(8);
  const rest = await search(index, { text: 'lastword', after: page.next ?? '' });
  expect(page.entries.length + rest.entries.length).toBeGreaterThan(4);
  expect(() => SearchQuery.parse({ text: large })).toThrow('at most 1000 characters');
});

test('a filter that can\'t be meant is an error that says which, why, and what instead', async () => {
  const wrong: readonly (readonly [Filters, string])[] = [
    [{ effect: 'delte' }, 'there is no effect "delte"; did you mean "delete"?'], [{ verdict: 'maybe' }, 'there is no verdict "maybe"; there are allow, mask, hold, deny'],
    [{ kind: 'person.*.x' }, 'there is no kind'], [{ since: 'yesterday' }, 'a time is written as 2026-03-01T08:00:00Z'], [{ since: '2026-03-01T08:00:00' }, 'a time is written as'], [{ limit: '0' }, 'at least 1'], [{ limit: '1e9' }, 'at most 200'],
    [{ limit: 'x' }, 'a number is needed'], [{ after: 'x' }, 'it isn\'t what a search gave as next'], [{ agent: '' }, 'a value is needed'], [{ text: '' }, 'a word is needed'],
  ];
  for (const [filters, why] of wrong) {
    const { error } = SearchQuery.safeParse(filters);
    expect(error?.issues).toMatchObject([{ path: Object.keys(filters), message: expect.stringContaining(why) }]);
  }
  const index = await grown(await journalOf([statement('SELECT 1')]));
  await expect(search(index, { text: '--' })).rejects.toMatchObject({ code: 'bad_search', message: expect.stringContaining('no letter and no digit') });
  await expect(search(index, { text: 'ab*' })).rejects.toMatchObject({ code: 'bad_search', message: expect.stringContaining('at least 3 letters') });
});

test('a filter of many stars costs no more than one of few', () => {
  const name = 'e'.repeat(60);
  const started = performance.now();
  expect(meant('agent', `${'*e'.repeat(7)}~`, [name, 'request.escalated'])).toEqual([]);
  expect(meant('agent', `${'*e'.repeat(7)}*`, [name, 'request.escalated'])).toEqual([name]);
  expect(SearchQuery.safeParse({ kind: `${'*'.repeat(12)}~` }).success).toBe(false);
  expect(performance.now() - started).toBeLessThan(100);
});
