/** `countersign audit check-proof FILE` */

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { checkProof } from '../journal/proof/check.ts';
import type { Proven } from '../journal/proof/check.ts';
import { timelineEntry } from '../journal/timeline.ts';
import { Failure } from '../runtime/failure.ts';
import { loadPublicKey } from '../runtime/keys.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { auditGroup } from './groups.ts';
import { counted } from './counted.ts';
import { processTerminal } from './process-terminal.ts';
import { marked } from './request-text.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface CheckFlags {
  readonly key: readonly string[];
  readonly decisionKey?: readonly string[];
  readonly json?: boolean;
}

export function auditCheckProofCommand(program: Command, terminal: Terminal = processTerminal()): void {
  auditGroup(program).command('check-proof <file>').description('check what `audit prove` made, with it and public keys alone, and say what it proves')
    .requiredOption('--key <pem...>', 'public key of the journal\'s checkpoints')
    .option('--decision-key <pem...>', 'public key that decisions are signed with')
    .option('--json', 'print JSON')
    .action((file: string, flags: CheckFlags) => reporting(terminal, () => check(file, flags, terminal)));
}

async function check(file: string, flags: CheckFlags, terminal: Terminal): Promise<void> {
  const proven = await checkProof(await read(file), { publicKeys: flags.key.map(loadPublicKey), decisionKeys: flags.decisionKey?.map(loadPublicKey) });
  const bad = typeof proven === 'string';
  if (flags.json === true) terminal.out(`${visibleJson(bad ? { ok: false, why: proven } : { ok: true, ...proven }, 2)}\n`);
  else terminal.out(bad ? `BAD: ${visibleLine(proven)}\n` : provenText(proven, terminal.columns));
  if (bad) terminal.fail();
}

async function read(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Failure('bad_proof', `${visibleLine(file)} can't be read as JSON.`, { hint: '`countersign audit prove` makes proofs.', cause });
  }
}

function provenText(proven: Proven, columns: number | undefined): string {
  const lines = [`good: record ${proven.subject} is in the journal`, ''];
  for (const record of proven.records) {
    const { heading, text, parameters } = timelineEntry(record);
    lines.push(`${record.time}  ${heading}`, ...(text === undefined ? [] : marked(text, columns)), ...(parameters.length === 0 ? [] : ['  with', ...marked(parameters.join('\n'), columns)]));
  }
  return [...lines, '', 'proven:', ...claims(proven).map((line) => `- ${line}`), '', 'not proven:', ...limits(proven).map((line) => `- ${line}`), ''].join('\n');
}

function claims({ records, checkpoints, decisions, releases }: Proven): string[] {
  const signed = checkpoints.map(({ sequence, time, key }) => `checkpoint ${sequence} at ${visibleLine(time)} by key ${key.slice(0, 16)}…`).join(', ');
  return [
    `what is above was in the journal, word for word (${counted(records.length, 'record')}), when it was signed: ${signed}`,
    ...(records.some(({ event }) => event.kind === 'request.opened') ? ['what people were asked to release is, byte for byte, what the request says: its digest was computed again'] : []),
    ...(decisions.verified === 0 ? [] : [`signed at a desk of the given key, as shown and about just this request: ${counted(decisions.verified, 'decision')}`]),
    ...(releases.verified === 0 ? [] : [`ran because enough different people, or one who broke the glass, had released it: ${counted(releases.verified, 'statement')}`]),
  ];
}

function limits({ decisions, releases }: Proven): string[] {
  return [
    'that nothing else was recorded: other records aren\'t shown; `countersign audit verify` checks the whole journal',
    'the times, which are those of the proxy\'s clock',
    ...(decisions.unchecked === 0 ? [] : [`who decided, since --decision-key was not given: ${counted(decisions.unchecked, 'decision')}`]),
    ...(releases.unchecked === 0 ? [] : [`that enough people had released it, since its request or decisions aren't all in this journal, or weren't checked: ${counted(releases.unchecked, 'statement')}`]),
  ];
}
