import type { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { Logger } from 'pino';

/** What a store needs of a connection: a Redis or a Cluster of ioredis. */
export interface RedisClient extends Pick<EventEmitter, 'on' | 'once'> {
  readonly status: string;
  defineCommand(name: string, definition: { readonly lua: string; readonly numberOfKeys: number }): void;
  subscribe(channel: string): Promise<unknown>;
  publish(channel: string, message: string): Promise<number>;
  config(subcommand: 'GET', setting: string): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
}

export interface RedisConnections {
  readonly commands: RedisClient;
  /** One subscriber per process. */
  readonly changes: RedisClient;
}

/** How long an answer may take before the store counts as down. */
const COMMAND_TIMEOUT_MS = 2_000;
const LONGEST_BACKOFF_MS = 2_000;

/**
 * Fails fast rather than queueing: a caller that is told the store is down can hold, refuse or try again; one whose command
 * sits in a queue can't. Commands in flight when a connection ends are not sent again, for the same reason.
 */
const OPTIONS = {
  connectionName: 'countersign',
  connectTimeout: 3_000,
  commandTimeout: COMMAND_TIMEOUT_MS,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  // After each reconnect the store subscribes itself, and then asks what it has missed.
  autoResubscribe: false,
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_BACKOFF_MS) * (0.75 + Math.random() / 2),
} satisfies RedisOptions;

/**
 * Returns at once; connects in the background, for ever.
 * @param url `redis://[user:password@]host:port[/db]` or `rediss://…` for TLS.
 * @param password instead of one in the URL.
 */
export function connectRedis(url: string, password?: string): RedisConnections {
  const options = password === undefined ? OPTIONS : { ...OPTIONS, password };
  return { commands: new Redis(url, options), changes: new Redis(url, options) };
}

/** Says once that a connection is lost and once that it is back, however many tries lie between. */
export function logOutages(redis: RedisClient, what: string, log: Pick<Logger, 'info' | 'warn'>): void {
  let lost = false;
  redis.on('error', (error: Error) => {
    if (!lost) log.warn({ err: error }, `approvals: ${what} lost; trying again`);
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) log.info({}, `approvals: ${what} is back`);
    lost = false;
  });
}

const ADVICE: readonly { readonly setting: string; readonly good: string; readonly why: string }[] = [
  { setting: 'appendonly', good: 'yes', why: 'a restart of Redis forgets who has approved what' },
  { setting: 'maxmemory-policy', good: 'noeviction', why: 'Redis may throw away requests that somebody still waits for' },
];

/** Warns of settings under which approvals can get lost. Servers that don't permit CONFIG are passed over. */
export async function adviseOn(redis: RedisClient, log: Pick<Logger, 'warn'>): Promise<void> {
  for (const { setting, good, why } of ADVICE) {
    const [, value] = await redis.config('GET', setting).then((pairs) => pairs as string[], () => []);
    if (value !== undefined && value !== good) {
      log.warn({ setting, value, set: good }, `approvals: Redis has ${setting} ${value}: ${why}. Set \`${setting} ${good}\` in redis.conf`);
    }
  }
}
