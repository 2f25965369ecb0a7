/** A real server with the corpus's schema, and an understanding of it. */

import { Client } from 'pg';
import { loadCatalog } from '../../../src/sql/postgres/catalog-load.ts';
import type { CatalogSource } from '../../../src/sql/catalog.ts';
import { startPostgres } from '../../support/postgres.ts';
import type { PostgresOptions } from '../../support/postgres.ts';
import { SCHEMA } from './schema.ts';

export interface Subject extends AsyncDisposable {
  readonly client: Client;
  readonly catalogSource: CatalogSource;
  /** server_version_num / 10000. */
  readonly major: number;
}

export async function startSubject(version?: PostgresOptions['version']): Promise<Subject> {
  const server = await startPostgres(version === undefined ? {} : { version });
  const client = await connect(server.url);
  await client.query(SCHEMA);
  const catalogClient = await connect(server.url);
  return {
    client,
    catalogSource: { load: () => loadCatalog(async (sql) => (await catalogClient.query<Record<string, unknown>>(sql)).rows) },
    major: Number(server.version.split('.')[0]),
    async [Symbol.asyncDispose]() {
      await client.end();
      await catalogClient.end();
      await server.stop();
    },
  };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}
