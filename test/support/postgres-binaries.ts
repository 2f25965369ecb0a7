/** Where this machine has PostgreSQL's server programs. */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { serverAccount } from '../../src/demo/account.ts';
import { embeddedBinaries } from '../../src/demo/embedded-binaries.ts';
import type { PostgresBinaries } from '../../src/demo/embedded-binaries.ts';
import { Failure } from '../../src/runtime/failure.ts';
import { findProgram } from './machine.ts';

/** From PATH or Debian's folders, the newest first. Undefined when the machine has none. */
export function systemBinaries(): PostgresBinaries | undefined {
  const inPath = findProgram('postgres');
  // PATH often has a lone link to postgres; initdb lies beside the real one.
  const folders = [...(inPath === undefined ? [] : [dirname(inPath), dirname(realpathSync(inPath))]), ...debianFolders()];
  const bin = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  return bin === undefined ? undefined : { bin, version: versionOf(bin) };
}

function debianFolders(): string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, 'bin'));
}

/** `postgres (PostgreSQL) 15.19 (Debian …)` says 15.19. */
function versionOf(bin: string): string {
  const said = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' });
  return /\d+(\.\d+)?/.exec(said)?.[0] ?? 'unknown';
}

/** The npm package's programs, or undefined when they aren't there. */
export function npmBinaries(): PostgresBinaries | undefined {
  try {
    return embeddedBinaries(serverAccount());
  } catch (error) {
    if (error instanceof Failure && error.code === 'embedded_postgres_missing') return undefined;
    throw error;
  }
}
