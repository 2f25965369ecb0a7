/** PostgreSQL in Docker, for machines on which none of its programs runs (Alpine Linux, for one). */

import { GenericContainer, Wait } from 'testcontainers';

import { Failure } from '../../src/runtime/failure.ts';
import { makeUsers, queryOnce, withLogin } from './postgres-query.ts';
import type { PostgresOptions, TestPostgres } from './postgres.ts';

const PASSWORD = 'test-superuser';

/** Knows settings and users; TLS and other ways of asking for a password need a server with a folder of ours. */
export async function startInContainer(options: PostgresOptions): Promise<TestPostgres> {
  if (options.tls !== undefined || options.users?.some(({ auth }) => auth !== undefined) === true) {
    throw new Failure('no_postgres', 'This test configures TLS or pg_hba.conf, which the Docker fallback does not.', { hint: 'Install PostgreSQL 15 or later on this machine.' });
  }
  const settings = Object.entries(options.settings ?? {}).flatMap(([name, value]) => ['-c', `${name}=${String(value)}`]);
  const container = await new GenericContainer('postgres:17')
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['postgres', '-c', `fsync=${options.durable === true ? 'on' : 'off'}`, ...settings])
    .withExposedPorts(5432)
    // Once for the server of the image's own initialisation, once for the real one.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .start();
  const host = container.getHost();
  const port = container.getMappedPort(5432);
  const url = `postgres://postgres:${PASSWORD}@${host}:${port}/postgres`;
  const refuse = (): Promise<never> => Promise.reject(new Failure('not_ours', 'A server in Docker is not stopped and started by the tests.', { hint: 'Install PostgreSQL 15 or later on this machine.' }));
  await makeUsers(url, options.users ?? []);
  return {
    host, port, url, version: '17', dir: '', logFile: '', pid: 0,
    urlFor: (login) => withLogin(url, login),
    query: (sql, parameters, database = 'postgres') => queryOnce(withLogin(url, { database }), sql, parameters),
    kill: refuse,
    restart: refuse,
    stop: async () => {
      await container.stop();
    },
  };
}
