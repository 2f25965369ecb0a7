/** `countersign audit prove SEQUENCE` */

import type { Command } from 'commander';
import { prove } from '../journal/proof/prove.ts';
import { Failure } from '../runtime/failure.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { auditGroup } from './groups.ts';
import { journalPlace } from './journal-dir.ts';
import { processTerminal } from './process-terminal.ts';
import { intoFile } from './sink.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface ProveFlags {
  readonly dir?: string;
  readonly config?: string;
  readonly out?: string;
}

export function auditProveCommand(program: Command, terminal: Terminal = processTerminal()): void {
  auditGroup(program).command('prove <sequence>').description('take one record out of the journal, with all that somebody else needs to check it and nothing of other statements')
    .option('--dir <dir>', 'the journal\'s directory')
    .option('--config <file>', 'take the directory from the configuration')
    .option('--out <file>', 'write it there')
    .action((sequence: string, flags: ProveFlags) => reporting(terminal, () => write(sequence, flags, terminal)));
}

async function write(sequence: string, flags: ProveFlags, terminal: Terminal): Promise<void> {
  if (!/^[1-9]\d{0,15}$/.test(sequence)) throw new Failure('bad_number', `"${visibleLine(sequence)}" is no number of a record.`, { hint: '`countersign sessions show` prints them.' });
  const { dir } = await journalPlace(flags);
  const proof = await prove(dir, Number(sequence));
  await intoFile(flags.out, terminal, (sink) => sink.write(`${visibleJson(proof, 2)}\n`));
  if (flags.out !== undefined) terminal.say(`${proof.records.length} records; check it with \`countersign audit check-proof ${visibleLine(flags.out)} --key …\`\n`);
}
