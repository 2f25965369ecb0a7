/** What is documented is what is told, and the dashboard asks for nothing else. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from '../scenarios/world.ts';

const file = (name: string): string => readFileSync(new URL(`../../src/telemetry/${name}`, import.meta.url), 'utf8');
const namesIn = (text: string): string[] => [...new Set(text.match(/\b(?:countersign|process)_[a-z_]+\b/g))].toSorted();
/** A histogram's series. */
const family = (name: string): string => name.replace(/_(?:bucket|count|sum)$/, '');

let world: World;
const scrape = async (): Promise<string> => (await fetch(`${world.proxy.api}/metrics`)).text();
const value = (text: string, series: string): number => Number(text.split('\n').find((line) => line.startsWith(`${series} `))?.split(' ')[1]);

beforeAll(async () => {
  process.env['TELEMETRY_HOOK'] = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  world = await startWorld({ extra: 'url: http://127.0.0.1:9\nwebhooks:\n  - { name: pager, url: "http://127.0.0.1:9/", secret: { env: TELEMETRY_HOOK } }\n' });
});
afterAll(() => world?.stop());

test('the README has every metric, and only those', async () => {
  const told = [...(await scrape()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name ?? '').toSorted();
  const table = file('README.md').split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1] ?? '').join(' ');
  expect(namesIn(table)).toEqual(told);
});

test('the dashboard asks for metrics that there are', async () => {
  const dashboard = JSON.parse(file('grafana.json')) as { readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[] };
  const told = new Set([...(await scrape()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  for (const { title, targets } of dashboard.panels) for (const { expr } of targets) for (const name of namesIn(expr)) expect(told, title).toContain(family(name));
});

test('says how the process and its parts are', async () => {
  const before = await scrape();
  expect(before).toMatch(/^countersign_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
  expect(before).toMatch(/^countersign_policy_info\{version="[0-9a-f]{64}"\} 1$/m);
  for (const series of ['countersign_store_reachable', 'countersign_journal_writable', 'countersign_databases_known', 'countersign_databases_configured']) expect(value(before, series), series).toBe(1);
  await expect(world.agent({ password: 'wrong' })).rejects.toThrow();
  const client = await world.agent();
  await client.query('select 1');
  const after = await scrape();
  expect(value(after, 'countersign_logins_refused_total{code="login_refused"}')).toBe(1);
  expect(value(after, 'countersign_sessions')).toBe(1);
  expect(value(after, 'process_cpu_seconds_total')).toBeGreaterThan(value(before, 'process_cpu_seconds_total'));
  expect(value(after, 'countersign_event_loop_utilization')).toBeLessThanOrEqual(1);
});
