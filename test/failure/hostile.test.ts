/**
 * Thousands of hostile connections beside one agent that works: it goes on working, memory stays bounded, and the proxy
 * gets rid of all of them by itself. `COUNTERSIGN_TEST_FULL=1` makes it ten thousand.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { platform } from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { eventually } from '../scenarios/world.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { WireClient } from '../support/wire.ts';
import { type ChildProxy, remove, scratch, startChild } from './child.ts';
import { MIB, mib, settledMemory, watchMemory } from './memory.ts';

// Processes start several times a test, which takes its time where others work too.
vi.setConfig({ testTimeout: 120_000 });

const ATTACKERS = process.env['COUNTERSIGN_TEST_FULL'] === '1' ? 10_000 : 2_000;
/** What one of them may cost at most, and what a heap grows by when it begins to be used. */
const BYTES_EACH = 32 * 1024;
const HEAP_START = 64 * MIB;

let server: TestPostgres;
let proxy: ChildProxy;
let dir: string;

beforeAll(async () => {
  server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }] });
  await server.query('create database shop owner app');
});
afterAll(async () => {
  await server?.stop();
});
beforeEach(() => {
  dir = scratch();
});
afterEach(async () => {
  await proxy?.stop();
  remove(dir);
});

async function start(extra: string): Promise<void> {
  proxy = await startChild({ dir, upstream: `postgres://app@${server.host}:${server.port}/shop`, extra });
}

interface Work {
  /** Ends it; how long each statement took, milliseconds, shortest first. */
  stop(): Promise<number[]>;
}

/** One agent, one statement after the other. */
function work(client: WireClient): Work {
  const over = new AbortController();
  const done = (async () => {
    const times: number[] = [];
    while (!over.signal.aborted) {
      const began = performance.now();
      expect(await client.query('select 1')).toContain('B DataRow "1"');
      times.push(performance.now() - began);
    }
    return times.toSorted((a, b) => a - b);
  })();
  return {
    stop() {
      over.abort();
      return done;
    },
  };
}

const at = (times: readonly number[], part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
const latency = (times: readonly number[]): string => `${times.length} statements, median ${at(times, 0.5).toFixed(1)} ms, 99 % ${at(times, 0.99).toFixed(1)} ms, longest ${at(times, 1).toFixed(1)} ms`;

describe.skipIf(platform !== 'linux')('hostile connections (memory and descriptors are read from /proc: Linux only)', () => {
  it(`${ATTACKERS} of them, and nobody else is harmed`, async () => {
    await start(`limits: { connections: 15000 }\ntimeouts: { handshake: ${ATTACKERS > 5_000 ? 15 : 5}s }\n`);
    const client = await WireClient.login(proxy.login);
    // The search index has a process of its own, which starts a little later unless somebody searches.
    await proxy.call('/api/v1/audit/search');
    const calm = work(client);
    const before = await settledMemory(proxy);
    // The connection that is kept for the catalog's mark may be opened only now.
    const descriptors = proxy.descriptors() + 1;
    const undisturbed = await calm.stop();

    const memory = watchMemory(proxy);
    const disturbed = work(client);
    const began = performance.now();
    const attackers = fork(join(import.meta.dirname, 'hostile.ts'), [String(proxy.port), String(ATTACKERS)]);
    const [{ refused }] = (await once(attackers, 'message')) as [{ refused: number }];
    const arrived = performance.now() - began;
    const most = proxy.descriptors();
    const late = await WireClient.login(proxy.login);
    expect(await late.query('select 2')).toContain('B DataRow "2"');
    await late.close();
    // Nobody on the other side closes anything.
    await eventually(() => proxy.descriptors() <= descriptors, 'all descriptors are back', 60_000);
    const over = performance.now() - began;
    const times = await disturbed.stop();
    const peak = memory.stop();
    attackers.disconnect();
    await once(attackers, 'exit');
    console.log(`${ATTACKERS} hostile connections in ${Math.round(arrived)} ms (${refused} refused), all gone after ${Math.round(over)} ms; descriptors ${descriptors} -> ${most} -> ${proxy.descriptors()}; `
      + `memory ${mib(before)} -> ${mib(peak)} (${Math.round((peak - before) / ATTACKERS)} bytes each); calm: ${latency(undisturbed)}; under attack: ${latency(times)}`);
    expect(most - descriptors).toBeGreaterThan(ATTACKERS / 4);
    expect(peak - before).toBeLessThan(BYTES_EACH * ATTACKERS + HEAP_START);
    expect(at(times, 0.5)).toBeLessThan(100);
    expect(at(times, 1)).toBeLessThan(5_000);
    expect(await client.query('select 3')).toContain('B DataRow "3"');
    await client.close();
  }, 180_000);
});

it('the limit of connections counts those inside as well as those at the door', async () => {
  await start('limits: { connections: 5 }\n');
  const inside = await Promise.all(Array.from({ length: 5 }, () => WireClient.login(proxy.login)));
  await expect(WireClient.login(proxy.login)).rejects.toThrow(/closed the connection/);
  await inside[0]?.close();
  await eventually(async () => (await proxy.call<{ sessions: unknown[] }>('/api/v1/sessions')).sessions.length === 4, 'one has gone');
  const next = await WireClient.login(proxy.login);
  expect(await next.query('select 1')).toContain('B DataRow "1"');
  for (const client of [next, ...inside]) client.destroy();
});
