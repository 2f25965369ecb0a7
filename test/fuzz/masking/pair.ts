/** Two databases that differ only in masked values, each behind a proxy of its own with the same policy: what one agent receives from either. */

import type { Socket } from 'node:net';
import { startMysql } from '../../support/mysql.ts';
import { MysqlWireClient, query } from '../../support/mysql-wire.ts';
import { startPostgres } from '../../support/postgres.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../../support/proxy.ts';
import { frames, WireClient } from '../../support/wire.ts';
import { rows, tables } from './schema.ts';

/** Constant masks, conditions over them; what can't be answered so is refused at once. */
export const POLICY = `version: 1
default: deny
holds: { approvers: [dba], mode: deferred }
sensitive:
  - { columns: [customers.email, customers.ssn, customers.balance, customers.born, cards.number], mask: redact, filtered: mask, derived: mask, copied: deny }
rules:
  - { name: all, effects: [read, insert, update, delete, transaction, session, lock, notify], then: allow }
`;

const UNMASKED = POLICY.split('\n').filter((line) => !/sensitive|columns/.test(line)).join('\n');

/** As policies are written: what compares masked values is refused, but for lookups. */
export const DEFAULT_POLICY = POLICY.replace('filtered: mask, ', '');

export interface Side {
  /** The bytes that answer the text. */
  answer(text: string): Promise<Buffer>;
}

export interface Pair {
  readonly left: Side;
  readonly right: Side;
  /** The left database, for an agent that sees everything. */
  readonly unmasked: Side;
  stop(): Promise<void>;
}

/** The database gave up: what it did until then says nothing. */
export const gaveUp = (answer: Buffer): boolean => /max_statement_time|maximum statement execution time|statement timeout|too many rows|max_join_size/.test(answer.toString('latin1'));

export type Server = 'postgres' | 'mariadb' | 'mysql';

const SIDES = ['left', 'right'] as const;

export async function startPair(server: Server, policy = POLICY): Promise<Pair> {
  const behind = await (server === 'postgres' ? startBehindPostgres() : startBehindMysql(server));
  const proxies: TestProxy[] = [];
  const clients: { destroy(): void }[] = [];
  const through = async (side: 'left' | 'right', rules: string): Promise<Side> => {
    const proxy = await startTestProxy({ upstream: { url: behind.url(side), password: 'upstream' }, policy: rules });
    proxies.push(proxy);
    const { client, side: made } = await connectTo(server, proxy.port);
    clients.push(client);
    return made;
  };
  return {
    left: await through('left', policy), right: await through('right', policy), unmasked: await through('left', UNMASKED),
    async stop() {
      for (const client of clients) client.destroy();
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await behind.stop();
    },
  };
}

interface Behind {
  url(side: 'left' | 'right'): string;
  stop(): Promise<void>;
}

/**
 * The tables have the same OIDs in either: both databases are made of one without rows. No statistics: the planner would estimate by those of
 * masked columns, too, and plans decide in which order rows come that no ORDER BY sorts.
 */
async function startBehindPostgres(): Promise<Behind> {
  const server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }], settings: { max_parallel_workers_per_gather: '0', autovacuum: 'off', statement_timeout: '2s' } });
  await server.query('create database empty owner app');
  for (const text of tables()) await server.query(`set role app; ${text}`, [], 'empty');
  for (const side of SIDES) {
    await server.query(`create database shop_${side} owner app template empty`);
    for (const text of rows(side)) await server.query(`set role app; ${text}`, [], `shop_${side}`);
  }
  return { url: (side) => `postgres://app@${server.host}:${server.port}/shop_${side}`, stop: () => server.stop() };
}

/** A server each: names of databases are in answers. */
async function startBehindMysql(flavour: 'mariadb' | 'mysql'): Promise<Behind> {
  const made = await Promise.all(SIDES.map(async (side) => {
    const server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], settings: { innodb_stats_auto_recalc: 'OFF', ...(flavour === 'mariadb' ? { max_statement_time: '2' } : { max_execution_time: '2000' }) } });
    await server.query('create database shop');
    for (const text of [...tables(), ...rows(side), 'analyze table customers, orders, cards, notes']) await server.query(text, [], 'shop');
    return server;
  }));
  return {
    url: (side) => `mysql://app@${made[side === 'left' ? 0 : 1]?.host}:${made[side === 'left' ? 0 : 1]?.port}/shop`,
    async stop() {
      await Promise.all(made.map((server) => server.stop()));
    },
  };
}

async function connectTo(server: Server, port: number): Promise<{ client: { destroy(): void }; side: Side }> {
  const login = { host: '127.0.0.1', port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' };
  if (server === 'postgres') {
    const client = await WireClient.login(login);
    const heard = listenTo(client.socket);
    const answer = async (text: string): Promise<Buffer> => {
      heard.take();
      client.send(frames.query(text));
      await client.until('ReadyForQuery');
      return heard.take();
    };
    return { client, side: { answer } };
  }
  const client = await MysqlWireClient.login(login);
  const heard = listenTo(client.socket);
  const answer = async (text: string): Promise<Buffer> => {
    heard.take();
    client.send(query(text));
    await client.answer();
    return heard.take();
  };
  return { client, side: { answer } };
}

function listenTo(socket: Socket): { take(): Buffer } {
  let chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  return {
    take() {
      const bytes = Buffer.concat(chunks);
      chunks = [];
      return bytes;
    },
  };
}
