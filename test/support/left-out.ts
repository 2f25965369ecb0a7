/**
 * Which test files can't run on this machine for want of a server, and why. They are left out with a line that says
 * so, first and last in the run's output; with COUNTERSIGN_TEST_ALL set nothing is left out, and what is missing fails.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { aptWorks, dockerAnswers, findProgram } from './machine.ts';

export interface LeftOut {
  /** Relative to the root, for vitest's `exclude`. */
  readonly files: readonly string[];
  /** For people; empty when nothing is left out. */
  readonly line: string;
}

export function leftOut(root: string): LeftOut {
  if ((process.env['COUNTERSIGN_TEST_ALL'] ?? '') !== '' || redisCanBeHad()) return { files: [], line: '' };
  const server = join(root, 'test/support/redis.ts');
  const files = testFiles(root).filter((file) => imported(join(root, file)).has(server));
  const line = `LEFT OUT, for want of a Redis server (install redis-server or Valkey, start Docker, or set COUNTERSIGN_TEST_REDIS to a URL): ${files.join(', ')}`;
  return { files, line: files.length === 0 ? '' : line };
}

function testFiles(root: string): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).flatMap((file) => (file.endsWith('.test.ts') ? [join('test', file)] : []));
}

function redisCanBeHad(): boolean {
  return (process.env['COUNTERSIGN_TEST_REDIS'] ?? '') !== '' || findProgram('redis-server', 'valkey-server') !== undefined || aptWorks() || dockerAnswers();
}

/** The file and all it imports from the tests' folder, however far away. */
function imported(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, path = ''] of text.matchAll(/(?:from|import\(|import) ?'(\.{1,2}\/[^']+\.ts)'/g)) {
    const target = resolve(dirname(file), path);
    if (!relative(join(import.meta.dirname, '..'), target).startsWith('..')) imported(target, found);
  }
  return found;
}
