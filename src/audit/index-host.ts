/**
 * The process of index-process.ts: it has the journal's directory as its argument, keeps the index up with the journal, and answers searches. It ends
 * with its parent.
 */

import { statfs } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { JournalIndex } from './journal-index.ts';
import { BadSearch } from './failures.ts';
import type { FromHost, ToHost } from './index-process.ts';
import type { SearchPage } from './search.ts';
import type { SearchQuery } from './query.ts';

/** From the end of one reading to the beginning of the next. */
const GROW_MS = 1000;
/** After work it rests so many times as long, while nobody waits for an answer: putting a statement in costs more than letting it through. */
const RESTS = 4;
/** A search waits so long for what has been journalled last. */
const CATCH_UP_MS = 500;
/** Of the disk. */
const FREE_SHARE = 0.05;

const ending = new AbortController();
const dir = process.argv[2] ?? '';
const index = new JournalIndex(dir);
const send = (message: FromHost): void => void process.send?.(message);
let problem = '';
/** Searches that wait for the newest records, and what wakes the index for them. */
let asking = 0;
let hurry = Promise.withResolvers<void>();

process.on('message', (message) => void answer(message as ToHost));
process.on('disconnect', () => ending.abort());
// Signals for the whole group mean the parent, which lets what runs end before it goes.
process.on('SIGINT', () => {}).on('SIGTERM', () => {});

while (!ending.signal.aborted) {
  await grown();
  await pause(GROW_MS, undefined, { signal: ending.signal }).catch(() => undefined);
}
await index.close();

/** Never rejects: the parent is told once of what is in the way, and it's tried again. */
async function grown(): Promise<boolean> {
  try {
    if (await isFull()) throw new Error('less than a twentieth of the disk is left, and that is for the journal');
    await index.grow(ending.signal, rest);
    problem = '';
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (why !== problem) send({ problem: why });
    problem = why;
    return false;
  }
}

async function rest(ms: number): Promise<void> {
  if (asking === 0) await Promise.race([pause(ms * RESTS, undefined, { signal: ending.signal }).catch(() => undefined), hurry.promise]);
}

async function isFull(): Promise<boolean> {
  const { bavail, blocks } = await statfs(dir);
  return bavail < blocks * FREE_SHARE;
}

async function answer({ id, query }: ToHost): Promise<void> {
  try {
    send({ id, page: await page(query) });
  } catch (error) {
    if (error instanceof BadSearch) send({ id, bad: { filter: error.filter, why: error.why, hint: error.hint ?? '' } });
    else send({ id, failed: error instanceof Error ? error.message : String(error) });
  }
}

async function page(query: SearchQuery): Promise<SearchPage> {
  asking++;
  hurry.resolve();
  hurry = Promise.withResolvers();
  const complete = await Promise.race([grown(), pause(CATCH_UP_MS, false, { signal: ending.signal })]).finally(() => { asking--; });
  return { ...(await index.search(query)), complete };
}
