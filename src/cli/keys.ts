/** `countersign keys generate` */

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { keyId } from '../journal/checkpoint.ts';
import { generateSigningKey } from '../runtime/keys.ts';
import { visibleJson } from '../runtime/visible.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export function keysCommand(program: Command, terminal: Terminal = processTerminal()): void {
  const keys = program.command('keys').description('signing keys');
  keys.command('generate').description('make an Ed25519 key pair: FILE (private, mode 0600) and FILE.pub')
    .requiredOption('--out <file>', 'where to')
    .option('--json', 'print JSON')
    .action((flags: { readonly out: string; readonly json?: boolean }) => reporting(terminal, () => generate(flags, terminal)));
}

async function generate({ out, json }: { readonly out: string; readonly json?: boolean }, terminal: Terminal): Promise<void> {
  const file = resolve(out);
  const id = keyId(generateSigningKey(file).publicKey);
  terminal.out(json === true ? `${visibleJson({ private: file, public: `${file}.pub`, id }, 2)}\n` : `${file}\n${file}.pub\nkey ${id}\n`);
}
