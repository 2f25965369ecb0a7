/** `countersign audit report` */

import type { Command } from 'commander';
import { readJournal } from '../journal/read.ts';
import { collect } from '../journal/report/evidence.ts';
import { reportPage } from '../journal/report/page.ts';
import { auditGroup } from './groups.ts';
import { verification } from './audit.ts';
import type { VerifyFlags } from './audit.ts';
import { period } from './period.ts';
import { processTerminal } from './process-terminal.ts';
import { intoFile } from './sink.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface ReportFlags extends VerifyFlags {
  readonly since?: string;
  readonly until?: string;
  readonly out?: string;
}

export function auditReportCommand(program: Command, terminal: Terminal = processTerminal()): void {
  auditGroup(program).command('report').description('write a page of evidence for a period: who approved what, and whether the journal is intact')
    .option('--dir <dir>', 'the journal\'s directory')
    .option('--config <file>', 'take directory and keys from the configuration')
    .option('--key <pem...>', 'public key of the checkpoints; several after a change of keys')
    .option('--decision-key <pem...>', 'public key that decisions, freezes and sign-outs are signed with')
    .option('--since <time>', 'from then on, an ISO time')
    .option('--until <time>', 'up to then')
    .option('--out <file>', 'write it there; HTML')
    .action((flags: ReportFlags) => reporting(terminal, () => write(flags, terminal)));
}

async function write(flags: ReportFlags, terminal: Terminal): Promise<void> {
  const within = period(flags);
  const { dir, report: integrity } = await verification(flags);
  const page = await reportPage({
    dir, integrity, evidence: await collect(readJournal(dir), within), madeAt: iso(terminal.now()),
    since: within.since === undefined ? undefined : iso(within.since), until: within.until === undefined ? undefined : iso(within.until),
  });
  await intoFile(flags.out, terminal, (sink) => sink.write(page));
  if (integrity.ok) return;
  terminal.say('error: the journal isn\'t intact; the report says where.\n');
  terminal.fail();
}

const iso = (ms: number): string => new Date(ms).toISOString();
