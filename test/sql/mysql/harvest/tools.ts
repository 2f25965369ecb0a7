/** The tools of the harvest, how each is run, and what it is asked to do. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { MysqlFlavour } from '../../../../src/demo/mysql-binaries.ts';
import { mariadbClient, mysqlClient } from '../../../support/mysql-binaries.ts';

export interface Tool {
  /** Also its user and, with underscores, its database. */
  readonly name: string;
  readonly does: string;
  /** Program and arguments; its last line of output names tool and version. Empty: not here. */
  command(folder: string, flavour: MysqlFlavour): string[];
  /** Run in its database beforehand, by the administrator. */
  readonly before?: string;
}

const ORM = 'Connects, makes its tables, looks at them, and creates, reads, updates and deletes: filters, joins, includes, counts, pages, groups, upserts, bulk writes, transactions, locks.';

const SHOP = `CREATE TABLE authors (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(80) NOT NULL, born DATE NULL, UNIQUE KEY by_name (name));
  CREATE TABLE books (id INT PRIMARY KEY AUTO_INCREMENT, author_id INT NOT NULL, title VARCHAR(200) NOT NULL DEFAULT 'untitled', price DECIMAL(10,2), stock INT UNSIGNED DEFAULT 0, cover BLOB, made TIMESTAMP DEFAULT CURRENT_TIMESTAMP, FOREIGN KEY (author_id) REFERENCES authors (id));
  CREATE VIEW cheap AS SELECT id, title, price FROM books WHERE price < 10;
  INSERT INTO authors (name, born) VALUES ('Ann', '1970-01-02'), ('Bob', NULL);
  INSERT INTO books (author_id, title, price) VALUES (1, 'One', 9.5), (1, 'Two', 12), (2, 'Three', 3);`;

export const TOOLS: readonly Tool[] = [
  ...['sequelize', 'typeorm', 'drizzle', 'knex', 'kysely', 'mikro-orm'].map((name) => ({ name, does: ORM, command: node(`${name}.mjs`) })),
  { name: 'django', does: ORM, command: python('django_main.py') },
  { name: 'sqlalchemy', does: `${ORM} Reflection, pandas.`, command: python('sqlalchemy_main.py') },
  { name: 'peewee', does: ORM, command: python('peewee_main.py') },
  { name: 'hibernate', does: `${ORM} With MySQL Connector/J.`, command: java('mysql') },
  { name: 'hibernate-mariadb', does: `${ORM} With MariaDB Connector/J.`, command: java('mariadb') },
  { name: 'jdbc-metadata', does: 'What database tools ask through MySQL Connector/J: every DatabaseMetaData method with rows, and what DBeaver asks by itself.', command: metadata('mysql'), before: SHOP },
  { name: 'jdbc-metadata-mariadb', does: 'What database tools ask through MariaDB Connector/J: every DatabaseMetaData method with rows.', command: metadata('mariadb'), before: SHOP },
  { name: 'gorm', does: ORM, command: go },
  { name: 'mariadb-cli', does: 'The interactive client: banner, use with completion, status, show, describe.', command: cli('mariadb'), before: SHOP },
  { name: 'mysql-cli', does: 'The interactive client: banner, use with completion, status, show, describe.', command: cli('mysql', '--commands'), before: SHOP },
  { name: 'mariadb-dump', does: 'A dump in a transaction, with routines, triggers and events.', command: dump('mariadb'), before: SHOP },
  { name: 'mysqldump', does: 'A dump in a transaction, with routines, triggers and events.', command: dump('mysql'), before: SHOP },
];

type Command = Tool['command'];

function present(folder: string, file: string, command: string[]): string[] {
  return existsSync(join(folder, file)) ? command : [];
}

function node(file: string): Command {
  return (folder) => present(folder, 'node_modules', [process.execPath, '--no-warnings', file]);
}

function python(file: string): Command {
  return (folder) => present(folder, 'py/bin/python', [join(folder, 'py/bin/python'), file]);
}

/** Each connector with its own server: with the other's, Hibernate takes the wrong dialect. */
function java(connector: MysqlFlavour): Command {
  return (folder, flavour) => (flavour !== connector ? [] : present(folder, 'java/target/harvest.jar', ['java', '-cp', 'java/target/classes:java/target/lib/*', 'Shop', connector]));
}

function metadata(connector: MysqlFlavour): Command {
  return (folder) => present(folder, 'java/target/harvest.jar', ['java', '-cp', 'java/target/classes:java/target/lib/*', 'Metadata', connector]);
}

function go(folder: string): string[] {
  return present(folder, 'go/harvest', [join(folder, 'go/harvest')]);
}

/** A script on standard input, --force since not each flavour has each of its statements. */
function cli(flavour: MysqlFlavour, more = ''): Command {
  return () => client(flavour === 'mariadb' ? mariadbClient('mariadb') : mysqlClient('mysql'), (program) => `"${program}" $args ${more} --auto-rehash --force -vvv "$DB_NAME" < cli.sql >/dev/null 2>&1; "${program}" --version`);
}

function dump(flavour: MysqlFlavour): Command {
  return () => client(flavour === 'mariadb' ? mariadbClient('mariadb-dump') : mysqlClient('mysqldump'), (program) => `"${program}" $args --single-transaction --routines --triggers --events "$DB_NAME" >/dev/null; "${program}" $args "$DB_NAME" >/dev/null; "${program}" --version`);
}

function client(program: string | undefined, script: (program: string) => string): string[] {
  // Over TLS, for without it a password for caching_sha2_password needs the server's key.
  const tls = program?.includes('mariadb') === true ? '--ssl' : '--ssl-mode=REQUIRED';
  return program === undefined ? [] : ['sh', '-c', `args="--no-defaults ${tls} -h $DB_HOST -P $DB_PORT -u $DB_USER -p$DB_PASSWORD"; ${script(program)}`];
}
