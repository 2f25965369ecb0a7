/**
 * A real MariaDB or MySQL server for a test: its own port, folder and log, gone when the test run ends however that ends.
 *
 * It comes from the first of: COUNTERSIGN_TEST_MARIADB or COUNTERSIGN_TEST_MYSQL (an administrator's URL), programs on
 * this machine (for MySQL also those of .ci/mysql-binaries), Docker, Debian's packages.
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort } from '../../src/demo/free-port.ts';
import type { Guarded } from '../../src/demo/guarded.ts';
import type { MysqlBinaries, MysqlFlavour } from '../../src/demo/mysql-binaries.ts';
import { configureMysql, initialiseMysql, startMysqlCluster } from '../../src/demo/mysql-cluster.ts';
import type { MysqlClusterOptions, MysqlSettings } from '../../src/demo/mysql-cluster.ts';
import { Failure } from '../../src/runtime/failure.ts';
import type { Certificate } from './certificates.ts';
import { dockerAnswers } from './machine.ts';
import { fetchServerPrograms, givenServer, HINTS, serverPrograms, VARIABLES } from './mysql-binaries.ts';
import { arrivals } from './mysql-general-log.ts';
import type { Arrived } from './mysql-general-log.ts';
import { makeMysqlUsers, queryMysql, withLogin } from './mysql-query.ts';
import type { Login, MysqlUser } from './mysql-query.ts';

const run = promisify(execFile);

const ROOT_PASSWORD = 'test-root';

export interface MysqlOptions {
  /** Default `mariadb`. */
  readonly flavour?: MysqlFlavour;
  /** Of my.cnf, as in `{ max_connections: 300, sql_mode: 'ANSI_QUOTES' }`. */
  readonly settings?: MysqlSettings;
  /** Made at the start, beside the administrator `root`. */
  readonly users?: readonly MysqlUser[];
  /** Serves TLS with this certificate; plain connections still work. Without it no TLS is offered. */
  readonly tls?: Certificate;
  /** Keeps all that arrives, for `arrived`. */
  readonly generalLog?: boolean;
  /** Syncs what is committed. Off by default: the folder dies with the test. */
  readonly durable?: boolean;
}

export interface TestMysql {
  readonly flavour: MysqlFlavour;
  readonly host: string;
  readonly port: number;
  /** The administrator's URL, database `mysql`. */
  readonly url: string;
  /** As `10.11.14`. */
  readonly version: string;
  /** Its own folder (`data`, the socket, `mysqld.log`); empty for a server that isn't ours. */
  readonly dir: string;
  readonly logFile: string;
  /** 0 while it is down or when it isn't ours. */
  readonly pid: number;
  /** The URL of another login or database. */
  urlFor(login: Login): string;
  /** One statement (or several) as the administrator; rows of the last one. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[], database?: string): Promise<Row[]>;
  /** What reached the server from others than the administrator, oldest first. Needs `generalLog`. */
  arrived(): Promise<Arrived[]>;
  /** Default SIGKILL: a crash. Resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data, after a stop when it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export async function startMysql(options: MysqlOptions = {}): Promise<TestMysql> {
  const { flavour = 'mariadb' } = options;
  const given = givenServer(flavour);
  if (given !== undefined && canShare(options)) return foreignMysql(given, flavour, options, () => Promise.resolve());
  const binaries = serverPrograms(flavour);
  if (binaries !== undefined) return startOwn(binaries, options);
  if (dockerAnswers()) return (await import('./mysql-container.ts')).startMysqlInContainer(flavour, options);
  const fetched = fetchServerPrograms(flavour);
  if (fetched !== undefined) return startOwn(fetched, options);
  throw new Failure('no_mysql', `No ${flavour === 'mariadb' ? 'MariaDB' : 'MySQL'} server for the tests was found.`, { hint: HINTS[flavour] });
}

/** A server that isn't ours serves only tests that ask for nothing special. */
function canShare({ settings, tls, durable, generalLog, users = [] }: MysqlOptions): boolean {
  return settings === undefined && tls === undefined && durable !== true && generalLog !== true && users.every(({ auth }) => auth === undefined);
}

async function startOwn(binaries: MysqlBinaries, options: MysqlOptions): Promise<TestMysql> {
  const folder = mkdtempSync(join(tmpdir(), 'cs-my-'));
  const cluster: MysqlClusterOptions = { binaries, folder, temporary: true };
  try {
    await copyTemplate(cluster);
    configureMysql(cluster, settingsOf(cluster, options));
    const server = new OwnMysql(cluster);
    await server.start();
    await makeMysqlUsers(server.url, binaries.flavour, options.users ?? []);
    return server;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Making a data folder takes seconds, copying one a tenth of that. */
async function copyTemplate({ binaries, folder }: MysqlClusterOptions): Promise<void> {
  const template = join(tmpdir(), `countersign-test-1-${binaries.flavour}-${binaries.version}-${process.getuid?.() ?? 0}`);
  if (!existsSync(join(template, 'data'))) {
    const fresh = mkdtempSync(`${template}.`);
    await initialiseMysql({ binaries, folder: fresh, temporary: true }, ROOT_PASSWORD);
    try {
      renameSync(fresh, template);
    } catch {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  await run('cp', ['-a', join(template, 'data'), folder]);
  // Two servers of one identity would refuse to replicate from each other.
  rmSync(join(folder, 'data/auto.cnf'), { force: true });
}

function settingsOf({ binaries: { flavour }, folder }: MysqlClusterOptions, options: MysqlOptions): MysqlSettings {
  return {
    ...(options.durable === true ? {} : { innodb_flush_log_at_trx_commit: 0, innodb_flush_method: 'nosync' }),
    ...(flavour === 'mysql' && options.durable !== true ? { innodb_doublewrite: false } : {}),
    ...(options.generalLog === true ? { general_log: true, log_output: 'TABLE' } : {}),
    ...(options.users?.some(({ auth }) => auth === 'ed25519') === true ? { plugin_load_add: 'auth_ed25519' } : {}),
    ...tlsSettings(flavour, folder, options.tls),
    ...options.settings,
  };
}

function tlsSettings(flavour: MysqlFlavour, folder: string, tls: Certificate | undefined): MysqlSettings {
  // MySQL otherwise makes a certificate of its own and offers TLS with that.
  if (tls === undefined) return flavour === 'mysql' ? { auto_generate_certs: false, tls_version: '' } : {};
  const files = { ssl_cert: tls.cert, ssl_key: tls.key, ssl_ca: tls.ca };
  return Object.fromEntries(Object.entries(files).map(([name, pem]) => {
    const file = join(folder, `${name}.pem`);
    writeFileSync(file, pem, { mode: 0o600 });
    return [name, file];
  }));
}

class OwnMysql implements TestMysql {
  readonly host = '127.0.0.1';
  readonly dir: string;
  readonly logFile: string;
  readonly flavour: MysqlFlavour;
  readonly version: string;
  readonly #cluster: MysqlClusterOptions;
  #port = 0;
  #process: Guarded | undefined;

  constructor(cluster: MysqlClusterOptions) {
    this.#cluster = cluster;
    this.flavour = cluster.binaries.flavour;
    this.version = cluster.binaries.version;
    this.dir = cluster.folder;
    this.logFile = join(cluster.folder, 'mysqld.log');
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `mysql://root:${ROOT_PASSWORD}@${this.host}:${this.#port}/mysql`;
  }

  get pid(): number {
    return this.#process?.running === true ? this.#process.pid : 0;
  }

  /** Somebody may take the port between our look and the server's bind; then another one will do. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#port = await freePort();
      try {
        this.#process = await startMysqlCluster(this.#cluster, this.#port);
        return;
      } catch (error) {
        if (attempt === 3 || !/Address already in use/i.test(String(error))) throw error;
      }
    }
  }

  urlFor(login: Login): string {
    return withLogin(this.url, login);
  }

  query<Row>(sql: string, parameters: readonly unknown[] = [], database = 'mysql'): Promise<Row[]> {
    return queryMysql<Row>(this.urlFor({ database }), sql, parameters);
  }

  arrived(): Promise<Arrived[]> {
    return arrivals(this.url);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#process?.signal(signal);
    await this.#process?.ended;
  }

  async restart(): Promise<void> {
    await this.#process?.stop();
    this.#process = await startMysqlCluster(this.#cluster, this.#port);
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A server that tests can use but not stop and start. */
export async function foreignMysql(url: string, flavour: MysqlFlavour, options: MysqlOptions, stop: () => Promise<void>): Promise<TestMysql> {
  const { hostname, port } = new URL(url);
  const refuse = (): Promise<never> => Promise.reject(new Failure('not_ours', 'This server is not ours to stop and start.', { hint: `Unset ${VARIABLES[flavour]} for this test. ${HINTS[flavour]}` }));
  const query: TestMysql['query'] = (sql, parameters, database) => queryMysql(database === undefined ? url : withLogin(url, { database }), sql, parameters);
  for (const { name } of options.users ?? []) await query('DROP USER IF EXISTS ?@?', [name, '%']);
  await makeMysqlUsers(url, flavour, options.users ?? []);
  const [row] = await query<{ version: string }>('SELECT version() AS version');
  return {
    flavour, host: hostname, port: Number(port || 3306), url, version: row?.version.replace(/-.*$/, '') ?? 'unknown', dir: '', logFile: '', pid: 0,
    urlFor: (login) => withLogin(url, login),
    arrived: () => arrivals(url),
    query, kill: refuse, restart: refuse, stop,
  };
}
