import pg from 'pg';
import type { OwnAccess } from '../protocol/own-access.ts';

/** Runs one statement and gives its rows. */
export type Query = (sql: string) => Promise<Record<string, unknown>[]>;

export interface CatalogSourceOptions<Catalog> extends OwnAccess {
  /** Reads the catalog by questions, all over one connection. */
  readonly load: (query: Query) => Promise<Catalog>;
}

/** How long one reading of the catalog may take. Milliseconds. */
const TIMEOUT_MS = 30_000;

/** Reads the catalog over a connection of its own, opened for each reading: readings are rare, and a connection kept would miss a failover. */
export function catalogSource<Catalog>(options: CatalogSourceOptions<Catalog>): { load(): Promise<Catalog> } {
  return {
    async load() {
      const client = await catalogClient(options);
      try {
        return await options.load(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows);
      } finally {
        await client.end().catch(() => {});
      }
    },
  };
}

/** A connection of our own, logged in. Whoever asks for it ends it. @param timeoutMs for the login, and for each question */
export async function catalogClient({ database, password, authorities }: OwnAccess, timeoutMs = TIMEOUT_MS): Promise<pg.Client> {
  const { host, port, user, database: name } = database.upstream;
  const ca = await authorities();
  const secret = await password();
  const client = new pg.Client({
    host, port, user, database: name, application_name: 'countersign catalog', connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs,
    ssl: database.tls.mode === 'disable' ? false : { rejectUnauthorized: database.tls.mode === 'verify-full', ...(ca === undefined ? {} : { ca }) },
    ...(secret === undefined ? {} : { password: secret }),
  });
  client.on('error', () => {}); // the query under way rejects; there is nothing else to tell
  await client.connect();
  return client;
}
