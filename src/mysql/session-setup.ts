/** The first statements on a new connection to the database: they are ours, and learn what the session starts with. */

import { UpstreamFailure } from '../net/outgoing.ts';
import type { Exchange } from './exchange.ts';
import type { Capabilities } from './packets/capabilities.ts';
import { QueryFailure, textQueries } from './text-query.ts';
import { trackSettings } from './tracked.ts';

/** By the names under which a change is reported later. */
const ASK = `SELECT @@sql_mode AS sql_mode, @@character_set_client AS character_set_client, @@character_set_connection AS character_set_connection,
  @@character_set_results AS character_set_results, @@collation_connection AS collation_connection, @@time_zone AS time_zone,
  IF(@@autocommit, 'ON', 'OFF') AS autocommit, @@lower_case_table_names AS lower_case_table_names, @@max_allowed_packet AS max_allowed_packet,
  @@version AS version, @@version_comment AS version_comment, DATABASE() AS \`database\`, CONNECTION_ID() AS connection_id`;

export interface SessionStart {
  /** Variables by name, in lower case; `database` is the default database. NULL is an empty text. */
  readonly settings: ReadonlyMap<string, string>;
  /** The connection's number as the server itself knows it; a greeting's may be that of something between. */
  readonly connectionId: number;
}

/** @param patience see tracked.ts. Throws UpstreamFailure when the database doesn't answer as one that can be served. */
export async function startSession(exchange: Exchange, capabilities: Capabilities, patience: number): Promise<SessionStart> {
  try {
    const [, rows] = await textQueries(exchange, capabilities, [trackSettings(patience), ASK]);
    const [row] = rows ?? [];
    const { connection_id: id, ...values } = row ?? {};
    const connectionId = Number(id);
    for (const name of ['sql_mode', 'character_set_client']) if (typeof values[name] !== 'string') throw new UpstreamFailure('protocol', `the database doesn't tell its ${name}`);
    if (!Number.isSafeInteger(connectionId) || connectionId <= 0) throw new UpstreamFailure('protocol', 'the database doesn\'t tell the number of its connection');
    return { settings: new Map(Object.entries(values).map(([name, value]) => [name, value ?? ''])), connectionId };
  } catch (error) {
    if (!(error instanceof QueryFailure)) throw error;
    throw new UpstreamFailure('unsupported', `the database can't be asked for the session's state: ${error.message}`, { hint: 'MySQL 5.7 or MariaDB 10.2, or later, is needed.', cause: error });
  }
}
