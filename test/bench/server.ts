import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { startPostgres } from '../support/postgres.ts';
import { BIG_ROWS } from './workloads.ts';
import type { FindTool, Protocol, Target } from './workloads.ts';

const run = promisify(execFile);

export interface BenchServer {
  readonly protocol: Protocol;
  readonly target: Target;
  /** Of the login, for the agent of the same name and password. */
  readonly verifiers: readonly string[];
  /** As `PostgreSQL 15.14`. */
  readonly version: string;
  stop(): Promise<void>;
}

/** A server with pgbench's tables at scale 10 and `big`, all of it in shared buffers and vacuumed. */
export async function prepareServer(tool: FindTool): Promise<BenchServer> {
  const user = 'bench';
  const password = 'bench';
  const server = await startPostgres({
    users: [{ name: user, password }],
    settings: { shared_buffers: '512MB', max_connections: 200, autovacuum: false, max_wal_size: '4GB', log_min_duration_statement: -1 },
  });
  const target: Target = { host: server.host, port: server.port, user, password, database: 'bench' };
  await server.query('CREATE DATABASE bench OWNER bench');
  await run(tool('pgbench'), ['-i', '-q', '-s', '10'], { env: { ...process.env, PGHOST: target.host, PGPORT: String(target.port), PGUSER: user, PGPASSWORD: password, PGDATABASE: 'bench' } });
  await server.query(
    `SET ROLE bench;
     CREATE TABLE big AS SELECT n AS id, 'name of row ' || n AS name, (n % 1000) / 7.0 AS amount, now() + n * interval '1 s' AS made FROM generate_series(1, ${BIG_ROWS}) n`,
    [], 'bench',
  );
  await server.query('VACUUM ANALYZE', [], 'bench');
  const [row] = await server.query<{ rolpassword: string }>('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [user]);
  return { protocol: 'postgres', target, verifiers: [row?.rolpassword ?? ''], version: `PostgreSQL ${server.version}`, stop: () => server.stop() };
}
