/** A database, a whole proxy before it, and clients that speak byte by byte: what most scenarios need. */

import { startPostgres, type PostgresOptions, type TestPostgres } from '../support/postgres.ts';
import { AGENT_PASSWORD, type ProxyOptions, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { WireClient, type WireLogin } from '../support/wire.ts';

export interface World {
  readonly server: TestPostgres;
  readonly proxy: TestProxy;
  /** An agent's connection, logged in. */
  agent(login?: Partial<WireLogin>): Promise<WireClient>;
  /** Rows of a superuser's query in the database behind the proxy. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export interface WorldOptions extends Omit<ProxyOptions, 'upstream'> {
  readonly postgres?: PostgresOptions;
  /** Run in the database before the proxy reads its catalog. */
  readonly schema?: string;
}

export async function startWorld({ postgres = {}, schema, ...options }: WorldOptions = {}): Promise<World> {
  const server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }], ...postgres });
  await server.query('create database shop owner app');
  if (schema !== undefined) await server.query(`set role app; ${schema}`, [], 'shop');
  const proxy = await startTestProxy({ upstream: { url: `postgres://app@${server.host}:${server.port}/shop`, password: 'upstream' }, ...options });
  const clients: WireClient[] = [];
  return {
    server, proxy,
    async agent(login = {}) {
      const client = await WireClient.login({ host: proxy.host, port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop', ...login });
      clients.push(client);
      return client;
    },
    sql: (text) => server.query(text, [], 'shop'),
    async stop() {
      for (const client of clients) client.destroy();
      await proxy.stop();
      await server.stop();
    },
  };
}

/** Resolves when the condition holds. A guard ends a wait in vain; nothing is measured by it. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string, withinMs = 15_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
