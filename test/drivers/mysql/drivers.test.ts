/** Direct part only, for now. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../support/certificates.ts';
import { testedFlavours } from '../../support/mysql-binaries.ts';
import { startMysql, type TestMysql } from '../../support/mysql.ts';
import { runDriver, type Target } from '../run.ts';
import { SCHEMA, SETTINGS } from './database.ts';
import { golden } from './golden.ts';
import { mysqlDrivers } from './toolchains.ts';

describe.each(testedFlavours())('%s', (flavour) => {
  let server: TestMysql;
  let ca: string;
  beforeAll(async () => {
    const certificate = await makeCertificate();
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], settings: SETTINGS, tls: certificate });
    ca = join(server.dir, 'authority.pem');
    writeFileSync(ca, certificate.ca);
    await server.query(`create database direct character set utf8mb4; use direct; ${SCHEMA}`);
  });
  afterAll(() => server?.stop());
  const direct = (): Target => ({ port: server.port, user: 'app', password: 'upstream', database: 'direct' });

  describe.each(mysqlDrivers(flavour))('$name', ({ command, without: left }) => {
    it.each(['plain', 'TLS'])('directly, %s', { timeout: 120_000 }, async (way) => {
      if (typeof command === 'string') return expect.fail(command);
      const results = await runDriver(command, 'equal', way === 'TLS' ? { ...direct(), ca } : direct());
      const kept = Object.fromEntries(Object.entries(golden(flavour)).filter(([name]) => left?.[name] === undefined).map(([name, parts]) => [name, Object.fromEntries(Object.entries(parts).filter(([part]) => left?.[`${name}.${part}`] === undefined))]));
      expect(results).toMatchObject({ ...kept, encrypted: { encrypted: way === 'TLS' } });
    });
  });
});
