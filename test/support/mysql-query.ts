import { createConnection, escape, escapeId } from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';

import type { MysqlFlavour } from '../../src/demo/mysql-binaries.ts';
import { Failure } from '../../src/runtime/failure.ts';
import type { Login } from './postgres-query.ts';
import { withLogin } from './postgres-query.ts';

/** MariaDB 10.11 has mysql_native_password and ed25519, MySQL 9 has caching_sha2_password and sha256_password, and lost mysql_native_password. */
export type MysqlAuth = 'mysql_native_password' | 'caching_sha2_password' | 'sha256_password' | 'ed25519';

export interface MysqlUser {
  readonly name: string;
  readonly password: string;
  /** How the server asks this user for the password. Default: the server's own, which is mysql_native_password and caching_sha2_password. */
  readonly auth?: MysqlAuth;
  /** Privileges, on everything. Default ALL PRIVILEGES: an owner of its data, and no friend of proxies that rely on the server's checks. */
  readonly grant?: string;
  /** Only over TLS. */
  readonly requireTls?: boolean;
}

export type { Login };
export { withLogin };

/** Connects, runs one statement (or several, without parameters) and disconnects. Rows of the last one; none of what gives no rows. */
export async function queryMysql<Row>(url: string, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const connection = await createConnection({ uri: url, multipleStatements: true, supportBigNumbers: true, dateStrings: true });
  try {
    const [result] = await connection.query<RowDataPacket[]>(sql, [...parameters]);
    const last: unknown = Array.isArray(result) && result.some((each) => Array.isArray(each) || isHeader(each)) ? result.at(-1) : result;
    return Array.isArray(last) ? (last as Row[]) : [];
  } finally {
    await connection.end();
  }
}

/** One of several results that has no rows: what an OK packet says. */
function isHeader(result: object): boolean {
  return result.constructor.name === 'ResultSetHeader';
}

/** Users who may log in from anywhere. */
export async function makeMysqlUsers(url: string, flavour: MysqlFlavour, users: readonly MysqlUser[]): Promise<void> {
  for (const { name, password, auth, grant = 'ALL PRIVILEGES', requireTls } of users) {
    const who = `${escapeId(name)}@'%'`;
    await queryMysql(url, `CREATE USER ${who} ${identified(flavour, password, auth)} ${requireTls === true ? 'REQUIRE SSL' : ''}`);
    await queryMysql(url, `GRANT ${grant} ON *.* TO ${who}`);
  }
}

const PLUGINS: Readonly<Record<MysqlFlavour, readonly MysqlAuth[]>> = {
  mariadb: ['mysql_native_password', 'ed25519'],
  mysql: ['caching_sha2_password', 'sha256_password'],
};

function identified(flavour: MysqlFlavour, password: string, auth: MysqlAuth | undefined): string {
  const literal = escape(password);
  if (auth === undefined) return `IDENTIFIED BY ${literal}`;
  if (!PLUGINS[flavour].includes(auth)) throw new Failure('no_such_plugin', `${flavour} has no ${auth}; it has ${PLUGINS[flavour].join(', ')}.`);
  return flavour === 'mariadb' ? `IDENTIFIED VIA ${auth} USING PASSWORD(${literal})` : `IDENTIFIED WITH ${auth} BY ${literal}`;
}
