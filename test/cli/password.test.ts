/** What a person types at a real terminal: util-linux's `script` gives the command one. */

import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { makeVerifier, parseVerifier } from '../../src/identity/scram-verifier.ts';
import { findProgram } from '../support/machine.ts';

const script = findProgram('script');
const skipped = script === undefined && (process.env['COUNTERSIGN_TEST_ALL'] ?? '') === '';
if (skipped) console.warn('LEFT OUT, for want of the program `script` (util-linux): the password prompt at a terminal');

it.skipIf(skipped)('reads a password twice at a terminal and never shows it', async () => {
  const command = `${process.execPath} src/main.ts agents verifier --protocol postgres`;
  const terminal = spawn(script ?? '', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let screen = '';
  terminal.stdout.on('data', (chunk: Buffer) => { screen += chunk.toString(); });
  const ended = new Promise<number | null>((resolve) => { terminal.once('exit', resolve); });
  await expect.poll(() => screen, { timeout: 20_000 }).toContain('Password: ');
  terminal.stdin.write('correct horse\r');
  await expect.poll(() => screen, { timeout: 20_000 }).toContain('Again: ');
  terminal.stdin.write('correct horse\r');
  expect(await ended).toBe(0);
  const verifier = /SCRAM-SHA-256\$\S+/.exec(screen)?.[0] ?? '';
  expect(makeVerifier('correct horse', parseVerifier(verifier))).toBe(verifier);
  expect(screen).not.toContain('horse');
});
