/**
 * Real MySQL drivers before MariaDB and MySQL, each with the same scenarios: directly by TLS, through the proxy, and
 * through the proxy by TLS. What they report must be equal; then what is held, decided by a person meanwhile.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { makeCertificate } from '../../support/certificates.ts';
import { testedFlavours } from '../../support/mysql-binaries.ts';
import { startMysql, type TestMysql } from '../../support/mysql.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy, TOKENS } from '../../support/proxy.ts';
import { allRequests, outcomes } from '../decider.ts';
import { runDriver, type Target } from '../run.ts';
import { attended, ledger, missing, NOT_SQL, without } from '../suite.ts';
import { MASKING_POLICY, POLICY, SCHEMA, SETTINGS } from './database.ts';
import { golden, HELD_GOLDEN, HELD_OUTCOMES } from './golden.ts';
import { mysqlDrivers } from './toolchains.ts';

/** What who sees masks isn't shown, of the clients' scripts. */
const UNSHOWN = { multi: 'it selects an expression in a batch that changes a table with masked columns' } as const;

describe.each(testedFlavours())('%s', (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;
  let masking: TestProxy;
  let ca: string;

  beforeAll(async () => {
    const certificate = await makeCertificate();
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], settings: SETTINGS, tls: certificate });
    // One for each way, so that what one alters isn't news to another.
    for (const database of ['shop', 'direct', 'masked']) await server.query(`create database ${database} character set utf8mb4; use ${database}; ${SCHEMA}`);
    const upstream = (database: string) => ({ url: `mysql://app@${server.host}:${server.port}/${database}`, password: 'upstream' });
    proxy = await startTestProxy({ upstream: upstream('shop'), policy: POLICY, tls: certificate });
    masking = await startTestProxy({ upstream: upstream('masked'), policy: MASKING_POLICY, tls: certificate });
    ca = join(proxy.dir, 'ca.pem');
    writeFileSync(ca, certificate.ca);
  });

  afterAll(async () => {
    await masking?.stop();
    await proxy?.stop();
    await server?.stop();
  });

  const direct = (): Target => ({ port: server.port, user: 'app', password: 'upstream', database: 'direct', ca });
  const requests = (): NonNullable<Target['requests']> => ({ url: `${proxy.api}/api/v1/requests?state=pending`, token: TOKENS.sam });
  const plain = (agent: string): Target => ({ port: proxy.port, user: agent, password: AGENT_PASSWORD, database: 'shop', requests: requests() });
  const encrypted = (agent: string): Target => ({ ...plain(agent), ca });

  describe.each(mysqlDrivers(flavour))('$name', ({ name, command, without: left, alsoHeld }) => {
    if (typeof command === 'string') {
      missing(command);
      return;
    }

    it('gets through the proxy what it gets directly, and nothing of it is held', { timeout: 120_000 }, async () => {
      const before = await ledger(proxy);
      const [{ encrypted: byTls, ...expected }, [viaPlain, viaTls]] = await Promise.all([
        runDriver(command, 'equal', direct()),
        (async () => [await attended(proxy, command, 'equal', plain('reporter')), await attended(proxy, command, 'equal', encrypted('reporter'))] as const)(),
      ]);
      const heldTexts = (await allRequests(proxy)).filter(({ id }) => !before.has(id)).map(({ text }) => text);
      expect(heldTexts.filter((text) => !NOT_SQL.test(text))).toEqual([]);
      expect(expected).toMatchObject(without(golden(flavour), left));
      expect(byTls).toEqual({ encrypted: true });
      // What a driver has no means for it may answer in one way or another.
      const same = without(expected, left);
      expect(without(viaPlain, left)).toEqual({ ...same, encrypted: { encrypted: false } });
      expect(without(viaTls, left)).toEqual({ ...same, encrypted: { encrypted: true } });
    });

    it.each([['plain', plain], ['TLS', encrypted]] as const)('works over tables with masked columns, %s', { timeout: 120_000 }, async (_way, target) => {
      const before = await ledger(masking);
      expect(await attended(masking, command, 'equal', { ...target('reporter'), port: masking.port })).toMatchObject(without(golden(flavour), { ...left, ...(name.endsWith(' CLI') ? UNSHOWN : {}) }));
      expect((await allRequests(masking)).filter(({ id, text }) => !before.has(id) && !NOT_SQL.test(text))).toEqual([]);
    });

    it.each([['plain', plain], ['TLS', encrypted]] as const)('is told what becomes of its held statements, %s', { timeout: 120_000 }, async (_way, target) => {
      const before = await ledger(proxy);
      const results = await attended(proxy, command, 'held', target('writer'));
      expect(results).toMatchObject(without(HELD_GOLDEN, left));
      await expect.poll(() => outcomes(proxy, before), { timeout: 10_000 }).toEqual({ ...without(HELD_OUTCOMES, left), ...alsoHeld });
    });
  });
});
