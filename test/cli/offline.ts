import { Command } from 'commander';
import { auditCheckProofCommand } from '../../src/cli/audit-check-proof.ts';
import { auditExportCommand } from '../../src/cli/audit-export.ts';
import { auditProveCommand } from '../../src/cli/audit-prove.ts';
import { auditReportCommand } from '../../src/cli/audit-report.ts';
import { auditCommand } from '../../src/cli/audit.ts';
import { keysCommand } from '../../src/cli/keys.ts';
import { sessionsCommand } from '../../src/cli/sessions.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly failed: boolean;
}

/** Runs a command that needs files only; what such commands don't touch of the world isn't there. */
export async function run(...args: string[]): Promise<Ran> {
  return runTyped(undefined, ...args);
}

/** @param typed by a person at a terminal */
export async function runTyped(typed: readonly string[] | undefined, ...args: string[]): Promise<Ran> {
  const ran = { out: '', err: '', failed: false };
  const never = (): Promise<never> => Promise.reject(new Error('nobody is here to ask'));
  const terminal = {
    env: {}, interactive: typed !== undefined, typing: typed && (async function* () { yield* typed; }), columns: undefined, interrupted: new AbortController().signal, now: () => 0,
    out: (text) => { ran.out += text; }, say: (text) => { ran.err += text; }, fail: () => { ran.failed = true; }, ask: never, askSecret: never, input: never,
  } as Partial<Terminal> as Terminal;
  const program = new Command('countersign').exitOverride();
  for (const add of [auditCommand, auditProveCommand, auditCheckProofCommand, auditExportCommand, auditReportCommand, keysCommand, sessionsCommand]) add(program, terminal);
  await program.parseAsync(args, { from: 'user' });
  return ran;
}
