/** What mappers, dashboards and TPC-H ask of tables that have masked columns, and use none: nobody is asked, and rows are those of a connection without a proxy, byte by byte. */

import { readFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testedFlavours } from '../../../support/mysql-binaries.ts';
import { startMysql } from '../../../support/mysql.ts';
import type { TestMysql } from '../../../support/mysql.ts';
import { AGENT_PASSWORD, startTestProxy } from '../../../support/proxy.ts';
import type { TestProxy } from '../../../support/proxy.ts';
import { POLICY, ROWS, TABLES } from './workload/schema.ts';

/** Blank lines part statements; the first paragraph says what they are. */
const statements = (name: string): string[] => readFileSync(new URL(`workload/${name}.sql`, import.meta.url), 'utf8').split(/\n{2,}/).slice(1).map((text) => text.trim().replace(/;$/, ''));

const ALL = [...statements('tpch'), ...statements('agents')];

/** Values as the server wrote them. */
async function rowsOf(connection: Connection, sql: string): Promise<unknown> {
  const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.buffer()?.toString('hex') ?? null });
  return rows;
}

it('there are as many as that says something', () => {
  expect(statements('tpch')).toHaveLength(22);
  expect(ALL.length).toBeGreaterThan(85);
});

describe.each(testedFlavours())('a real %s', { timeout: 120_000 }, (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;
  let direct: Connection;
  let agent: Connection;

  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
    await server.query('create database shop character set utf8mb4');
    for (const text of [...TABLES, ...ROWS, `analyze table ${TABLES.map((text) => text.split(' ')[2]).join(', ')}`]) await server.query(text, [], 'shop');
    proxy = await startTestProxy({ upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' }, policy: POLICY });
    direct = await createConnection({ host: server.host, port: server.port, user: 'app', password: 'upstream', database: 'shop' });
    agent = await createConnection({ host: '127.0.0.1', port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });
  }, 120_000);
  afterAll(async () => {
    for (const connection of [direct, agent]) connection?.destroy();
    await proxy?.stop();
    await server?.stop();
  });

  it.each(ALL)('%s', async (sql) => {
    expect(await rowsOf(agent, sql)).toEqual(await rowsOf(direct, sql));
  });
});
