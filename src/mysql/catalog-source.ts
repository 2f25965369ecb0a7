import type { OwnAccess } from '../protocol/own-access.ts';
import type { SeenServers } from './flavour.ts';
import { type TextRow, textQuery } from './text-query.ts';
import { ownLogin, withLogin } from './upstream.ts';

export interface CatalogSourceOptions<Catalog> extends OwnAccess {
  /** Told what answers at the database's address. */
  readonly seen: SeenServers;
  /** Reads the catalog by questions whose rows are text. */
  readonly load: (query: (sql: string) => Promise<TextRow[]>) => Promise<Catalog>;
}

/** How long one reading of the catalog may take. Milliseconds. */
const TIMEOUT_MS = 30_000;
/** Largest row of the catalog, bytes: definitions of views are the longest. */
const MAX_PACKET = 0xff_fffe;

/**
 * Reads the catalog over a connection of its own, opened for each reading, by the same login as the sessions': an account that works for them works here.
 */
export function catalogSource<Catalog>({ seen, load, ...access }: CatalogSourceOptions<Catalog>): { load(): Promise<Catalog> } {
  return {
    async load() {
      return withLogin(await ownLogin(access, 'catalog', TIMEOUT_MS), MAX_PACKET, async ({ exchange, capabilities, greeting }) => {
        seen.note(access.database.name, greeting);
        const catalog = await load((sql) => textQuery(exchange, capabilities, sql));
        exchange.quit();
        return catalog;
      });
    },
  };
}
