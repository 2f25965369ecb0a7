/** MariaDB's and MySQL's programs for the tests: what the machine has, or what Debian can give it. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { mysqlBinaries } from '../../src/demo/mysql-binaries.ts';
import type { MysqlBinaries, MysqlFlavour } from '../../src/demo/mysql-binaries.ts';
import { aptInstall, aptWorks, dockerAnswers, findProgram } from './machine.ts';

/** Debian has MySQL only in its unstable release, which .ci/mysql-binaries unpacks here without touching the system. */
const MYSQL_9 = fileURLToPath(new URL('../../.cache/mysql-9/bin', import.meta.url));
const DOWNLOAD = fileURLToPath(new URL('../../.ci/mysql-binaries', import.meta.url));

export const FLAVOURS: readonly MysqlFlavour[] = ['mariadb', 'mysql'];

/** The server's programs as they are here now. */
export function serverPrograms(flavour: MysqlFlavour): MysqlBinaries | undefined {
  return mysqlBinaries(flavour, flavour === 'mysql' ? [MYSQL_9] : []);
}

const failed = new Set<MysqlFlavour>();

/** Gets the programs from Debian; undefined where that can't be done. Not tried a second time. */
export function fetchServerPrograms(flavour: MysqlFlavour): MysqlBinaries | undefined {
  if (failed.has(flavour)) return undefined;
  const fetched = fetchFromDebian(flavour);
  if (fetched === undefined) failed.add(flavour);
  return fetched;
}

function fetchFromDebian(flavour: MysqlFlavour): MysqlBinaries | undefined {
  return (flavour === 'mariadb' ? aptInstall('mariadb-server') : downloadMysql()) ? serverPrograms(flavour) : undefined;
}

function downloadMysql(): boolean {
  if (!debian()) return false;
  console.warn('Fetching MySQL 9 from Debian sid into .cache/mysql-9, which the tests need.');
  try {
    execFileSync(DOWNLOAD, { stdio: ['ignore', 'ignore', 'inherit'] });
    return true;
  } catch {
    return false;
  }
}

/** Is this a Debian with a mirror that has the unstable release? Its kin have other mirrors. */
function debian(): boolean {
  if (!existsSync('/etc/debian_version') || findProgram('apt-get') === undefined) return false;
  try {
    execFileSync(DOWNLOAD, ['--check'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Full path of one of MySQL 9's own clients (`mysql`, `mysqldump`, `mysqlslap`, `mysqladmin`); undefined when it isn't here. */
export function mysqlClient(name: string): string | undefined {
  const file = join(MYSQL_9, name);
  if (existsSync(file)) return file;
  const found = findProgram(name);
  return found !== undefined && !execFileSync(found, ['--version'], { encoding: 'utf8' }).includes('MariaDB') ? found : undefined;
}

/** Full path of one of MariaDB's clients (`mariadb`, `mariadb-dump`, `mariadb-slap`); undefined when it isn't here. */
export function mariadbClient(name: string): string | undefined {
  return findProgram(name);
}

/** The environment's variable with the URL of a server of that flavour that somebody else runs. */
export const VARIABLES: Readonly<Record<MysqlFlavour, string>> = { mariadb: 'COUNTERSIGN_TEST_MARIADB', mysql: 'COUNTERSIGN_TEST_MYSQL' };

/** The URL in that variable, if any. */
export function givenServer(flavour: MysqlFlavour): string | undefined {
  const given = process.env[VARIABLES[flavour]] ?? '';
  return given === '' ? undefined : given;
}

/** Flavours that are left out: asked for by the caller, or found to be out of reach when the run began. Workers inherit it. */
const WITHOUT = 'COUNTERSIGN_TEST_WITHOUT';

/** Whether a server of that flavour can be had here, without getting it yet. */
function serverCanBeHad(flavour: MysqlFlavour): boolean {
  if (process.env[WITHOUT]?.split(',').includes(flavour) === true) return false;
  return givenServer(flavour) !== undefined || serverPrograms(flavour) !== undefined || (flavour === 'mariadb' ? aptWorks() : debian()) || dockerAnswers();
}

/** Looks for servers once for the whole run: to find none takes seconds. */
export function flavoursOutOfReach(): readonly MysqlFlavour[] {
  const missing = FLAVOURS.filter((flavour) => !serverCanBeHad(flavour));
  process.env[WITHOUT] = missing.join(',');
  return missing;
}

/** What to do where none can be had. */
export const HINTS: Readonly<Record<MysqlFlavour, string>> = {
  mariadb: `Install MariaDB 10.11 or later (mariadb-server), start Docker, or set ${VARIABLES.mariadb} to the URL of an administrator.`,
  mysql: `Install MySQL 9, on Debian run .ci/mysql-binaries, start Docker, or set ${VARIABLES.mysql} to the URL of an administrator.`,
};

/**
 * The flavours to test on this machine, for `describe.each`: both where every test must run (COUNTERSIGN_TEST_ALL), so that
 * a missing server fails; else those that can be had, and left-out.ts says which can't.
 */
export function testedFlavours(): readonly MysqlFlavour[] {
  return (process.env['COUNTERSIGN_TEST_ALL'] ?? '') === '' ? FLAVOURS.filter(serverCanBeHad) : FLAVOURS;
}
