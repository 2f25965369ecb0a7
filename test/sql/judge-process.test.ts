import { afterEach, expect, it } from 'vitest';
import { JudgeProcess } from '../../src/sql/judge-process.ts';
import type { CatalogData } from '../../src/sql/catalog.ts';
import { systemClock } from '../../src/runtime/clock.ts';

const CATALOG: CatalogData = { serverVersion: 0, relations: [], functions: [], builtins: [], operators: [], types: [], extensions: [] };

/** Answers with what it was sent; a text may have it break, by a signal as V8's when it gives up, or stay silent. */
const PROGRAM = new URL(`data:text/javascript,${encodeURIComponent(`
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ text, catalog }) => {
    if (text === 'break') process.kill(process.pid, 'SIGTRAP');
    if (text === 'throw') throw new Error('broken');
    const facts = { text, catalog: catalog !== undefined, pid: process.pid, secrets: Object.keys(process.env).filter((name) => name !== 'SystemRoot') };
    if (text !== 'silence') parentPort.postMessage({ facts });
  });
  parentPort.postMessage({});
`)}`);

const open: JudgeProcess<undefined>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function judge(deadlineMs = 20_000): JudgeProcess<undefined> {
  const made = new JudgeProcess<undefined>(PROGRAM, CATALOG, deadlineMs, systemClock);
  open.push(made);
  return made;
}

it('works in another process, which knows none of our environment and keeps the catalog', async () => {
  const judging = judge();
  const first = await judging.facts('a', undefined);
  expect(first).toMatchObject({ text: 'a', catalog: true, secrets: [] });
  const second = await judging.facts('b', undefined);
  expect(second).toMatchObject({ catalog: false, pid: (first as unknown as { pid: number }).pid });
  expect(second).not.toMatchObject({ pid: process.pid });
});

it.each(['break', 'throw'])('survives a text that makes it %s, and those that wait behind it are answered', async (text) => {
  const judging = judge();
  const answers = await Promise.all([judging.facts('a', undefined), judging.facts(text, undefined), judging.facts('c', undefined)]);
  expect(answers).toMatchObject([{ text: 'a' }, { doubt: 'The statement broke what tries to understand it.' }, { text: 'c', catalog: true }]);
});

it('is thrown away when it takes too long', async () => {
  const judging = judge(200);
  expect(await judging.facts('silence', undefined)).toMatchObject({ doubt: 'The statement could not be understood within 200 ms.' });
  expect(await judging.facts('a', undefined)).toMatchObject({ text: 'a', catalog: true });
});

it('answers with an obstacle where there is no substitution', async () => {
  const judging = judge();
  expect(await judging.substitution('throw', undefined, { key: '', relations: [] })).toEqual({ edits: [], uses: [], obstacle: 'The statement broke what tries to understand it.' });
});
