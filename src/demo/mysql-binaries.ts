/** Where this machine has MariaDB's or MySQL's server programs. */

import { execFileSync } from 'node:child_process';

import { pathFolders, programsIn } from './programs.ts';

export type MysqlFlavour = 'mariadb' | 'mysql';

export interface MysqlBinaries {
  readonly flavour: MysqlFlavour;
  /** As `10.11.14` or `9.7.0`. */
  readonly version: string;
  /** Full path of mariadbd or mysqld. */
  readonly server: string;
  /** Full path of mariadb-install-db; MySQL's server makes its data folder itself. */
  readonly install: string | undefined;
}

/** Folders beside PATH where systems put servers. */
const FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/mysql/bin'];

/**
 * The first server of that flavour in PATH and the usual folders; undefined when there is none.
 * @param more folders to look in first.
 */
export function mysqlBinaries(flavour: MysqlFlavour, more: readonly string[] = []): MysqlBinaries | undefined {
  const folders = [...more.filter((folder) => folder !== ''), ...pathFolders(), ...FOLDERS];
  for (const server of programsIn(folders, flavour === 'mariadb' ? ['mariadbd', 'mysqld'] : ['mysqld'])) {
    const version = versionOf(server, flavour);
    if (version === undefined) continue;
    const [install] = programsIn(folders, ['mariadb-install-db', 'mysql_install_db']);
    if (flavour === 'mysql' || install !== undefined) return { flavour, version, server, install: flavour === 'mysql' ? undefined : install };
  }
  return undefined;
}

/** Both say `mysqld  Ver 9.7.0 for Linux …`; only MariaDB names itself in the version: MariaDB's mysqld is a link to mariadbd. */
function versionOf(server: string, flavour: MysqlFlavour): string | undefined {
  try {
    const said = execFileSync(server, ['--no-defaults', '--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [, version, rest = ''] = /Ver (\d+\.\d+\.\d+)(\S*)/.exec(said) ?? [];
    return (rest.includes('MariaDB') ? 'mariadb' : 'mysql') === flavour ? version : undefined;
  } catch {
    return undefined;
  }
}
