/** PostgreSQL refuses to run as root, so its programs run as another account then. */

import { execFileSync } from 'node:child_process';
import { lstatSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';

import { Failure } from '../runtime/failure.ts';

/** Numeric ids to give to spawn and chown. Undefined throughout: run as who we are. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `postgres`, else `nobody`, when we are root; undefined when we are anybody else (or on Windows). */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined && uid !== 0) return { uid, gid };
  }
  throw new Failure('no_server_account', 'PostgreSQL refuses to run as root and this machine has neither a user postgres nor a user nobody.', {
    hint: 'Run this as an ordinary user, or create one: useradd --system postgres.',
  });
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  try {
    return Number.parseInt(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), 10);
  } catch {
    return undefined;
  }
}

/** Whether the account may walk down to `path`: a home folder of mode 700 on the way hides all below it. */
export function reachable(path: string, account: Account | undefined): boolean {
  if (account === undefined) return true;
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (dirname(folder) === folder) return true;
  }
}

/** The temporary folder of this machine that the account can use. TMPDIR may lie inside root's home. */
export function reachableTmpdir(account: Account | undefined): string {
  const found = [tmpdir(), '/tmp', '/var/tmp'].find((folder) => exists(folder) && reachable(folder, account));
  if (found !== undefined) return found;
  throw new Failure('no_temporary_folder', `The account with uid ${account?.uid} can reach none of ${tmpdir()}, /tmp and /var/tmp.`, {
    hint: 'Set TMPDIR to a folder that every user may enter.',
  });
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
