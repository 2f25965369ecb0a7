/** What programs this machine has, and how a test gets one that is missing. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { pathFolders, programsIn } from '../../src/demo/programs.ts';

const APT_INSTALL = fileURLToPath(new URL('../../.ci/apt-install', import.meta.url));

/** Full path of the first of these programs in PATH or the folders where systems hide servers; undefined when there is none. */
export function findProgram(...names: readonly string[]): string | undefined {
  return programsIn([...pathFolders(), '/usr/sbin', '/usr/local/sbin'], names)[0];
}

/** Whether aptInstall can work here: only as root on Debian and its kin. */
export function aptWorks(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

/** Installs Debian packages without starting their services. False where that can't be done. */
export function aptInstall(...packages: readonly string[]): boolean {
  if (!aptWorks()) return false;
  console.warn(`Installing ${packages.join(', ')} with apt-get, which the tests need.`);
  try {
    execFileSync(APT_INSTALL, packages, { stdio: ['ignore', 'ignore', 'inherit'] });
    return true;
  } catch {
    return false;
  }
}

/** Whether a container engine answers. */
export function dockerAnswers(): boolean {
  try {
    execFileSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}
