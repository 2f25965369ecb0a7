import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { replica } from './redis-support.ts';
import { draft, sam } from './support.ts';

const WAITING = 5_000;
const APPROVED = 500;

let server: TestRedis;
beforeAll(async () => { server = await startRedis(); });
afterAll(() => server.stop());

test(`${WAITING} requests waiting at once cost less than 4 KiB each, and each ends as it should`, async () => {
  const clock = new FakeClock(Date.now());
  const [here, there] = [replica(server.url, clock), replica(server.url)];
  // The text and the rest of a draft belong to the session.
  const drafts = Array.from({ length: WAITING }, () => draft(clock.now()));
  await here.approvals.withdraw((await here.approvals.open(draft(clock.now()))).id, 'warm');
  const before = await used();
  const held = await inBatches(drafts, async (one) => {
    const stop = new AbortController();
    const request = await here.approvals.open(one);
    return { request, stop, resolution: here.approvals.resolution(request, stop.signal) };
  });
  const each = (await used() - before) / WAITING;
  console.log(`one waiting request: ${Math.round(each)} bytes`);
  expect(each).toBeLessThan(4_096);

  await inBatches(held.slice(0, APPROVED), ({ request }) => there.desk.decide(request.id, { decision: 'approve', person: sam, channel: 'api' }));
  const approved = await Promise.all(held.slice(0, APPROVED).map(async ({ request, resolution }) => [(await resolution).state, await here.approvals.release(request)]));
  expect(approved).toEqual(approved.map(() => ['approved', true]));
  await clock.advanceAsync(60_100);
  const expired = await Promise.all(held.slice(APPROVED).map(async ({ request, resolution }) => [(await resolution).state, await here.approvals.release(request)]));
  expect(expired).toEqual(expired.map(() => ['expired', false]));
  await Promise.all([here.close(), there.close()]);
}, 60_000);

/** A hundred at a time, as a busy process would see them rather than all in one turn. */
async function inBatches<T, R>(items: readonly T[], each: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += 100) results.push(...(await Promise.all(items.slice(from, from + 100).map(each))));
  return results;
}

async function used(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise((resume) => setImmediate(resume));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
