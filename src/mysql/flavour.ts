/** What the databases behind us are, as last seen; it decides what our own greeting says before an agent has named its database. */

import type { Capabilities } from './packets/capabilities.ts';
import type { Greeting } from './packets/handshake.ts';

export type Flavour = 'mysql' | 'mariadb';

export interface ServerVersion {
  readonly flavour: Flavour;
  /** As the server puts it in its greeting. */
  readonly text: string;
  /** Major, minor, patch. */
  readonly numbers: readonly [number, number, number];
}

/**
 * Reads a version string. MariaDB says so in it; up to version 10 it has `5.5.5-` in front (MariaDB documentation, "Connecting to a server").
 * What can't be read is MySQL 0.0.0.
 */
export function serverVersion(text: string): ServerVersion {
  const flavour = /mariadb/i.test(text) || text.startsWith('5.5.5-') ? 'mariadb' : 'mysql';
  const match = /^(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return { flavour, text, numbers: match === null ? [0, 0, 0] : [Number(match[1]), Number(match[2]), Number(match[3])] };
}

/**
 * MySQL's Connector/J takes the `5.5.5-` of MariaDB's greeting for the whole version, and reads AuthMoreData as servers before 5.5.16
 * sent it: without its first byte (Connector/J: NativeAuthenticationProvider). MariaDB itself never sends it any.
 * @param client the connection's attributes
 */
export function expectsBareData(greeting: string, client: ReadonlyMap<string, string>): boolean {
  return greeting.startsWith('5.5.5-') && client.get('_client_name') === 'MySQL Connector/J';
}

export interface Seen extends Capabilities {
  readonly version: ServerVersion;
  readonly collation: number;
}

/** What was seen of each MySQL database, by its name in the configuration. */
export class SeenServers {
  readonly #seen = new Map<string, Seen>();

  note(database: string, { serverVersion: text, flags, extended, collation }: Greeting): void {
    this.#seen.set(database, { version: serverVersion(text), flags, extended, collation });
  }

  get all(): readonly Seen[] {
    return [...this.#seen.values()];
  }

  /**
   * Whose version we give as ours: the oldest one's, so that no driver uses what one of them hasn't got. Where MariaDB and MySQL are
   * served side by side it is a MySQL's, since drivers for MariaDB serve that as well; the database's own answer to SELECT VERSION() is true in any case.
   */
  get model(): Seen | undefined {
    const mysql = this.all.filter(({ version }) => version.flavour === 'mysql');
    return (mysql.length > 0 ? mysql : this.all).toSorted((a, b) => compare(a.version, b.version))[0];
  }
}

function compare({ numbers: a }: ServerVersion, { numbers: b }: ServerVersion): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
