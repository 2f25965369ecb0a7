/** A firing range: a real server, an understanding of it, and the policy that a team starts from. */

import { Client } from 'pg';
import { loadPolicy } from '../../../src/policy/load.ts';
import type { Verdict } from '../../../src/policy/verdict.ts';
import type { Facts } from '../../../src/sql/facts.ts';
import { loadCatalog } from '../../../src/sql/postgres/catalog-load.ts';
import { createUnderstanding } from '../../../src/sql/postgres/understanding.ts';
import type { PostgresUnderstanding } from '../../../src/sql/postgres/understanding.ts';
import { npmBinaries, systemBinaries } from '../../support/postgres-binaries.ts';
import { startPostgres } from '../../support/postgres.ts';

export const SERVERS = [
  { version: 'embedded', there: npmBinaries() !== undefined },
  { version: 'system', there: systemBinaries() !== undefined },
] as const;

export type Version = (typeof SERVERS)[number]['version'];

export interface Range extends AsyncDisposable {
  readonly client: Client;
  /** server_version_num / 10000. */
  readonly major: number;
  readonly understanding: PostgresUnderstanding;
  judge(sql: string): Promise<{ readonly facts: Facts; readonly verdict: Verdict }>;
  /** `allow`, `hold` or `deny` under policies/default.yaml. */
  action(sql: string): Promise<string>;
  /** What the server made of it: the rows of the last statement, or the error's SQLSTATE. */
  run(sql: string): Promise<string | readonly Record<string, unknown>[]>;
}

export async function startRange(version: Version, schema: string): Promise<Range> {
  const server = await startPostgres({ version });
  const [client, catalog] = await Promise.all([connect(server.url), connect(server.url)]);
  await client.query(schema);
  const understanding = await createUnderstanding({
    catalogSource: { load: () => loadCatalog(async (sql) => (await catalog.query<Record<string, unknown>>(sql)).rows) },
  });
  const policy = await loadPolicy(['policies/default.yaml']);
  const judge: Range['judge'] = async (sql) => {
    const facts = await understanding.facts(sql);
    return { facts, verdict: policy.decide(facts, subject(sql)) };
  };
  return {
    client, understanding, judge, major: Number(server.version.split('.')[0]),
    action: async (sql) => (await judge(sql)).verdict.action,
    run: (sql) => run(client, sql),
    async [Symbol.asyncDispose]() {
      await understanding.close();
      await client.end();
      await catalog.end();
      await server.stop();
    },
  };
}

const subject = (text: string): Parameters<Awaited<ReturnType<typeof loadPolicy>>['decide']>[1] => ({
  agent: { name: 'reporter', owner: 'dana@example.com', groups: ['analytics'] },
  database: { name: 'shop', protocol: 'postgres' },
  text, transaction: { open: false, ageMs: 0 }, now: new Date(0),
});

async function run(client: Client, sql: string): Promise<string | readonly Record<string, unknown>[]> {
  try {
    const result: unknown = await client.query(sql);
    return ((Array.isArray(result) ? result.at(-1) : result) as { rows: Record<string, unknown>[] }).rows;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}
