/** An HAProxy that forwards TCP to a PostgreSQL, for comparisons. From this machine, or apt-get as root on Debian. */

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { reachableTmpdir, serverAccount } from '../../src/demo/account.ts';
import { freePort } from '../../src/demo/free-port.ts';
import { startGuarded, untilReady } from '../../src/demo/guarded.ts';
import { ownFolder, writeOwn } from '../../src/demo/postgres-cluster.ts';
import { Failure } from '../../src/runtime/failure.ts';
import { aptInstall, findProgram } from './machine.ts';
import { probe } from './probe.ts';
import type { TestProxy } from './pgbouncer.ts';

export async function startHaproxy({ upstream }: { readonly upstream: { readonly host: string; readonly port: number } }): Promise<TestProxy> {
  const program = findProgram('haproxy') ?? (aptInstall('haproxy') ? findProgram('haproxy') : undefined);
  if (program === undefined) throw new Failure('no_haproxy', 'HAProxy is not on this machine.', { hint: 'Install haproxy.' });
  const account = serverAccount();
  const folder = mkdtempSync(join(reachableTmpdir(account), 'cs-haproxy-'));
  ownFolder(folder, account);
  const port = await freePort();
  writeOwn(join(folder, 'haproxy.cfg'), configuration(upstream, port), account);
  const logFile = join(folder, 'haproxy.log');
  // -db: stay in the foreground, one process, whose CPU time is all there is to count.
  const server = await startGuarded({ command: program, args: ['-db', '-f', join(folder, 'haproxy.cfg')], cwd: folder, logFile, account, stopSignal: 'SIGTERM', folder });
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

/** One thread: the others under comparison have one too. */
function configuration(upstream: { readonly host: string; readonly port: number }, port: number): string {
  return [
    'global',
    '  nbthread 1',
    '  maxconn 1000',
    'defaults',
    '  mode tcp',
    '  timeout connect 5s',
    '  timeout client 1h',
    '  timeout server 1h',
    'listen postgres',
    `  bind 127.0.0.1:${port}`,
    `  server one ${upstream.host}:${upstream.port}`,
    '',
  ].join('\n');
}
