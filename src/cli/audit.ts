/** `countersign audit verify`; the rest of it is in audit-search.ts. */

import type { Command } from 'commander';
import type { Head } from '../journal/record.ts';
import { verifyJournal } from '../journal/verify.ts';
import type { Report } from '../journal/verify.ts';
import type { Checked } from '../journal/verify-signatures.ts';
import { Failure } from '../runtime/failure.ts';
import { loadPublicKey } from '../runtime/keys.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { auditGroup } from './groups.ts';
import { journalPlace } from './journal-dir.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export interface VerifyFlags {
  readonly dir?: string;
  readonly config?: string;
  readonly key?: readonly string[];
  readonly decisionKey?: readonly string[];
  readonly expect?: readonly string[];
  readonly json?: boolean;
}

export function auditCommand(program: Command, terminal: Terminal = processTerminal()): void {
  auditGroup(program).command('verify').description('prove that no record was changed, removed or put elsewhere; needs the files and public keys only')
    .option('--dir <dir>', 'the journal\'s directory')
    .option('--config <file>', 'take directory and keys from the configuration')
    .option('--key <pem...>', 'public key of the checkpoints; several after a change of keys')
    .option('--decision-key <pem...>', 'public key that decisions, freezes and sign-outs are signed with, to check those as well; several where there are several desks')
    .option('--expect <sequence:hash...>', 'the head an earlier run printed: proves that nothing was cut off since')
    .option('--json', 'print JSON')
    .action((flags: VerifyFlags) => reporting(terminal, () => verify(flags, terminal)));
}

async function verify(flags: VerifyFlags, terminal: Terminal): Promise<void> {
  const { report } = await verification(flags);
  terminal.out(flags.json === true ? `${visibleJson(report, 2)}\n` : reportText(report));
  if (!report.ok) terminal.fail();
}

/** What verification of the journal that is meant says. Throws Failure. */
export async function verification(flags: VerifyFlags): Promise<{ readonly dir: string; readonly report: Report }> {
  const place = await journalPlace(flags);
  const keys = flags.key ?? (place.key === undefined ? [] : [place.key]);
  if (keys.length === 0) throw new Failure('no_key', 'By which key were the checkpoints signed?', { hint: 'Name the public key with --key, or the configuration with --config.' });
  const decisions = flags.decisionKey ?? place.decisionKeys ?? [];
  const report = await verifyJournal({
    dir: place.dir, publicKey: keys.map(loadPublicKey),
    ...(decisions.length > 0 && { decisionKeys: decisions.map(loadPublicKey) }),
    ...(flags.expect && { expect: flags.expect.map(headOf) }),
  });
  return { dir: place.dir, report };
}

function headOf(text: string): Head {
  const match = /^(\d{1,16}):([0-9a-f]{64})$/.exec(text);
  if (match === null) throw new Failure('bad_head', `"${visibleLine(text)}" is no head.`, { hint: 'A head is a sequence number, a colon and 64 hexadecimal digits, as `audit verify` prints it.' });
  return { sequence: Number(match[1]), hash: match[2] ?? '' };
}

function reportText({ ok, problem, records, segments, checkpoints, unsigned, head, retired, ...said }: Report): string {
  const lines = [
    `${ok ? 'good' : 'BAD'}: ${records} records in ${segments} segments, ${checkpoints} checkpoints`,
    ...(problem === undefined ? [] : [`record ${problem.sequence}${problem.file === '' ? '' : ` in ${problem.file} at byte ${problem.offset}`}: ${visibleLine(problem.why)}`]),
    ...retiredText(retired),
    ...(unsigned === 0 ? [] : [`unsigned tail: ${unsigned} records`]),
    ...counted('decisions', said.decisions, 'for want of their key'),
    ...counted('freezes', said.freezes, 'for want of their key'),
    ...counted('sign-outs', said.signOuts, 'for want of their key'),
    ...counted('statements released by people', said.releases, 'since this journal doesn\'t have their request and enough decisions about it'),
    `head: ${head.sequence}:${head.hash}`,
  ];
  return `${lines.join('\n')}\n`;
}

function retiredText(retired: Report['retired']): string[] {
  if (retired === undefined) return [];
  return [
    visibleLine(`retired: records 1 to ${retired.last}, until ${retired.until}, by this journal's own word of ${retired.at}`),
    ...retired.expected.map((sequence) => `head ${sequence}, which is expected: was retired, so that nothing is left to compare it with`),
  ];
}

function counted(what: string, { verified, unchecked }: Checked, why: string): string[] {
  return [...(verified === 0 ? [] : [`${what} verified: ${verified}`]), ...(unchecked === 0 ? [] : [`${what} not checked, ${why}: ${unchecked}`])];
}
