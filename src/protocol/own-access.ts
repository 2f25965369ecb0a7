import type { DatabaseConfig } from '../config/config.ts';

/** How the proxy itself reaches a database: by the same login as the sessions', so an account that works for them works here. */
export interface OwnAccess {
  readonly database: DatabaseConfig;
  readonly password: () => Promise<string | undefined>;
  /** PEM of the authorities of this database's own. */
  readonly authorities: () => Promise<string | undefined>;
}
