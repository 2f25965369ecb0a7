/** The servers' own tools: a dump through the proxy is the dump itself, and the load emulator gets through. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { MysqlFlavour } from '../../../src/demo/mysql-binaries.ts';
import { findProgram } from '../../support/machine.ts';
import { mariadbClient, mysqlClient, testedFlavours } from '../../support/mysql-binaries.ts';
import { startMysql, type TestMysql } from '../../support/mysql.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../../support/proxy.ts';
import { allRequests } from '../decider.ts';
import { missing } from '../suite.ts';
import { POLICY, SCHEMA, SETTINGS } from './database.ts';

const run = promisify(execFile);

const TOOLS: Readonly<Record<MysqlFlavour, Readonly<Record<'dump' | 'slap', string | undefined>>>> = {
  mariadb: { dump: mariadbClient('mariadb-dump'), slap: mariadbClient('mariadb-slap') },
  mysql: { dump: mysqlClient('mysqldump'), slap: mysqlClient('mysqlslap') },
};
const sysbench = findProgram('sysbench');

describe.each(testedFlavours())('%s', (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;

  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], settings: SETTINGS });
    await server.query(`create database shop character set utf8mb4; use shop; ${SCHEMA}`);
    proxy = await startTestProxy({ upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' }, policy: POLICY });
  });

  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });

  const way = (port: number, user: string, password: string): string[] => [
    '--no-defaults', ...(flavour === 'mysql' ? ['--ssl-mode=DISABLED', '--get-server-public-key'] : ['--skip-ssl']), '-h', '127.0.0.1', '-P', String(port), '-u', user, `-p${password}`,
  ];
  const direct = (): string[] => way(server.port, 'app', 'upstream');
  const through = (): string[] => way(proxy.port, 'reporter', AGENT_PASSWORD);
  const { dump, slap } = TOOLS[flavour];

  describe('a dump', () => {
    if (dump === undefined) {
      missing(`the dump program of ${flavour} isn't installed`);
      return;
    }

    it('is the same through the proxy, and nothing of it is held', { timeout: 60_000 }, async () => {
      // Held by the policy would be the rows of vault, LOCK TABLES, and FLUSH TABLES, which MySQL wants for replication.
      const more = ['--single-transaction', '--skip-dump-date', '--routines', '--triggers', '--no-tablespaces', '--ignore-table=shop.vault', '--skip-comments', ...(flavour === 'mysql' ? ['--set-gtid-purged=OFF'] : []), 'shop'];
      const [expected, { stdout }] = await Promise.all([run(dump, [...direct(), ...more]), run(dump, [...through(), ...more])]);
      expect((await allRequests(proxy)).map(({ text }) => text)).toEqual([]);
      expect(stdout).toBe(expected.stdout);
      expect(stdout).toContain('CREATE TABLE `typed`');
    });
  });

  describe('the load emulator', () => {
    if (slap === undefined) {
      missing(`the load emulator of ${flavour} isn't installed`);
      return;
    }

    it('gets through, ten at a time', { timeout: 60_000 }, async () => {
      const args = ['--concurrency=10', '--number-of-queries=500', '--create-schema=shop', '--no-drop', `--query=update bench set n = n + 1 where id = 7; select n from bench where id = 7`, '--delimiter=;'];
      const { stdout } = await run(slap, [...through(), ...args]);
      expect(stdout).toMatch(/Average number of queries per client: \d+/);
      const [row] = await server.query<{ n: number }>('select n from bench where id = 7', [], 'shop');
      expect(row?.n).toBeGreaterThan(0);
    });
  });

  describe('sysbench', () => {
    if (sysbench === undefined) {
      missing('sysbench is not installed');
      return;
    }

    // Its library is MariaDB's, which speaks both servers' ways to ask for a password.
    it.each(['auto', 'disable'])('reads and writes, prepared statements: %s', { timeout: 60_000 }, async (prepared) => {
      const args = (port: number, user: string, password: string): string[] => [
        'oltp_read_write', '--db-driver=mysql', '--mysql-host=127.0.0.1', `--mysql-port=${port}`, `--mysql-user=${user}`, `--mysql-password=${password}`, '--mysql-db=shop', '--tables=1', '--table-size=500',
        `--db-ps-mode=${prepared}`, '--threads=4', '--events=100', '--time=30', '--mysql-ignore-errors=1213,1205,1020',
      ];
      await server.query('drop table if exists sbtest1', [], 'shop');
      await server.query("create user if not exists bench identified by 'bench'; grant all on shop.* to bench");
      await run(sysbench, [...args(server.port, 'bench', 'bench'), 'prepare']);
      const { stdout } = await run(sysbench, [...args(proxy.port, 'reporter', AGENT_PASSWORD), 'run']);
      expect(Number(/transactions:\s+(\d+)/.exec(stdout)?.[1])).toBe(100);
    });
  });
});
