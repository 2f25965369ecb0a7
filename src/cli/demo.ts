import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { type DemoConfiguration, type DemoPorts, writeDemoConfiguration } from '../demo/configuration.ts';
import { startDemoDatabase } from '../demo/database.ts';
import { freePort } from '../demo/free-port.ts';
import { demoMysqlBinaries, MYSQL_SHOP, startDemoMysql } from '../demo/mysql-database.ts';
import { createLog } from '../runtime/log.ts';

/** `demo`: a database, the proxy and the API on this machine, with nothing to configure. Everything goes away at the end. */
export function demoCommand(program: Command): void {
  program.command('demo').description('try it: a shop database behind the proxy, with nothing to configure')
    .action(async () => {
      const stopped = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      const binaries = demoMysqlBinaries();
      console.log(`Starting PostgreSQL${binaries === undefined ? '' : ` and ${NAMES[binaries.flavour]} ${binaries.version}`} with a shop (12,000 customers, 40,000 orders) …`);
      await using stack = new AsyncDisposableStack();
      const dir = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
      stack.defer(() => rmSync(dir, { recursive: true, force: true }));
      const postgres = await startDemoDatabase();
      stack.defer(() => postgres.stop());
      const mysql = binaries === undefined ? undefined : await startDemoMysql(binaries);
      stack.defer(() => mysql?.stop());
      const ports = { postgres: await portNear(6432), mysql: mysql && (await portNear(6306)), http: await portNear(8080) };
      const configuration = writeDemoConfiguration(dir, { postgres, mysql }, ports);
      const { startProxy } = await import('../proxy.ts');
      const proxy = await startProxy(await loadConfig(configuration.file), createLog(process.env['COUNTERSIGN_LOG'] ?? 'warn'));
      stack.defer(() => proxy.stop('the demo is over'));
      writeFileSync(join(dir, 'env'), `export COUNTERSIGN_URL=http://127.0.0.1:${ports.http}\nexport COUNTERSIGN_TOKEN=${configuration.token}\n`, { mode: 0o600 });
      console.log(instructions(dir, ports, configuration));
      await stopped;
      console.log('\nStopping …');
    });
}

const NAMES = { mariadb: 'MariaDB', mysql: 'MySQL' } as const;

function instructions(dir: string, ports: DemoPorts, { agentPassword, token }: DemoConfiguration): string {
  const url = `postgres://agent:${agentPassword}@127.0.0.1:${ports.postgres}/shop`;
  return `
Countersign is running. Give an agent one of these, or be the agent yourself:

  psql "${url}"
  ${mysqlLine(ports.mysql, agentPassword)}

Four things to try:

  1. SELECT name, city, email FROM customers LIMIT 5;
     harmless: passes at once, and shows masks of e-mail addresses, whatever the statement does with them
  2. SELECT name FROM customers WHERE email LIKE 'a%';
     compares what is masked: the connection waits, and says for whom
  3. DELETE FROM orders;
     no WHERE: waits as well
  4. COPY customers TO STDOUT;             (with MySQL: DROP TABLE payments;)
     an export, or a change of definitions: waits as well

Approve or deny in a browser, at http://127.0.0.1:${ports.http}/console, with this API token:

  ${token}

Or from a second terminal, in this folder:

  . ${dir}/env
  npm run -s countersign -- requests watch
  npm run -s countersign -- requests approve req_…      (or: requests deny req_… --reason "…")

Afterwards:

  npm run -s countersign -- sessions list --dir ${dir}/journal
  npm run -s countersign -- sessions replay ses_… --dir ${dir}/journal
  npm run -s countersign -- audit verify --config ${dir}/countersign.yaml

Ctrl-C ends the demo and removes everything it made.
`;
}

function mysqlLine(port: number | undefined, password: string): string {
  if (port === undefined) return 'MySQL is left out: this machine has neither a MariaDB nor a MySQL server (install mariadb-server to try it).';
  return `mariadb --skip-ssl -h 127.0.0.1 -P ${port} -u agent -p${password} ${MYSQL_SHOP}      (or mysql --ssl-mode=DISABLED …)`;
}

/** The usual port when it is free, else any. */
async function portNear(port: number): Promise<number> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
  return free ? port : freePort();
}
