import { EventEmitter } from 'node:events';
import postgres from 'postgres';
import { target } from '../scenario.ts';

export interface Client {
  /** One connection, so that a scenario's statements meet. */
  readonly sql: postgres.Sql;
  /** Emits `notice`. */
  readonly events: EventEmitter;
}

export function connect(): Client {
  const { ca, user, ...where } = target;
  const events = new EventEmitter();
  const sql = postgres({
    ...where, username: user, ssl: ca === undefined ? false : { ca }, max: 1, idle_timeout: 0, max_lifetime: null, onnotice: (notice) => events.emit('notice', notice),
  });
  return { sql, events };
}

/** The column `v` of the first row. */
export async function one(sql: postgres.Sql, text: string): Promise<unknown> {
  return (await sql.unsafe(text))[0]?.['v'];
}
