/** The drivers under test, and how each program is run here. What a machine lacks is said, never passed over. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { findProgram } from '../support/machine.ts';
import type { Command } from './run.ts';

const HERE = import.meta.dirname;
export const CACHE = join(HERE, '../../.cache');
const PSYCOPG = 'psycopg[binary]>=3.2,<4';
const ASYNCPG = 'asyncpg>=0.30,<1';
const JDBC = '42.7.8';

export interface Driver {
  readonly name: string;
  /** A sentence instead of a command: why it is left out. */
  readonly command: Command | string;
  /** Scenarios, or parts of them, that the driver has no means for, and why. */
  readonly without?: Readonly<Record<string, string>>;
  /** What it has held beside the others, and how that ends. */
  readonly alsoHeld?: Readonly<Record<string, readonly string[]>>;
}

export function drivers(): Driver[] {
  return [
    { name: 'pg', command: node('pg') },
    { name: 'postgres.js', command: node('postgres-js'), without: { 'copy-failed': 'its stream never ends when the server refuses the data' } },
    { name: 'psycopg', command: attempt(() => python('psycopg_main.py')) },
    { name: 'asyncpg', command: attempt(() => python('asyncpg_main.py')) },
    { name: 'jdbc', command: attempt(java) },
    {
      name: 'psql', command: attempt(psql), alsoHeld: { named: ['finished'] },
      without: { pipeline: 'it waits for each reply', pipelined: 'it waits for each reply', 'cancel.after': 'cancelling ends its script', 'cancelled.after': 'cancelling ends its script' },
    },
  ];
}

/** Must every driver be there? */
export function allRequired(): boolean {
  return process.env['COUNTERSIGN_DRIVERS'] === 'required' || (process.env['CI'] ?? '') !== '' || (process.env['COUNTERSIGN_TEST_ALL'] ?? '') !== '';
}

export function attempt(make: () => Command): Command | string {
  try {
    return make();
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    return [message.split('\n')[0], stderr?.toString().trim().split('\n').at(-1)].filter(Boolean).join(': ');
  }
}

function node(folder: string): Command {
  return { program: process.execPath, args: ['--no-warnings', join(HERE, folder, 'main.ts')] };
}

function psql(): Command {
  return { ...node('psql'), env: { PSQL: needed('psql') } };
}

function python(file: string): Command {
  return { program: pythonWith('import psycopg, asyncpg', [PSYCOPG, ASYNCPG]), args: [join(HERE, 'python', file)], env: { PYTHONDONTWRITEBYTECODE: '1' } };
}

/** The first of COUNTERSIGN_TEST_PYTHON and our own environment that has what `importing` imports; into our own it is installed. */
export function pythonWith(importing: string, packages: readonly string[]): string {
  const given = process.env['COUNTERSIGN_TEST_PYTHON'];
  const own = join(CACHE, 'python/bin/python');
  for (const program of [given, own]) if (program !== undefined && imports(program, importing)) return program;
  if (!existsSync(own)) run(needed('python3'), '-m', 'venv', join(CACHE, 'python'));
  run(own, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages);
  return own;
}

function imports(program: string, importing: string): boolean {
  try {
    run(program, '-c', importing);
    return true;
  } catch {
    return false;
  }
}

function java(): Command {
  const jar = maven('org.postgresql', 'postgresql', JDBC);
  return { program: needed('java'), args: [...JVM, '-cp', [jar, javaClasses(join(HERE, 'jdbc'), jar)].join(delimiter), 'Main'] };
}

/** They live for seconds. */
export const JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'] as const;

/** A jar of Maven Central's. */
export function maven(group: string, artifact: string, version: string): string {
  const name = `${artifact}-${version}`;
  const folder = made(`java/${name}`, [], (fresh) => run(needed('mvn'), '-q', '-B', 'dependency:copy', `-Dartifact=${group}:${artifact}:${version}`, `-DoutputDirectory=${fresh}`));
  return join(folder, `${name}.jar`);
}

/** The classes of a folder's sources, since starting the compiler each time takes seconds. @param jar what the sources import */
export function javaClasses(folder: string, jar = ''): string {
  const sources = readdirSync(folder).filter((file) => file.endsWith('.java')).map((file) => join(folder, file));
  return made('java/classes', sources, (fresh) => run(needed('javac'), '-cp', jar, '-d', fresh, ...sources));
}

/** A folder of the cache that is filled once for these sources. It gets its name when it is whole: tests that run at the same time never meet half of it. */
export function made(name: string, sources: readonly string[], fill: (fresh: string) => void): string {
  const folder = join(CACHE, sources.length === 0 ? name : `${name}-${digest(sources)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const fresh = mkdtempSync(`${folder}.`);
  try {
    fill(fresh);
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function digest(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

export function needed(program: string): string {
  const found = findProgram(program);
  if (found === undefined) throw new Error(`${program} isn't installed`);
  return found;
}

export function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
}
