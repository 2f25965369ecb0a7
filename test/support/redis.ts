/**
 * A real Redis (or Valkey) for a test. It comes from the first of: COUNTERSIGN_TEST_REDIS (a URL), programs on this
 * machine, apt-get (as root on Debian), Docker.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../../src/demo/free-port.ts';
import { startGuarded, untilReady } from '../../src/demo/guarded.ts';
import { Failure } from '../../src/runtime/failure.ts';
import { aptInstall, dockerAnswers, findProgram } from './machine.ts';
import { probe } from './probe.ts';

export interface RedisOptions {
  /** Writes an append-only file, synced each second as Redis does by default. Off: what it holds dies with it. */
  readonly aof?: boolean;
}

export interface TestRedis {
  /** As `redis://127.0.0.1:23456`. */
  readonly url: string;
  readonly port: number;
  /** 0 while it is down or when it isn't ours. */
  readonly pid: number;
  /** Default SIGKILL. Resolves when it is gone. SIGSTOP makes it hang instead: that resolves at once; SIGCONT ends it. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it cleanly when it runs, and starts it on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const given = process.env['COUNTERSIGN_TEST_REDIS'];
  if (given !== undefined && given !== '') return foreign(given, () => Promise.resolve());
  const program = findProgram('redis-server', 'valkey-server') ?? (aptInstall('redis-server') ? findProgram('redis-server') : undefined);
  if (program !== undefined) return startOwn(program, options);
  if (dockerAnswers()) return startInContainer(options);
  throw new Failure('no_redis', 'No Redis server for the tests was found.', {
    hint: 'Install Redis 6.2 or later, or Valkey, start Docker, or set COUNTERSIGN_TEST_REDIS to a URL.',
  });
}

async function startOwn(program: string, options: RedisOptions): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'cs-redis-'));
  const port = await freePort();
  const logFile = join(folder, 'redis.log');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', options.aof === true ? 'yes' : 'no'];
  const start = async () => {
    const server = await startGuarded({ command: program, args, cwd: folder, logFile, stopSignal: 'SIGTERM', folder });
    await untilReady(server, logFile, () => probe(port, 'PING\r\n', '+PONG'));
    return server;
  };
  let server = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.running ? server.pid : 0;
    },
    async kill(signal = 'SIGKILL') {
      server.signal(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await server.ended;
    },
    async restart() {
      await server.stop();
      server = await start();
    },
    async stop() {
      server.signal('SIGCONT');
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startInContainer(options: RedisOptions): Promise<TestRedis> {
  const { GenericContainer } = await import('testcontainers');
  const command = ['redis-server', '--save', '', '--appendonly', options.aof === true ? 'yes' : 'no'];
  const container = await new GenericContainer('redis:7').withCommand(command).withExposedPorts(6379).start();
  return foreign(`redis://${container.getHost()}:${container.getMappedPort(6379)}`, async () => {
    await container.stop();
  });
}

/** A server that tests can use but not stop and start. */
function foreign(url: string, stop: () => Promise<void>): TestRedis {
  const refuse = (): Promise<never> =>
    Promise.reject(new Failure('not_ours', 'This Redis is not ours to stop and start.', { hint: 'Install redis-server and unset COUNTERSIGN_TEST_REDIS for this test.' }));
  return { url, port: Number(new URL(url).port || 6379), pid: 0, kill: refuse, restart: refuse, stop };
}
