/** The MySQL drivers under test, and how each program is run here. What a machine lacks is said, never passed over. */

import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import type { MysqlFlavour } from '../../../src/demo/mysql-binaries.ts';
import { mariadbClient, mysqlClient } from '../../support/mysql-binaries.ts';
import type { Command } from '../run.ts';
import { attempt, javaClasses, JVM, made, maven, needed, pythonWith, run } from '../toolchains.ts';
import type { Driver } from '../toolchains.ts';

const HERE = import.meta.dirname;
const PYTHON = ['PyMySQL>=1.1,<2', 'cryptography'] as const;
const CONNECTORS = {
  mysql: { group: 'com.mysql', artifact: 'mysql-connector-j', version: '9.4.0' },
  mariadb: { group: 'org.mariadb.jdbc', artifact: 'mariadb-java-client', version: '3.5.6' },
} as const;

const NO_PREPARE = 'it writes the parameters into the text itself';
const NO_ID = "it doesn't tell its connection's id, and to cancel closes the connection";
const NO_ERRNO = 'it tells of what it cancelled in its own words';
const NO_PIPELINE = 'it waits for each reply';

export function mysqlDrivers(flavour: MysqlFlavour): Driver[] {
  return [
    { name: 'mysql2', command: node('mysql2'), without: { pipeline: NO_PIPELINE } },
    { name: 'mariadb', command: node('mariadb') },
    { name: 'PyMySQL', command: attempt(python), without: { 'values.prepared': NO_PREPARE, 'large.sent': NO_PREPARE, altered: NO_PREPARE, pipeline: NO_PIPELINE, 'settings.reset': 'it has no way to' } },
    { name: 'MySQL Connector/J', command: attempt(() => java('mysql')), without: { pipeline: NO_PIPELINE, 'cancel.errno': NO_ERRNO, 'cancelled.errno': NO_ERRNO } },
    { name: 'MariaDB Connector/J', command: attempt(() => java('mariadb')), without: { pipeline: NO_PIPELINE, ...(flavour === 'mysql' ? { 'settings.reset': 'it resets only MariaDB' } : {}) } },
    { name: 'go-sql-driver', command: attempt(go), without: { pipeline: NO_PIPELINE, 'settings.reset': 'it has no way to', cancel: NO_ID, cancelled: NO_ID } },
    cli(flavour),
  ];
}

function node(name: string): Command {
  return { program: process.execPath, args: ['--no-warnings', join(HERE, 'node/main.ts'), name] };
}

function python(): Command {
  return { program: pythonWith('import pymysql, cryptography', PYTHON), args: [join(HERE, 'python/main.py')], env: { PYTHONDONTWRITEBYTECODE: '1' } };
}

/** Each server's own client. MySQL's can't speak mysql_native_password any more, which MariaDB's accounts have. */
function cli(flavour: MysqlFlavour): Driver {
  const program = flavour === 'mariadb' ? mariadbClient('mariadb') : mysqlClient('mysql');
  return {
    name: `${flavour} CLI`,
    command: program === undefined ? `the program ${flavour} isn't installed` : { program: process.execPath, args: ['--no-warnings', join(HERE, 'cli/main.ts'), program], env: { CLI_FLAVOUR: flavour } },
    alsoHeld: { named: ['finished'] },
    without: {
      'values.prepared': 'it has no parameters', altered: 'it has no parameters', pipeline: NO_PIPELINE, 'large.sent': 'it has no parameters', cancelled: 'it ends its script when it is interrupted', 'cancel.after': 'it ends its script when it is interrupted',
      ...(flavour === 'mariadb' ? { 'settings.reset': 'it has no way to' } : {}),
    },
  };
}

export function java(connector: MysqlFlavour): Command {
  const { group, artifact, version } = CONNECTORS[connector];
  const jar = maven(group, artifact, version);
  return { program: needed('java'), args: [...JVM, '-cp', [jar, javaClasses(join(HERE, 'jdbc'))].join(delimiter), 'Main', connector] };
}

/** The driver comes by Go's module proxy, at the version and checksum of go.mod and go.sum. */
function go(): Command {
  const sources = readdirSync(join(HERE, 'go')).map((file) => join(HERE, 'go', file));
  const folder = made('go/mysql-driver', sources, (fresh) => run(needed('go'), 'build', '-C', join(HERE, 'go'), '-o', join(fresh, 'main'), '.'));
  return { program: join(folder, 'main'), args: [] };
}
