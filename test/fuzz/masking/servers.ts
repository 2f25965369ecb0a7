/** Two copies of a database that differ only in masked values, on servers of their own: everything else that a server tells is the same, object numbers too. */

import { Client } from 'pg';
import { startMysql } from '../../support/mysql.ts';
import { startPostgres } from '../../support/postgres.ts';
import { OTHER, rows, tables } from './schema.ts';

export type Server = 'postgres' | 'mariadb' | 'mysql';
export type Which = 'left' | 'right';

export interface Copies {
  /** Of the database, for the account `app`. */
  url(side: Which): string;
  stop(): Promise<void>;
}

export const startCopies = async (server: Server): Promise<Copies> => {
  const [left, right] = await Promise.all((['left', 'right'] as const).map((side) => (server === 'postgres' ? startPostgresCopy(side) : startMysqlCopy(server, side))));
  if (left === undefined || right === undefined) throw new Error('two servers were started');
  return {
    url: (side) => (side === 'left' ? left : right).url,
    async stop() {
      await Promise.all([left.stop(), right.stop()]);
    },
  };
};

interface Copy {
  readonly url: string;
  stop(): Promise<void>;
}

/** COUNTERSIGN_FUZZ_POSTGRES says which (see support/postgres.ts). The newest knows most statements. */
const VERSION = process.env['COUNTERSIGN_FUZZ_POSTGRES'] === 'system' ? 'system' : 'embedded';

/** No statistics: the planner would estimate by those of masked columns, too, and plans decide in which order rows come that no ORDER BY sorts. */
async function startPostgresCopy(side: Which): Promise<Copy> {
  const server = await startPostgres({ version: VERSION, users: [{ name: 'app', password: 'upstream' }], settings: { max_parallel_workers_per_gather: '0', autovacuum: 'off', statement_timeout: '1s' } });
  await server.query('create database shop owner app');
  for (const text of [...tables('postgres'), ...rows(side, 'postgres')]) await server.query(`set role app; ${text}`, [], 'shop');
  await makeTemporarySchemas(server.urlFor({ database: 'shop' }));
  return { url: `postgres://app@${server.host}:${server.port}/shop`, stop: () => server.stop() };
}

/** Each place for a session gets its schema for temporary tables with its first one, which takes numbers: whose turn it is would show in those of tables. */
async function makeTemporarySchemas(url: string): Promise<void> {
  const clients = Array.from({ length: 30 }, () => new Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  for (const client of clients) await client.query('create temp table made ()');
  await Promise.all(clients.map((client) => client.end()));
}

async function startMysqlCopy(flavour: 'mariadb' | 'mysql', side: Which): Promise<Copy> {
  const limit = flavour === 'mariadb' ? { max_statement_time: '1' } : { max_execution_time: '1000' };
  const server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], settings: { innodb_stats_auto_recalc: 'OFF', ...limit } });
  await server.query('create database shop');
  const analyze = ['analyze table customers, orders, cards, notes, accounts, events, vault', `analyze table ${OTHER}.customers, ${OTHER}.orders`];
  for (const text of [...tables('mysql'), ...rows(side, 'mysql'), ...analyze]) await server.query(text, [], 'shop');
  return { url: `mysql://app@${server.host}:${server.port}/shop`, stop: () => server.stop() };
}
