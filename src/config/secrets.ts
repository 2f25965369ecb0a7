import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Failure } from '../runtime/failure.ts';
import type { SecretSource } from './config.ts';

/** Code `secret_unavailable`. Names the source, never the value or what a command printed. */
export class SecretError extends Failure {}

/** A secret larger than this is a wrong file. Bytes. */
const MAX_BYTES = 65_536;

/** The secret of this moment; at most one trailing newline is dropped. An empty secret is an error. */
export async function readSecret(source: SecretSource, options: { timeoutMs?: number; env?: NodeJS.ProcessEnv } = {}): Promise<string> {
  if ('env' in source) return present(options.env ?? process.env, source.env);
  if ('file' in source) return fromFile(source.file);
  return fromCommand(source.command, options.timeoutMs ?? 10_000);
}

/** How the source is called in messages: `the environment variable SHOP_DB_PASSWORD`. */
export function describeSecret(source: SecretSource): string {
  if ('env' in source) return `the environment variable ${source.env}`;
  if ('file' in source) return `the file ${source.file}`;
  return `the command ${source.command[0] ?? ''}`;
}

function present(env: NodeJS.ProcessEnv, name: string): string {
  return checked(env[name], { env: name }, 'it isn\'t set');
}

async function fromFile(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unavailable({ file }, (error as NodeJS.ErrnoException).code ?? 'it can\'t be read');
  }
  if (bytes.length > MAX_BYTES) throw unavailable({ file }, `it is larger than ${MAX_BYTES} bytes`);
  return checked(bytes.toString('utf8'), { file });
}

function fromCommand(command: readonly string[], timeoutMs: number): Promise<string> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    // execFile's own error message repeats arguments and output, so only its codes are used.
    execFile(program, args, { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_BYTES, shell: false, encoding: 'utf8' }, (error, stdout) => {
      try {
        if (error !== null) throw unavailable({ command }, why(error, timeoutMs));
        resolve(checked(stdout, { command }));
      } catch (failure) {
        reject(failure);
      }
    }).stdin?.end();
  });
}

function why(error: Error & { code?: string | number | null; killed?: boolean; signal?: string | null }, timeoutMs: number): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `it printed more than ${MAX_BYTES} bytes`;
  if (error.killed === true) return `it didn't end within ${timeoutMs} ms`;
  if (typeof error.code === 'string') return error.code;
  return typeof error.code === 'number' ? `it ended with exit code ${error.code}` : `it was ended by ${error.signal ?? 'a signal'}`;
}

function checked(value: string | undefined, source: SecretSource, absent = 'it is empty'): string {
  const secret = value?.replace(/\r?\n$/, '') ?? '';
  if (secret === '') throw unavailable(source, value === undefined ? absent : 'it is empty');
  if (secret.includes('\0')) throw unavailable(source, 'it contains a NUL byte');
  return secret;
}

function unavailable(source: SecretSource, reason: string): SecretError {
  return new SecretError('secret_unavailable', `The secret from ${describeSecret(source)} can't be read: ${reason}.`, { hint: 'Correct the source in the configuration or make it readable for this process.' });
}
