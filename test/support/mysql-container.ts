/** MariaDB or MySQL in Docker, for machines that have neither. */

import { GenericContainer, Wait } from 'testcontainers';

import type { MysqlFlavour } from '../../src/demo/mysql-binaries.ts';
import { Failure } from '../../src/runtime/failure.ts';
import { HINTS } from './mysql-binaries.ts';
import { foreignMysql } from './mysql.ts';
import type { MysqlOptions, TestMysql } from './mysql.ts';

const PASSWORD = 'test-root';
const IMAGES: Readonly<Record<MysqlFlavour, string>> = { mariadb: 'mariadb:10.11', mysql: 'mysql:9' };

/** Knows settings, users and the general log; TLS needs a server with a folder of ours. */
export async function startMysqlInContainer(flavour: MysqlFlavour, options: MysqlOptions): Promise<TestMysql> {
  if (options.tls !== undefined) throw new Failure('no_mysql', 'This test configures TLS, which the Docker fallback does not.', { hint: HINTS[flavour] });
  const settings = Object.entries({ ...(options.generalLog === true ? { general_log: 1, log_output: 'TABLE' } : {}), ...options.settings });
  const container = await new GenericContainer(IMAGES[flavour])
    .withEnvironment({ MYSQL_ROOT_PASSWORD: PASSWORD, MYSQL_ROOT_HOST: '%' })
    .withCommand(settings.map(([name, value]) => `--${name.replaceAll('_', '-')}=${typeof value === 'boolean' ? Number(value) : value}`))
    .withExposedPorts(3306)
    // Once for the server of the image's own initialisation, which has no port, once for the real one.
    .withWaitStrategy(Wait.forLogMessage(/ready for connections.*port: 3306|port: 3306.*ready for connections/s))
    .start();
  const url = `mysql://root:${PASSWORD}@${container.getHost()}:${container.getMappedPort(3306)}/mysql`;
  return foreignMysql(url, flavour, options, async () => {
    await container.stop();
  });
}
