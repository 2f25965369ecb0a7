/** What a story needs of a database and its clients, for each protocol: stories are written once and run over all of them. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { startMysql } from '../support/mysql.ts';
import { MysqlWireClient, query } from '../support/mysql-wire.ts';
import { AGENT_PASSWORD, type ProxyOptions, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { cancel, frames, type WireClient } from '../support/wire.ts';
import { startWorld } from './world.ts';

/** How a text ended. */
export interface Ended {
  /** Rows of all its results. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly error?: { /** SQLSTATE. */ readonly code: string; readonly message: string };
}

export interface StoryAgent {
  /** Sends texts in one write; each is answered. */
  send(...texts: string[]): void;
  /** The answer to the next text. Rejects when the connection ends before. */
  ended(): Promise<Ended>;
  run(text: string): Promise<Ended>;
  /** Cancels what the connection does, as a client of its protocol does. */
  cancel(): Promise<void>;
  /** Resolves with the last words when the connection has ended. */
  lastWords(): Promise<string>;
  destroy(): void;
}

export interface StoryWorld {
  readonly proxy: TestProxy;
  agent(options?: { readonly user?: string; readonly attributes?: Readonly<Record<string, string>> }): Promise<StoryAgent>;
  /** Rows of an administrator's query behind the proxy. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** How often the text has reached the server, from agents. */
  reached(text: string): Promise<number>;
  /** Ends the agents' connections at the server. */
  disconnectAll(): Promise<void>;
  stop(): Promise<void>;
}

export interface StoryOptions extends Omit<ProxyOptions, 'upstream'> {
  /** Run in the database `shop` before the proxy reads its catalog. */
  readonly schema?: string;
}

export interface Dialect {
  readonly name: string;
  start(options?: StoryOptions): Promise<StoryWorld>;
  /** Says that what is held shall be deferred. */
  readonly defer: string;
  /** Does a refusal abort the transaction it comes in? */
  readonly refusalAborts: boolean;
  readonly denied: string;
  readonly cancelled: string;
  /** A query that takes seconds, unless it is cancelled. */
  readonly slow: string;
}

export const stateOf = async ({ proxy }: StoryWorld, id: string): Promise<unknown> => (await proxy.call(`/api/v1/requests/${id}`))['state'];

/** The connection still answers; it's of no further use. */
export async function expectAlive(agent: StoryAgent): Promise<void> {
  expect(await agent.run('select 42')).toEqual({ rows: [['42']] });
  agent.destroy();
}

/** Sends the text, and resolves with its request's id once it waits. */
export async function hold({ proxy }: StoryWorld, agent: StoryAgent, text: string): Promise<string> {
  agent.send(text);
  return (await proxy.pending(text)).id;
}

/** The request of a text that is held; its agent leaves. */
export async function requestOf(world: StoryWorld, agent: StoryAgent, text: string): Promise<Record<string, unknown>> {
  const id = await hold(world, agent, text);
  const request = await world.proxy.call(`/api/v1/requests/${id}`);
  agent.destroy();
  return request;
}

const postgres: Dialect = {
  name: 'PostgreSQL', defer: 'set countersign.hold = \'defer\'', refusalAborts: true, denied: '42501', cancelled: '57014',
  slow: 'select count(*) from generate_series(1, 200000000)',
  async start({ schema = '', ...options } = {}) {
    const world = await startWorld({ ...options, schema, postgres: { settings: { log_statement: 'all' } } });
    return {
      proxy: world.proxy,
      agent: async ({ user = 'reporter', attributes = {} } = {}) => postgresAgent(await world.agent({ user, parameters: startup(attributes) }), world.proxy.port),
      sql: (text) => world.sql(text),
      reached: (text) => Promise.resolve(readFileSync(world.server.logFile, 'utf8').split(text).length - 1),
      async disconnectAll() {
        await world.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'`);
      },
      stop: () => world.stop(),
    };
  },
};

function startup(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const options = Object.entries(attributes).map(([name, value]) => `-c ${name}=${value}`);
  return options.length === 0 ? {} : { options: options.join(' ') };
}

/** A value as the trace writes it. */
const CELL = /"(?:[^"\\]|\\.)*"|\bNULL\b/g;

function postgresAgent(client: WireClient, port: number): StoryAgent {
  const ended = async (): Promise<Ended> => {
    const lines = await client.until('ReadyForQuery');
    const error = lines.find((line) => line.includes('ErrorResponse'));
    const rows = lines.filter((line) => line.startsWith('B DataRow')).map((line) => line.match(CELL)?.map((value) => (value === 'NULL' ? null : (JSON.parse(value) as string))) ?? []);
    return { rows, ...(error === undefined ? {} : { error: { code: / C="(.{5})"/.exec(error)?.[1] ?? '', message: error.replaceAll('\\"', '"') } }) };
  };
  return {
    send: (...texts) => client.send(...texts.map((text) => frames.query(text))),
    ended,
    run(text) {
      client.send(frames.query(text));
      return ended();
    },
    cancel: () => cancel({ host: '127.0.0.1', port }, client.key as { pid: number; secret: Buffer }),
    lastWords: async () => (await client.until('nothing')).join('\n'),
    destroy: () => client.destroy(),
  };
}

const mysqlLike = (flavour: 'mariadb' | 'mysql', name: string): Dialect => ({
  name, defer: 'set @countersign_hold = \'defer\'', refusalAborts: false, denied: '42000', cancelled: '70100',
  slow: 'select count(*) from information_schema.columns a, information_schema.columns b, information_schema.columns c',
  async start({ schema = '', ...options } = {}) {
    const server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], generalLog: true });
    await server.query('create database shop');
    if (schema !== '') await server.query(schema, [], 'shop');
    const proxy = await startTestProxy({ upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' }, ...options });
    const clients: MysqlWireClient[] = [];
    const login = async (user: string, attributes: Readonly<Record<string, string>> = {}): Promise<MysqlWireClient> => {
      const client = await MysqlWireClient.login({ port: proxy.port, user, password: AGENT_PASSWORD, database: 'shop', attributes });
      clients.push(client);
      return client;
    };
    return {
      proxy,
      async agent({ user = 'reporter', attributes = {} } = {}) {
        return mysqlAgent(await login(user, attributes), () => login(user));
      },
      sql: (text) => server.query(text, [], 'shop'),
      reached: async (text) => (await server.arrived()).filter((arrived) => arrived.text.includes(text)).length,
      async disconnectAll() {
        const rows = await server.query<{ id: number }>('select id from information_schema.processlist where user = \'app\'');
        for (const { id } of rows) await server.query(`kill ${id}`).catch(() => undefined); // gone already
      },
      async stop() {
        for (const client of clients) client.destroy();
        await proxy.stop();
        await server.stop();
      },
    };
  },
});

function mysqlAgent(client: MysqlWireClient, other: () => Promise<MysqlWireClient>): StoryAgent {
  const ended = async (): Promise<Ended> => {
    const { rows, error } = await client.answer();
    return { rows, ...(error === undefined ? {} : { error: { code: error.sqlstate, message: error.message } }) };
  };
  return {
    send: (...texts) => client.send(...texts.map(query)),
    ended,
    run(text) {
      client.send(query(text));
      return ended();
    },
    async cancel() {
      const killer = await other();
      const { error } = await killer.query(`kill query ${client.connectionId}`);
      killer.destroy();
      if (error !== undefined) throw new Error(error.message);
    },
    lastWords: async () => (await client.untilEnd()).map(({ payload }) => payload.toString('latin1')).join('\n'),
    destroy: () => client.destroy(),
  };
}

export const DIALECTS: readonly Dialect[] = [postgres, mysqlLike('mariadb', 'MariaDB'), mysqlLike('mysql', 'MySQL')];
