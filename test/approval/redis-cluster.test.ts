/** One server in cluster mode owns every slot, yet refuses any command or script whose keys lie in two of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedisStore } from '../../src/approval/redis-store.ts';
import { freePort } from '../../src/demo/free-port.ts';
import { startGuarded, untilReady } from '../../src/demo/guarded.ts';
import type { Guarded } from '../../src/demo/guarded.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { findProgram } from '../support/machine.ts';
import { probe } from '../support/probe.ts';
import { listening, withRedis } from './redis-support.ts';
import { storeContract } from './store.contract.ts';
import { recorder } from './support.ts';

const program = findProgram('redis-server', 'valkey-server');

describe.skipIf(program === undefined)(`Redis Cluster${program === undefined ? ' (left out: no redis-server on this machine)' : ''}`, () => {
  let server: Guarded;
  let folder: string;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cs-cluster-'));
    port = await freePort();
    const logFile = join(folder, 'redis.log');
    // By default the bus has port + 10000, which may be none.
    const bus = ['--cluster-port', String(await freePort())];
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--cluster-enabled', 'yes', ...bus, '--cluster-announce-ip', '127.0.0.1'];
    server = await startGuarded({ command: program ?? '', args, cwd: folder, logFile, stopSignal: 'SIGTERM', folder });
    await untilReady(server, logFile, () => probe(port, 'PING\r\n', '+PONG'));
    await withRedis(url(), async (redis) => {
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      while (!String(await redis.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await pass(20);
    });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const url = () => `redis://127.0.0.1:${port}`;

  test('control: keys of two slots are refused here', async () => {
    await expect(withRedis(url(), (redis) => redis.mget('a', 'b'))).rejects.toThrow(/CROSSSLOT/);
  });

  storeContract('redis cluster', async () => {
    await withRedis(url(), (redis) => redis.flushall());
    const connect = () => new Cluster([{ host: '127.0.0.1', port }], { redisOptions: { commandTimeout: 2_000 } });
    const retainMs = 400;
    const store = createRedisStore({ connections: { commands: connect(), changes: connect() }, clock: systemClock, log: recorder().log, retainMs });
    await listening(store);
    return { store, retainMs, now: Date.now, pass: (ms) => pass(ms) };
  });
});
