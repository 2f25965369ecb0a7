/**
 * Real drivers, each with the same scenarios: directly, through the proxy, and through the proxy by TLS. What they report
 * must be equal; then what is held, decided by a person meanwhile.
 */

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { findProgram } from '../support/machine.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { MASKING_POLICY, POLICY, SCHEMA } from './database.ts';
import { allRequests, outcomes } from './decider.ts';
import { GOLDEN, HELD_GOLDEN, HELD_OUTCOMES } from './golden.ts';
import { type Command, runDriver, type Target } from './run.ts';
import { attended, ledger, missing, NOT_SQL, UNTOLD, without } from './suite.ts';
import { pgbench } from './pgbench.ts';
import { drivers } from './toolchains.ts';

let server: TestPostgres;
let proxy: TestProxy;
let masking: TestProxy;
let ca: string;

beforeAll(async () => {
  const certificate = await makeCertificate();
  server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }], settings: { timezone: 'UTC', autovacuum: 'off' } });
  // Two databases, alike to the OIDs and sizes that the catalog tells, so that both ways can be gone at the same time.
  await server.query('create database shop owner app');
  await server.query(`set role app; ${SCHEMA}`, [], 'shop');
  await server.query('create database direct owner app template shop');
  proxy = await startTestProxy({
    upstream: upstream(), policy: POLICY, tls: certificate,
  });
  masking = await startTestProxy({ upstream: upstream(), policy: MASKING_POLICY });
  ca = join(proxy.dir, 'ca.pem');
  writeFileSync(ca, certificate.ca);
});

afterAll(async () => {
  await masking?.stop();
  await proxy?.stop();
  await server?.stop();
});

const upstream = (): { url: string; password: string } => ({ url: `postgres://app@${server.host}:${server.port}/shop`, password: 'upstream' });
const direct = (): Target => ({ port: server.port, user: 'app', password: 'upstream', database: 'direct' });
const plain = (agent: string): Target => ({ port: proxy.port, user: agent, password: AGENT_PASSWORD, database: 'shop' });
const encrypted = (agent: string): Target => ({ ...plain(agent), ca });

const all = drivers();
const pgbenchProgram = findProgram('pgbench');
const leftOut = [...all.flatMap(({ name, command }) => (typeof command === 'string' ? [`${name} (${command})`] : [])), ...(pgbenchProgram === undefined ? ['pgbench'] : [])];
if (leftOut.length > 0) console.warn(`LEFT OUT: ${leftOut.join(', ')}`);

describe.each(all)('$name', ({ command, without: left, alsoHeld }) => {
  if (typeof command === 'string') {
    missing(command);
    return;
  }

  it('gets through the proxy what it gets directly, and nothing of it is held', { timeout: 120_000 }, async () => {
    const before = await ledger(proxy);
    const [{ encrypted: _no, ...expected }, [viaPlain, viaTls]] = await Promise.all([
      runDriver(command, 'equal', direct()),
      (async () => [await attended(proxy, command, 'equal', plain('reporter')), await attended(proxy, command, 'equal', encrypted('reporter'))] as const)(),
    ]);
    const heldTexts = (await allRequests(proxy)).filter(({ id }) => !before.has(id)).map(({ text }) => text);
    expect(heldTexts.filter((text) => !NOT_SQL.test(text))).toEqual([]);
    expect(expected).toMatchObject(without(GOLDEN, left));
    expect(viaPlain).toEqual({ ...expected, encrypted: { encrypted: false } });
    expect(viaTls).toEqual({ ...expected, encrypted: { encrypted: true } });
  });

  it('works over a table with a masked column', { timeout: 120_000 }, async () => {
    expect(await attended(masking, command, 'equal', { ...plain('reporter'), port: masking.port })).toMatchObject(without(GOLDEN, { ...left, ...UNTOLD }));
    expect((await allRequests(masking)).map(({ text }) => text).filter((text) => !NOT_SQL.test(text))).toEqual([]);
  });

  it.each([['plain', plain], ['TLS', encrypted]] as const)('is told what becomes of its held statements, %s', { timeout: 120_000 }, async (_way, target) => {
    const before = await ledger(proxy);
    const results = await attended(proxy, command, 'held', target('writer'));
    expect(results).toMatchObject(without(HELD_GOLDEN, left));
    await expect.poll(() => outcomes(proxy, before), { timeout: 10_000 }).toEqual({ ...without(HELD_OUTCOMES, left), ...alsoHeld });
  });
});

describe('pgbench', () => {
  if (pgbenchProgram === undefined) {
    missing('pgbench is not installed');
    return;
  }

  it.each([['simple', plain], ['extended', plain], ['prepared', plain], ['prepared', encrypted]] as const)('runs %s', async (mode, target) => {
    expect(await pgbench(pgbenchProgram, proxy.dir, mode, target('reporter'))).toEqual({ processed: 200, failed: 0 });
    const [row] = await server.query<{ same: boolean }>('select (select sum(n) from bench) = (select count(*) from bench_log) as same', [], 'shop');
    expect(row).toEqual({ same: true });
  });
});

describe('under the policy to start from', () => {
  const asking = all.filter(({ name, command }) => (name === 'psql' || name === 'jdbc') && typeof command !== 'string');

  it.skipIf(asking.length === 0)('nothing that psql and JDBC ask the catalog is held', async () => {
    const cautious = await startTestProxy({ upstream: upstream(), policy: readFileSync(join(import.meta.dirname, '../../policies/default.yaml'), 'utf8') });
    try {
      for (const { command } of asking) {
        const results = await runDriver(command as Command, 'catalog', { ...plain('reporter'), port: cautious.port });
        expect((await allRequests(cautious)).map(({ text }) => text)).toEqual([]);
        expect(results).toEqual(await runDriver(command as Command, 'catalog', { ...direct(), database: 'shop' }));
      }
      const refused = (await cautious.journal()).filter((record) => 'fate' in record && record.fate === 'refused');
      expect(refused).toEqual([]);
    } finally {
      await cautious.stop();
    }
  });
});

it('answers others while one waits, who still hears notifications', async () => {
  const [one, other] = [new pg.Client({ connectionString: proxy.url() }), new pg.Client({ connectionString: proxy.url() })];
  await Promise.all([one.connect(), other.connect()]);
  await one.query('listen news');
  const waiting = one.query('insert into held (id) values (1) /* waits */');
  const request = await proxy.pending(/waits/);
  const heard = once(one, 'notification') as Promise<[pg.Notification]>;
  await other.query(`notify news, 'while it waits'`);
  expect((await heard)[0].payload).toBe('while it waits');
  for (let turn = 1; turn <= 20; turn++) expect((await other.query('select $1::int as v', [turn])).rows).toEqual([{ v: turn }]);
  await proxy.decide(request.id, 'approve');
  expect((await waiting).rowCount).toBe(1);
  await Promise.all([one.end(), other.end()]);
});
