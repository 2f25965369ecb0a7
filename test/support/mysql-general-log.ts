/** What reached a server, from its own general query log. */

import { queryMysql } from './mysql-query.ts';

/** One line of mysql.general_log. */
export interface Arrived {
  /** `Connect`, `Query`, `Prepare`, `Execute`, `Init DB`, `Quit`, … */
  readonly command: string;
  /** The statement's text; of `Execute` with its parameters in their places. */
  readonly text: string;
  /** The server's connection id. */
  readonly connection: number;
  readonly user: string;
}

/** Oldest first, without what the administrator `root` did. The log is written before a statement runs. */
export async function arrivals(url: string): Promise<Arrived[]> {
  const rows = await queryMysql<Omit<Arrived, 'user'> & { who: string }>(url, `SELECT command_type AS command, CONVERT(argument USING utf8mb4) AS text, thread_id AS connection, user_host AS who
    FROM mysql.general_log ORDER BY event_time`);
  return rows.map(({ who, ...rest }) => ({ ...rest, user: userOf(who) })).filter(({ user }) => user !== 'root');
}

/** The log says `app[app] @ host [address]`, and before the user is known `[app] @ host [address]`. */
function userOf(who: string): string {
  const [, before = '', inside = ''] = /^(.*?)\[(.*?)\] @ /s.exec(who) ?? [];
  return before === '' ? inside : before;
}
