/** A proxy that lets old records go, and what is left when it has. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { run } from '../cli/offline.ts';
import { startTestProxy } from '../support/proxy.ts';
import { frames } from '../support/wire.ts';
import { eventually, startWorld, type World } from './world.ts';
import { segments } from '../journal/setup.ts';

const HUNDRED_DAYS = 100 * 86_400_000;
const dir = mkdtempSync(join(tmpdir(), 'countersign-retention-'));
const journal = join(dir, 'journal');
let world: World;
beforeAll(async () => {
  const clock = { ...systemClock, now: () => Date.now() - HUNDRED_DAYS };
  world = await startWorld({ schema: 'create table t (id int)', dir, clock, journal: 'segment: 1KiB, keep: 90d' });
});
afterAll(async () => {
  await world?.server.stop();
  rmSync(dir, { recursive: true, force: true });
});

it('takes what is older than it says when it starts, serves beside, and the rest is whole', async () => {
  const client = await world.agent();
  for (let i = 0; i < 20; i++) await client.query(`select ${i} from t`);
  client.send(frames.query('truncate t'));
  await world.proxy.decide((await world.proxy.pending()).id, 'approve');
  await client.until('ReadyForQuery');
  client.destroy();
  await world.proxy.stop();
  const old = segments(journal);
  expect(old.length).toBeGreaterThan(3);

  const { host, port } = world.server;
  const proxy = await startTestProxy({ upstream: { url: `postgres://app@${host}:${port}/shop`, password: 'upstream' }, dir, journal: 'segment: 1KiB, keep: 90d' });
  await eventually(() => !existsSync(join(journal, old.at(-2) ?? '')), 'for old segments to go');
  const fresh = await world.agent({ port: proxy.port });
  expect(await fresh.query('select count(*) from t')).toContain('B CommandComplete "SELECT 1"');
  fresh.destroy();
  await proxy.stop();

  const verified = await run('audit', 'verify', '--config', join(dir, 'countersign.yaml'));
  expect(verified).toMatchObject({ failed: false, err: '' });
  expect(verified.out).toMatch(/^good: .*\nretired: records 1 to \d+/);
  const texts = (await proxy.journal()).flatMap(({ event }) => (event.kind === 'statement' ? [event.text] : []));
  expect(texts).toContain('select count(*) from t');
  expect(texts).not.toContain('select 0 from t');
});
