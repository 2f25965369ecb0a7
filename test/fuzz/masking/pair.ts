/** Two databases that differ only in masked values, each behind a proxy of its own with the same policy: what one agent receives from either. */

import type { Socket } from 'node:net';
import { startMysql } from '../../support/mysql.ts';
import { MysqlWireClient, query } from '../../support/mysql-wire.ts';
import { startPostgres } from '../../support/postgres.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../../support/proxy.ts';
import { frames, WireClient, type WireLogin } from '../../support/wire.ts';
import { schema } from './schema.ts';

/** Constant masks, conditions over them; what can't be answered so is refused at once. */
export const POLICY = `version: 1
default: deny
holds: { approvers: [dba], mode: deferred }
sensitive:
  - { columns: [customers.email, customers.ssn, customers.balance, customers.born, cards.number], mask: redact, filtered: mask, derived: mask, copied: deny }
rules:
  - { name: all, effects: [read, insert, update, delete, transaction, session, lock, notify], then: allow }
`;

/** As policies are written: what compares masked values is refused, but for lookups. */
export const DEFAULT_POLICY = POLICY.replace('filtered: mask, ', '');

export interface Side {
  /** The bytes that answer the text. */
  answer(text: string): Promise<Buffer>;
}

export interface Pair {
  readonly left: Side;
  readonly right: Side;
  /** The left database without a proxy. */
  readonly direct: Side;
  stop(): Promise<void>;
}

export type Server = 'postgres' | 'mariadb' | 'mysql';

const SIDES = ['left', 'right'] as const;

export async function startPair(server: Server, policy = POLICY): Promise<Pair> {
  const behind = await (server === 'postgres' ? startBehindPostgres() : startBehindMysql(server));
  const proxies: TestProxy[] = [];
  const sides: Side[] = [];
  const clients: { destroy(): void }[] = [];
  for (const side of SIDES) {
    const proxy = await startTestProxy({ upstream: { url: behind.url(side), password: 'upstream' }, policy });
    proxies.push(proxy);
    const made = await connectTo(server, { port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });
    clients.push(made.client);
    sides.push(made.side);
  }
  const direct = await connectTo(server, { port: behind.port, user: 'app', password: 'upstream', database: 'left' });
  clients.push(direct.client);
  return {
    left: sides[0] as Side, right: sides[1] as Side, direct: direct.side,
    async stop() {
      for (const client of clients) client.destroy();
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await behind.stop();
    },
  };
}

interface Behind {
  readonly port: number;
  url(side: 'left' | 'right'): string;
  stop(): Promise<void>;
}

async function startBehindPostgres(): Promise<Behind> {
  const server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }], settings: { max_parallel_workers_per_gather: '0', autovacuum: 'off', statement_timeout: '5s' } });
  for (const side of SIDES) {
    await server.query(`create database ${side} owner app`);
    for (const text of schema('postgres', side)) await server.query(`set role app; ${text}`, [], side);
  }
  return { port: server.port, url: (side) => `postgres://app@${server.host}:${server.port}/${side}`, stop: () => server.stop() };
}

async function startBehindMysql(flavour: 'mariadb' | 'mysql'): Promise<Behind> {
  const server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
  for (const side of SIDES) {
    await server.query(`create database ${side}`);
    for (const text of schema('mysql', side)) await server.query(text, [], side);
  }
  return { port: server.port, url: (side) => `mysql://app@${server.host}:${server.port}/${side}`, stop: () => server.stop() };
}

async function connectTo(server: Server, to: Pick<WireLogin, 'port' | 'user' | 'password' | 'database'>): Promise<{ client: { destroy(): void }; side: Side }> {
  const login = { host: '127.0.0.1', ...to };
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
