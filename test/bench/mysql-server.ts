import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { cachingSha2Verifier, nativeVerifier } from '../../src/config/verifier.ts';
import { sha1Twice, sha256Twice } from '../../src/mysql/auth/digests.ts';
import { startMysql } from '../support/mysql.ts';
import { sysbenchArgs } from './mysql-workloads.ts';
import type { BenchServer } from './server.ts';
import { BIG_ROWS } from './workloads.ts';
import type { FindTool, Target } from './workloads.ts';

const run = promisify(execFile);

/** A MariaDB with sysbench's table, `big`, and `wide` with ten columns, all of it in the buffer pool. */
export async function prepareMysqlServer(tool: FindTool): Promise<BenchServer> {
  const login = { user: 'bench', password: 'bench' };
  const server = await startMysql({
    users: [{ name: login.user, password: login.password }],
    settings: { innodb_buffer_pool_size: '512M', innodb_log_file_size: '256M', max_connections: 200, slow_query_log: false },
  });
  const target: Target = { host: server.host, port: server.port, ...login, database: 'bench' };
  await server.query('CREATE DATABASE bench CHARACTER SET utf8mb4');
  await run(tool('sysbench'), [...sysbenchArgs(target), 'prepare']);
  await server.query(
    `CREATE TABLE big (PRIMARY KEY (id)) SELECT seq AS id, CONCAT('name of row ', seq) AS name, (seq % 1000) / 7.0 AS amount, NOW() + INTERVAL seq SECOND AS made FROM seq_1_to_${BIG_ROWS}; ANALYZE TABLE big, sbtest1`,
    [], 'bench',
  );
  await server.query(
    `CREATE TABLE wide (PRIMARY KEY (id)) SELECT seq AS id, CONCAT('name ', seq) AS name, CONCAT('somebody', seq, '@example.com') AS email, seq % 7 AS kind, seq % 1000 AS place,
      (seq % 1000) / 7.0 AS amount, NOW() AS made, NOW() + INTERVAL seq SECOND AS changed, 'open' AS state, REPEAT('n', seq % 40) AS note FROM seq_1_to_${BIG_ROWS}; ANALYZE TABLE wide`,
    [], 'bench',
  );
  return {
    protocol: 'mysql', target, verifiers: [cachingSha2Verifier(sha256Twice(login.password)), nativeVerifier(sha1Twice(login.password))], version: `MariaDB ${server.version}`, stop: () => server.stop(),
  };
}
