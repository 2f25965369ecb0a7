/** The demo's database for MySQL clients: a real MariaDB or MySQL of this machine with a shop in it, gone when the demo ends. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createConnection } from 'mysql2/promise';

import type { DemoDatabase, DemoLogin } from './database.ts';
import { freePort } from './free-port.ts';
import type { Guarded } from './guarded.ts';
import { mysqlBinaries } from './mysql-binaries.ts';
import type { MysqlBinaries } from './mysql-binaries.ts';
import { configureMysql, initialiseMysql, startMysqlCluster } from './mysql-cluster.ts';
import type { MysqlClusterOptions } from './mysql-cluster.ts';
import { MYSQL_SHOP_SEED } from './mysql-seed.sql.ts';

/** The database's name at the server, and so for agents: MySQL's statements name databases. */
export const MYSQL_SHOP = 'shop_mysql';

/** The machine's own server programs, MariaDB's first; undefined when there are none. */
export function demoMysqlBinaries(): MysqlBinaries | undefined {
  return mysqlBinaries('mariadb') ?? mysqlBinaries('mysql');
}

/**
 * Starts it; takes a few seconds. Everything lies in one new folder inside `dir` (default: the temporary folder), which is
 * removed by `stop` and also when this process ends in any other way.
 * @throws Failure `server_start`, `mysql_initialise`.
 */
export async function startDemoMysql(binaries: MysqlBinaries, options: { readonly dir?: string } = {}): Promise<DemoDatabase> {
  const folder = mkdtempSync(join(options.dir ?? tmpdir(), 'countersign-demo-'));
  const cluster: MysqlClusterOptions = { binaries, folder, temporary: true };
  let server: Guarded | undefined;
  const stop = async (): Promise<void> => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const superuser = { user: 'root', password: randomBytes(18).toString('base64url') };
    await initialiseMysql(cluster, superuser.password);
    // Nobody's data: losing it in a power cut is no loss. No TLS: it listens on this machine only.
    configureMysql(cluster, { innodb_flush_log_at_trx_commit: 0, innodb_flush_method: 'nosync', innodb_doublewrite: false, character_set_server: 'utf8mb4', ...(binaries.flavour === 'mysql' ? { auto_generate_certs: false, tls_version: '' } : {}) });
    const port = await freePort();
    server = await startMysqlCluster(cluster, port);
    const application = { user: 'app', password: randomBytes(18).toString('base64url') };
    await makeShop(port, superuser, application);
    return { host: '127.0.0.1', port, database: MYSQL_SHOP, application, superuser, logFile: join(folder, 'mysqld.log'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeShop(port: number, superuser: DemoLogin, application: DemoLogin): Promise<void> {
  // base64url has nothing to escape in a literal.
  await runOn(port, superuser, `CREATE DATABASE ${MYSQL_SHOP}; CREATE USER ${application.user}@'%' IDENTIFIED BY '${application.password}'; GRANT ALL ON ${MYSQL_SHOP}.* TO ${application.user}@'%'`);
  await runOn(port, application, `USE ${MYSQL_SHOP}; ${MYSQL_SHOP_SEED}`);
}

async function runOn(port: number, login: DemoLogin, text: string): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port, ...login, multipleStatements: true });
  try {
    await connection.query(text);
  } finally {
    await connection.end();
  }
}
