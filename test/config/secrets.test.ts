import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSecret, SecretError } from '../../src/config/secrets.ts';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'secrets-'))));
afterAll(() => rmSync(dir, { recursive: true }));

const node = (script: string): { command: string[] } => ({ command: [process.execPath, '-e', script, 'top-secret-argument'] });

test('from each source, without one trailing newline', async () => {
  writeFileSync(join(dir, 's'), 'from file\n\n');
  expect(await readSecret({ env: 'S' }, { env: { S: 'from env' } })).toBe('from env');
  expect(await readSecret({ file: join(dir, 's') })).toBe('from file\n');
  expect(await readSecret(node('console.log("from command")'))).toBe('from command');
});

test('no shell reads the command', async () => {
  expect(await readSecret({ command: [process.execPath, '-e', 'console.log(process.argv[1])', '$(id); `id` | cat'] })).toBe('$(id); `id` | cat');
});

test.each<[string, () => Promise<string>, RegExp]>([
  ['unset', () => readSecret({ env: 'S' }, { env: {} }), /environment variable S can't be read: it isn't set/],
  ['empty', () => readSecret({ env: 'S' }, { env: { S: '' } }), /it is empty/],
  ['no file', () => readSecret({ file: '/nonexistent/s' }), /the file \/nonexistent\/s can't be read: ENOENT/],
  ['no program', () => readSecret({ command: ['/nonexistent/program', 'top-secret-argument'] }), /the command \/nonexistent\/program can't be read: ENOENT/],
  ['exit code', () => readSecret(node('console.log("half-a-secret"); console.error("half-a-secret"); process.exit(3)')), /exit code 3/],
  ['too long', () => readSecret(node('setInterval(() => {}, 1000)'), { timeoutMs: 200 }), /didn't end within 200 ms/],
  ['too much', () => readSecret(node('console.log("half-a-secret".repeat(100000))')), /more than 65536 bytes/],
  ['NUL', () => readSecret(node('process.stdout.write("a\\0b")')), /NUL/],
])('%s: the error names the source and nothing of the secret', async (_, read, message) => {
  const error = await read().then(() => undefined, (failure: unknown) => failure);
  expect(error).toBeInstanceOf(SecretError);
  expect((error as SecretError).message).toMatch(message);
  expect(JSON.stringify([String(error), (error as SecretError).stack, (error as SecretError).cause])).not.toMatch(/half-a-secret|top-secret-argument/);
});
