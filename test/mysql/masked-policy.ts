/** What the tests of masking through a whole proxy share: a shop, and policies that follow each other while sessions go on. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MysqlFlavour } from '../../src/demo/mysql-binaries.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { AGENT_PASSWORD, type ProxyOptions, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { MysqlWireClient, type MysqlWireLogin } from '../support/mysql-wire.ts';

const SCHEMA = `create table customers (id int primary key, name varchar(40) not null, email varchar(80), score float);
  insert into customers values (1, 'ann', 'ann@example.com', 1.5), (2, 'bob', 'bob@example.org', 2.5), (3, 'cy', null, null);
  create table people (id int primary key, name varchar(40), email varchar(80)); insert into people values (1, 'ann', 'ann@example.com');
  create table orders (id int primary key, customer_id int, note varchar(40));
  insert into orders values (1, 1, 'first'), (2, 2, 'second'), (3, 2, 'third');
  create table large (id int primary key, secret varchar(40), body longtext); insert into large values (1, 'hidden', repeat('x', 17000000)), (2, 'hidden too', 'y');
  create database other; create table other.orders (id int primary key, customer_id int, note varchar(40)); insert into other.orders values (1, 1, 'elsewhere');
  create table other.customers (id int primary key, name varchar(40)); insert into other.customers values (1, 'other')`;

const RULES = `version: 1
default: hold
rules:
  - { name: harmless, effects: [read, transaction, session, insert, update, delete, lock, alter, dynamic], then: allow }
`;

/** Policies by the columns that they mask. */
export const masking = (...columns: readonly string[]): string => (columns.length === 0 ? RULES : RULES.replace('rules:', `sensitive:\n${columns.map((column) => `  - { columns: [${column}], mask: redact }\n`).join('')}rules:`));

export interface MaskedShop {
  readonly server: TestMysql;
  readonly proxy: TestProxy;
  /** A client's connection, which ends with the shop. */
  wire(login?: Partial<MysqlWireLogin>): Promise<MysqlWireClient>;
  /** From now on these columns are masked. */
  mask(...columns: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startMaskedShop(flavour: MysqlFlavour, options: Partial<ProxyOptions> = {}): Promise<MaskedShop> {
  const server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], generalLog: true, settings: { max_allowed_packet: '64M' } });
  await server.query('create database shop character set utf8mb4');
  await server.query(SCHEMA, [], 'shop');
  const proxy = await startTestProxy({ upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' }, policy: masking(), extra: 'limits: { message: 64MiB }\n', ...options });
  const clients: MysqlWireClient[] = [];
  return {
    server, proxy,
    async wire(login = {}) {
      const client = await MysqlWireClient.login({ port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop', ...login });
      clients.push(client);
      return client;
    },
    async mask(...columns) {
      writeFileSync(join(proxy.dir, 'policy.yaml'), masking(...columns));
      await proxy.proxy.reloadPolicy();
    },
    async stop() {
      for (const client of clients) client.destroy();
      await proxy.stop();
      await server.stop();
    },
  };
}
