/** One MariaDB or MySQL server with its data in its own folder: data folder, configuration, start, stop. */

import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Failure } from '../runtime/failure.ts';
import { startGuarded, untilReady } from './guarded.ts';
import type { Guarded } from './guarded.ts';
import type { MysqlBinaries, MysqlFlavour } from './mysql-binaries.ts';

const run = promisify(execFile);

export interface MysqlClusterOptions {
  readonly binaries: MysqlBinaries;
  /** Made when absent; holds `data`, `my.cnf`, the socket, and `mysqld.log`. */
  readonly folder: string;
  /** Loses the folder when our process dies without stopping the server. */
  readonly temporary: boolean;
}

export type MysqlSettings = Readonly<Record<string, string | number | boolean>>;

/** Small files, so that a data folder is made and copied fast. */
const SMALL = { mariadb: ['--innodb-log-file-size=8M'], mysql: ['--innodb-redo-log-capacity=8M', '--auto-generate-certs=OFF'] } as const;

/** Makes the data folder. The only user is `root`, over the socket and TCP from anywhere, with this password. */
export async function initialiseMysql({ binaries, folder }: MysqlClusterOptions, password: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const users = join(folder, 'users.sql');
  writeFileSync(users, rootUser(password, binaries.flavour), { mode: 0o600 });
  const shared = ['--no-defaults', `--datadir=${join(folder, 'data')}`, ...asRoot()];
  try {
    if (binaries.install === undefined) await run(binaries.server, [...shared, '--initialize-insecure', `--init-file=${users}`, ...SMALL.mysql], { cwd: folder });
    else await run(binaries.install, [...shared, '--auth-root-authentication-method=normal', '--skip-test-db', `--extra-file=${users}`, ...SMALL.mariadb], { cwd: folder });
  } catch (cause) {
    throw new Failure('mysql_initialise', `No data folder could be made: ${(cause as { stderr?: string }).stderr ?? String(cause)}`, { cause });
  } finally {
    rmSync(users, { force: true });
  }
}

/** One statement a line, as --init-file wants it; the first turns on the grant tables, without which there are no users to make. */
function rootUser(password: string, flavour: MysqlFlavour): string {
  const quoted = `'${password.replaceAll("'", "''")}'`;
  return [
    'FLUSH PRIVILEGES;',
    `CREATE USER root@'%' IDENTIFIED BY ${quoted};`,
    "GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;",
    // MariaDB makes root for several hosts, and users without a name, all without a password.
    flavour === 'mysql' ? 'DROP USER root@localhost;' : "DELETE FROM mysql.global_priv WHERE User IN ('', 'root') AND Host <> '%';",
    '',
  ].join('\n');
}

/** Both servers refuse to run as root unless told to. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

/** Writes my.cnf. What is given here wins over what we need, and true and false are 1 and 0. */
export function configureMysql({ binaries: { flavour }, folder }: MysqlClusterOptions, settings: MysqlSettings): void {
  const files = join(folder, 'files');
  // MariaDB clears away, at its start, temporary tables that servers before it left: those of its neighbours, where they share a folder.
  const temporary = join(folder, 'tmp');
  for (const made of [files, temporary]) mkdirSync(made, { recursive: true });
  const all: MysqlSettings = {
    datadir: join(folder, 'data'), socket: join(folder, 'mysql.sock'), pid_file: join(folder, 'mysqld.pid'), secure_file_priv: files, tmpdir: temporary,
    bind_address: '127.0.0.1', skip_name_resolve: true, skip_log_bin: true, innodb_buffer_pool_size: '32M', ...OWN[flavour], ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${typeof value === 'boolean' ? Number(value) : `"${String(value)}"`}`);
  writeFileSync(join(folder, 'my.cnf'), ['[mysqld]', ...lines, ''].join('\n'), { mode: 0o600 });
}

/** MySQL would listen on a second port (the X protocol), and keep a redo log of 100 MB. */
const OWN = { mariadb: { innodb_log_file_size: '8M' }, mysql: { mysqlx: false, innodb_redo_log_capacity: '8M' } } as const;

/** Starts the server on 127.0.0.1 and resolves when it greets clients. */
export async function startMysqlCluster({ binaries, folder, temporary }: MysqlClusterOptions, port: number): Promise<Guarded> {
  const logFile = join(folder, 'mysqld.log');
  const server = await startGuarded({
    command: binaries.server,
    args: [`--defaults-file=${join(folder, 'my.cnf')}`, `--port=${port}`, ...asRoot()],
    cwd: folder,
    logFile,
    stopSignal: 'SIGTERM',
    ...(temporary ? { folder } : {}),
  });
  try {
    await untilReady(server, logFile, () => greets(port));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Whether a server sends its handshake there: a packet that begins with protocol version 10 (MySQL internals, "Protocol::HandshakeV10"). */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', (data) => end(data[4] === 10));
  });
}
