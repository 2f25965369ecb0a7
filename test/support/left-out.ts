/**
 * Which test files can't run on this machine for want of a server, and why. They are left out with a line that says
 * so, first and last in the run's output; with COUNTERSIGN_TEST_ALL set nothing is left out, and what is missing fails.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { aptWorks, dockerAnswers, findProgram } from './machine.ts';
import { FLAVOURS, flavoursOutOfReach, HINTS } from './mysql-binaries.ts';

export interface LeftOut {
  /** Relative to the root, for vitest's `exclude`. */
  readonly files: readonly string[];
  /** For people; empty when nothing is left out. */
  readonly line: string;
}

const REDIS_HINT = 'install redis-server or Valkey, start Docker, or set COUNTERSIGN_TEST_REDIS to a URL';

export function leftOut(root: string): LeftOut {
  if ((process.env['COUNTERSIGN_TEST_ALL'] ?? '') !== '') return { files: [], line: '' };
  const missing = flavoursOutOfReach();
  const redis = redisCanBeHad() ? [] : needing(root, 'redis.ts');
  const mysql = missing.length === 0 ? [] : needing(root, 'mysql.ts');
  const lines = [
    ...(redis.length === 0 ? [] : [`LEFT OUT, for want of a Redis server (${REDIS_HINT}): ${redis.join(', ')}`]),
    // With one of the two the files run, with that one.
    ...(mysql.length === 0 ? [] : missing.map((flavour) => `LEFT OUT, for want of a ${flavour} server (${HINTS[flavour]}): ${missing.length === FLAVOURS.length ? '' : `the ${flavour} part of `}${mysql.join(', ')}`)),
  ];
  return { files: [...new Set([...redis, ...(missing.length === FLAVOURS.length ? mysql : [])])], line: lines.join('\n') };
}

/** The test files that import this file of test/support, however far away. */
function needing(root: string, file: string): string[] {
  const server = join(root, 'test/support', file);
  return testFiles(root).filter((test) => imported(join(root, test)).has(server));
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
