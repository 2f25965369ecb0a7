import { expect, onTestFinished, test, vi } from 'vitest';
import { IndexProcess } from '../../src/audit/index-process.ts';
import { SearchQuery } from '../../src/audit/query.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { open, scratch, statement, stoppedClock, written } from '../journal/setup.ts';
import { journalOf } from './support.ts';

function processOver(dir: string, clock = systemClock) {
  const warned: object[] = [];
  const audit = new IndexProcess({ dir, clock, log: { warn: (facts) => void warned.push(facts) } });
  onTestFinished(() => audit.close());
  const search = async (filters: object = {}) => audit.search(SearchQuery.parse(filters));
  return { audit, search, warned };
}

test('answers with what was journalled just now', async () => {
  const dir = scratch();
  const journal = await open(dir);
  const { search } = processOver(dir);
  for (let i = 0; i < 5; i++) {
    journal.append(statement(`SELECT ${i}`));
    await written(journal);
    const page = await search({ limit: '2' });
    expect(page).toMatchObject({ complete: true, entries: [{ text: `SELECT ${i}` }, ...(i === 0 ? [] : [{ text: `SELECT ${i - 1}` }])] });
  }
  await journal.close();
  await expect(search({ text: '!' })).rejects.toMatchObject({ code: 'bad_search', filter: 'text', hint: expect.any(String) });
});

test('a search that fails says where to look, and the next one works', async () => {
  const dir = await journalOf([statement('SELECT 1')]);
  const { audit, search, warned } = processOver(dir);
  expect((await search()).entries).toHaveLength(1);
  // A number that none is, in the place of whatever breaks one.
  await expect(audit.search({ limit: 'x' } as never)).rejects.toMatchObject({ code: 'unavailable', hint: expect.stringContaining('audit search') });
  expect(warned).toHaveLength(1);
  expect((await search()).entries).toHaveLength(1);
});

test('a search that takes too long ends with its process; the next has another', async () => {
  const dir = await journalOf([statement('SELECT 1')]);
  const clock = stoppedClock();
  const { search, warned } = processOver(dir, clock);
  const searched = search();
  clock.advance(30_000);
  await expect(searched).rejects.toMatchObject({ code: 'unavailable' });
  expect(warned[0]).toMatchObject({ signal: 'SIGKILL' });
  expect((await search()).entries).toHaveLength(1);
});

test('keeps up without being asked, from a while after the start on', async () => {
  const dir = await journalOf([statement('SELECT 1')]);
  const clock = stoppedClock();
  const { audit, search } = processOver(dir, clock);
  audit.keepUp();
  clock.advance(5000);
  await vi.waitFor(async () => expect(await search()).toMatchObject({ complete: true, entries: [{ text: 'SELECT 1' }] }), 10_000);
});
