import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { QueryResult, QueryResultRow } from 'pg';

export interface PostgresUser {
  readonly name: string;
  readonly password: string;
  readonly superuser?: boolean;
  /** How the server asks this user for the password. Default scram-sha-256. */
  readonly auth?: 'scram-sha-256' | 'md5' | 'password' | 'trust';
}

/** What of a URL is to be another. */
export interface Login {
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

export function withLogin(base: string, { user, password, database }: Login): string {
  const url = new URL(base);
  if (user !== undefined) url.username = encodeURIComponent(user);
  if (password !== undefined) url.password = encodeURIComponent(password);
  if (database !== undefined) url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** Connects, runs one statement (or several, without parameters) and disconnects. Rows of the last one. */
export async function queryOnce<Row extends QueryResultRow>(url: string, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const result: unknown = await client.query<Row>(sql, parameters.length === 0 ? undefined : [...parameters]);
    return ((Array.isArray(result) ? result.at(-1) : result) as QueryResult<Row>).rows;
  } finally {
    await client.end();
  }
}

/** Roles that may log in. The password is stored in the form that the user's way of asking needs. */
export async function makeUsers(url: string, users: readonly PostgresUser[]): Promise<void> {
  for (const { name, password, superuser, auth } of users) {
    const encryption = auth === 'md5' ? 'md5' : 'scram-sha-256';
    const create = `CREATE ROLE ${escapeIdentifier(name)} LOGIN ${superuser === true ? 'SUPERUSER' : ''} PASSWORD ${escapeLiteral(password)}`;
    await queryOnce(url, `SET password_encryption = '${encryption}'; ${create}`);
  }
}
