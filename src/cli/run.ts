import { Command } from 'commander';
import { ConfigError } from '../config/problems.ts';
import { Failure } from '../runtime/failure.ts';
import { VERSION } from '../version.ts';
import { agentsCommand } from './agents.ts';
import { auditCheckProofCommand } from './audit-check-proof.ts';
import { auditExportCommand } from './audit-export.ts';
import { auditProveCommand } from './audit-prove.ts';
import { auditReportCommand } from './audit-report.ts';
import { auditSearchCommands } from './audit-search.ts';
import { auditCommand } from './audit.ts';
import { checkCommand } from './check.ts';
import { demoCommand } from './demo.ts';
import { explainCommand } from './explain.ts';
import { keysCommand } from './keys.ts';
import { loginCommand } from './login.ts';
import { logoutCommand } from './logout.ts';
import { peopleCommand } from './people.ts';
import { policyReplayCommand } from './policy-replay.ts';
import { policySuggestCommand } from './policy-suggest.ts';
import { policyTestCommand } from './policy-test.ts';
import { requestsCommand } from './requests.ts';
import { serveCommand } from './serve.ts';
import { sessionsKillCommand } from './sessions-kill.ts';
import { sessionsCommand } from './sessions.ts';

/** One file per command in this folder; each exports a function that adds itself to the program. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('countersign').description('A database proxy for AI agents: it holds risky statements until a person releases them.').version(VERSION);
  for (const add of [
    demoCommand, serveCommand, checkCommand, explainCommand, policyTestCommand, policyReplayCommand, policySuggestCommand, requestsCommand, sessionsCommand, sessionsKillCommand, auditCommand, auditSearchCommands, auditProveCommand, auditCheckProofCommand, auditExportCommand, auditReportCommand, agentsCommand, peopleCommand, keysCommand, loginCommand, logoutCommand,
  ]) add(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${sentence(error)}\n`);
  }
}

function sentence(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof Failure) return `${error.message}${error.hint === undefined ? '' : `\n${error.hint}`}`;
  if (error instanceof Error) return process.env['COUNTERSIGN_LOG'] === 'debug' ? (error.stack ?? error.message) : `countersign: ${error.message}`;
  return String(error);
}
