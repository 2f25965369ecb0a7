import { expect, test } from 'vitest';
import { findEvents } from '../../src/journal/find.ts';
import { readJournal } from '../../src/journal/read.ts';
import { ENDED_READ, everyKind, journalOfEverything } from './every-kind.ts';
import { open, records, scratch, statement, stoppedClock, written } from './setup.ts';

test('everything comes back as it was appended', async () => {
  const dir = await journalOfEverything();
  const read = (await records(dir)).map(({ event }) => event).filter(({ kind }) => kind !== 'checkpoint');
  expect(read).toEqual([...everyKind(), ...ENDED_READ]);
});

test('by session, with what was decided about its requests; by kind; by time', async () => {
  const dir = scratch();
  const clock = stoppedClock();
  const journal = await open(dir, { clock });
  for (const session of ['s_1', 's_2']) {
    for (const event of everyKind()) journal.append(JSON.parse(JSON.stringify(event).replaceAll('s_1', session).replaceAll('req_1', `req_${session}`)));
    await written(journal);
    clock.advance(1000);
  }
  await journal.close();
  const mine = await records(dir, { session: 's_2' });
  expect(mine.map(({ event }) => event.kind)).toEqual(everyKind().map(({ kind }) => kind).filter((kind) => !/^(process|policy|login|agent|person)/.test(kind)));
  expect((await records(dir, { kinds: ['prepare', 'cancel'] })).map(({ event }) => event.kind)).toEqual(['prepare', 'cancel', 'prepare', 'cancel']);
  expect((await records(dir, { since: clock.now() - 1000, kinds: ['prepare'] })).length).toBe(1);
  expect(await records('/nonexistent')).toEqual([]);
});

test('following: new records come, through new segments, until it is stopped', async () => {
  const dir = scratch();
  const journal = await open(dir, { segmentBytes: 1 });
  const stop = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { event } of readJournal(dir, { follow: stop.signal, kinds: ['statement'] })) {
      seen.push(event.kind === 'statement' ? event.text : '');
      if (seen.length === 5) return stop.abort();
      journal.append(statement(`SELECT ${seen.length}`));
      await written(journal);
    }
  })();
  journal.append(statement('SELECT 0'));
  await written(journal);
  await reading;
  expect(seen).toEqual(['SELECT 0', 'SELECT 1', 'SELECT 2', 'SELECT 3', 'SELECT 4']);
  await journal.close();
});

test('events of a kind are found without the rest, in segments written to since', async () => {
  const dir = await journalOfEverything();
  const find = (since: number) => Array.fromAsync(findEvents(dir, 'person.signed_out', since));
  expect(await find(0)).toEqual(everyKind().filter(({ kind }) => kind === 'person.signed_out'));
  expect(await find(Date.now() + 60_000)).toEqual([]);
  const other = scratch();
  const journal = await open(other);
  journal.append(statement('SELECT \'"kind":"person.signed_out"\''));
  await journal.close();
  expect(await Array.fromAsync(findEvents(other, 'person.signed_out', 0))).toEqual([]);
});
