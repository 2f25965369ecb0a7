import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Said {
  /** Lines of standard output. */
  readonly lines: readonly string[];
  readonly errors: string;
}

interface Process {
  kill(signal: NodeJS.Signals): boolean;
}

export interface PsqlOptions {
  readonly args?: readonly string[];
  /** Called with the process at once. */
  started?(child: Process): void;
  /** Called with the process as soon as its error output has this. */
  readonly on?: { readonly error: string; act(child: Process): void };
}

/** A psql of its own reads the script from standard input. */
export async function psql(script: string, { args = [], on, started }: PsqlOptions = {}): Promise<Said> {
  const child = spawn(process.env['PSQL'] ?? 'psql', ['-X', '-q', '-A', '-t', '-v', 'VERBOSITY=verbose', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  started?.(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    const before = errors;
    errors += piece;
    if (on !== undefined && !before.includes(on.error) && errors.includes(on.error)) on.act(child);
  });
  child.stdin.on('error', () => {}); // killed before it has read all
  child.stdin.end(script);
  const said = await text(child.stdout);
  return { lines: said.split('\n').filter((line) => line !== ''), errors };
}

/** The SQLSTATE each line of the script ends with, one statement a line. */
export async function states(...statements: readonly string[]): Promise<string[]> {
  const { lines } = await psql(statements.map((statement) => `${statement};\n\\echo state :SQLSTATE\n`).join(''));
  return lines.filter((line) => line.startsWith('state ')).map((line) => line.slice(6));
}
