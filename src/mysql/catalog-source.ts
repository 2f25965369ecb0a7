import type { DatabaseConfig } from '../config/config.ts';
import type { SeenServers } from './flavour.ts';
import { Command } from './packets/commands.ts';
import { type TextRow, textQuery } from './text-query.ts';
import { ownWishes, withLogin } from './upstream.ts';

/** How the database is reached by the proxy itself. */
export interface CatalogAccess {
  readonly database: DatabaseConfig;
  readonly password: () => Promise<string | undefined>;
  readonly authorities: () => Promise<string | undefined>;
}

export interface CatalogSourceOptions<Catalog> extends CatalogAccess {
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
export function catalogSource<Catalog>({ database, password, authorities, seen, load }: CatalogSourceOptions<Catalog>): { load(): Promise<Catalog> } {
  return {
    async load() {
      const [ca, secret] = await Promise.all([authorities(), password()]);
      const options = { database, password: secret, ca, wishes: ownWishes('catalog'), signal: AbortSignal.timeout(TIMEOUT_MS) };
      return withLogin(options, MAX_PACKET, async ({ exchange, capabilities, greeting }) => {
        seen.note(database.name, greeting);
        const catalog = await load((sql) => textQuery(exchange, capabilities, sql));
        exchange.command(Buffer.of(Command.Quit));
        exchange.handshake.socket.destroySoon();
        return catalog;
      });
    },
  };
}
