/** A PgBouncer before a PostgreSQL, for comparisons. From this machine, or apt-get as root on Debian. */

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { reachableTmpdir, serverAccount } from '../../src/demo/account.ts';
import { freePort } from '../../src/demo/free-port.ts';
import { startGuarded, untilReady } from '../../src/demo/guarded.ts';
import { ownFolder, writeOwn } from '../../src/demo/postgres-cluster.ts';
import { Failure } from '../../src/runtime/failure.ts';
import { aptInstall, findProgram } from './machine.ts';
import { probe } from './probe.ts';

/** A proxy under measurement. */
export interface TestProxy {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface PgbouncerOptions {
  readonly upstream: { readonly host: string; readonly port: number };
  /** The one login, the same on both sides. Clients use SCRAM. */
  readonly user: string;
  readonly password: string;
  readonly poolMode: 'session' | 'transaction' | 'statement';
}

export async function startPgbouncer(options: PgbouncerOptions): Promise<TestProxy> {
  const program = findProgram('pgbouncer') ?? (aptInstall('pgbouncer') ? findProgram('pgbouncer') : undefined);
  if (program === undefined) throw new Failure('no_pgbouncer', 'PgBouncer is not on this machine.', { hint: 'Install pgbouncer.' });
  // It refuses to run as root, as PostgreSQL does.
  const account = serverAccount();
  const folder = mkdtempSync(join(reachableTmpdir(account), 'cs-bouncer-'));
  ownFolder(folder, account);
  const port = await freePort();
  writeOwn(join(folder, 'users.txt'), `"${options.user}" "${options.password.replaceAll('"', '""')}"\n`, account);
  writeOwn(join(folder, 'pgbouncer.ini'), configuration(options, folder, port), account);
  const logFile = join(folder, 'pgbouncer.log');
  const server = await startGuarded({ command: program, args: [join(folder, 'pgbouncer.ini')], cwd: folder, logFile, account, stopSignal: 'SIGTERM', folder });
  await untilReady(server, logFile, () => probe(port));
  return {
    port,
    pid: server.pid,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration({ upstream, poolMode }: PgbouncerOptions, folder: string, port: number): string {
  return [
    '[databases]',
    `* = host=${upstream.host} port=${upstream.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${join(folder, 'users.txt')}`,
    `pool_mode = ${poolMode}`,
    'default_pool_size = 100',
    'max_client_conn = 1000',
    'ignore_startup_parameters = extra_float_digits',
    '',
  ].join('\n');
}
