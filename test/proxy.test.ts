import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { VERSION } from '../src/version.ts';
import { startPostgres } from './support/postgres.ts';
import { startTestProxy } from './support/proxy.ts';

const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const act of cleanup.splice(0).toReversed()) await act();
});

it('says the version of its package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(VERSION).toBe(manifest.version);
});

describe('a database that is down when the proxy starts', () => {
  it('is refused to agents with a clear error until it is there, and then used', async () => {
    const server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }] });
    cleanup.push(() => server.stop());
    await server.query('create database shop owner app');
    await server.kill('SIGQUIT');
    const proxy = await startTestProxy({ upstream: { url: `postgres://app@${server.host}:${server.port}/shop`, password: 'upstream' } });
    cleanup.push(() => proxy.stop());

    const early = new pg.Client({ connectionString: proxy.url() });
    await expect(early.connect()).rejects.toMatchObject({ code: '08006' });
    expect((await fetch(`${proxy.api}/readyz`)).status).toBe(503);

    await server.restart();
    await expect.poll(async () => {
      const client = new pg.Client({ connectionString: proxy.url() });
      return client.connect().then(async () => {
        const { rows } = await client.query('select 1 as one');
        await client.end();
        return rows as unknown[];
      }, () => undefined);
    }, { timeout: 15_000, interval: 300 }).toEqual([{ one: 1 }]);
  });
});
