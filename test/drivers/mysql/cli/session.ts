import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

import { target } from '../scenario.ts';

export interface Said {
  /** Lines of standard output: rows, tab-separated. */
  readonly lines: readonly string[];
  readonly errors: string;
}

const [program = ''] = process.argv.splice(2, 1);
const mysql = process.env['CLI_FLAVOUR'] === 'mysql';

function connection(): string[] {
  const { host, port, user, password, database, ca } = target;
  const plain = mysql ? ['--ssl-mode=DISABLED', '--get-server-public-key'] : ['--skip-ssl'];
  const trusted = mysql ? ['--ssl-mode=VERIFY_IDENTITY', `--ssl-ca=${process.env['DB_CA'] ?? ''}`] : ['--ssl', `--ssl-ca=${process.env['DB_CA'] ?? ''}`, '--ssl-verify-server-cert'];
  // MySQL's client takes `use` and the like from scripts only when asked to.
  return ['--no-defaults', ...(mysql ? ['--commands'] : []), '-h', host, '-P', String(port), '-u', user, `-p${password}`, ...(ca === undefined ? plain : trusted), '--default-character-set=utf8mb4', '--max-allowed-packet=64M', database];
}

interface Process {
  kill(signal: NodeJS.Signals): boolean;
}

/** A client of its own reads the script from standard input, and goes on after errors. */
export async function cli(script: string, { args = [], started }: { readonly args?: readonly string[]; started?(child: Process): void } = {}): Promise<Said> {
  const [first = '', ...rest] = connection();
  const child = spawn(program, [first, '--batch', '--raw', '--skip-column-names', '--force', '--unbuffered', ...args, ...rest], { stdio: ['pipe', 'pipe', 'pipe'] });
  started?.(child);
  child.stdin.on('error', () => {}); // killed before it has read all
  child.stdin.end(script);
  const [said, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { lines: said.split('\n').filter((line) => line !== ''), errors: errors.replace(/^.*Using a password on the command line.*\n/m, '') };
}

/** Errnos in order of `ERROR 1064 (42000) at line 1: …`. */
export function errnos({ errors }: Said): number[] {
  return [...errors.matchAll(/^ERROR (\d+) \((\w+)\)/gm)].map(([, errno]) => Number(errno));
}
