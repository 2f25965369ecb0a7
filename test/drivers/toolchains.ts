/** The drivers under test, and how each program is run here. What a machine lacks is said, never passed over. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
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

/** The driver's jar comes by Maven; our classes are compiled once a run, since starting the compiler each time takes seconds. */
function java(): Command {
  const jar = join(CACHE, `java/postgresql-${JDBC}.jar`);
  if (!existsSync(jar)) run(needed('mvn'), '-q', '-B', 'dependency:copy', `-Dartifact=org.postgresql:postgresql:${JDBC}`, `-DoutputDirectory=${join(CACHE, 'java')}`);
  const classes = join(CACHE, 'java/classes');
  mkdirSync(classes, { recursive: true });
  const sources = readdirSync(join(HERE, 'jdbc')).filter((file) => file.endsWith('.java')).map((file) => join(HERE, 'jdbc', file));
  run(needed('javac'), '-cp', jar, '-d', classes, ...sources);
  return { program: needed('java'), args: ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', [jar, classes].join(delimiter), 'Main'] };
}

export function needed(program: string): string {
  const found = findProgram(program);
  if (found === undefined) throw new Error(`${program} isn't installed`);
  return found;
}

export function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
}
