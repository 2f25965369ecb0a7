import { Command } from 'commander';
import { agentsCommand } from '../../src/cli/agents.ts';
import { auditCommand } from '../../src/cli/audit.ts';
import { auditSearchCommands } from '../../src/cli/audit-search.ts';
import { loginCommand } from '../../src/cli/login.ts';
import { logoutCommand } from '../../src/cli/logout.ts';
import { peopleCommand } from '../../src/cli/people.ts';
import { policyReplayCommand } from '../../src/cli/policy-replay.ts';
import { policySuggestCommand } from '../../src/cli/policy-suggest.ts';
import { requestsCommand } from '../../src/cli/requests.ts';
import { sessionsCommand } from '../../src/cli/sessions.ts';
import { sessionsKillCommand } from '../../src/cli/sessions-kill.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export interface Ran {
  out: string;
  err: string;
  failed: boolean;
  /** What was asked of the person. */
  asked: string[];
}

export interface World extends Ran {
  readonly interrupt: AbortController;
  /** Resolves when the command has ended. */
  readonly done: Promise<Ran>;
}

/** Runs `countersign …` with its output collected. `answers` make it interactive. */
export function start(args: readonly string[], options: { env?: Record<string, string>; answers?: string[]; whenAsked?: () => void; input?: Buffer | string; now?: number; columns?: number; rows?: number; typed?: AsyncIterable<string> } = {}): World {
  const interrupt = new AbortController();
  const ran: Ran = { out: '', err: '', failed: false, asked: [] };
  const answers = [...(options.answers ?? [])];
  const answer = async (question: string): Promise<string> => {
    ran.asked.push(question);
    options.whenAsked?.();
    return answers.shift() ?? '';
  };
  const terminal: Terminal = {
    // Nobody's own sign-ins.
    env: { XDG_CONFIG_HOME: '/nonexistent', ...options.env },
    interactive: options.answers !== undefined || options.typed !== undefined,
    typed: options.answers !== undefined,
    columns: options.columns,
    rows: options.rows,
    interrupted: interrupt.signal,
    now: () => options.now ?? Date.UTC(2026, 0, 1, 0, 2, 55),
    out: (text) => { ran.out += text; },
    say: (text) => { ran.err += text; },
    ask: answer,
    askSecret: answer,
    typing: () => options.typed ?? (async function* () { /* nothing is typed */ })(),
    input: async () => Buffer.from(options.input ?? ''),
    fail: () => { ran.failed = true; },
  };
  const program = new Command('countersign').exitOverride().configureOutput({ writeErr: (text) => terminal.say(text), writeOut: (text) => terminal.out(text) });
  requestsCommand(program, terminal);
  agentsCommand(program, terminal);
  peopleCommand(program, terminal);
  sessionsCommand(program, terminal);
  sessionsKillCommand(program, terminal);
  auditCommand(program, terminal);
  auditSearchCommands(program, terminal);
  loginCommand(program, terminal);
  policyReplayCommand(program, terminal);
  policySuggestCommand(program, terminal);
  logoutCommand(program, terminal);
  const done = program.parseAsync([...args], { from: 'user' }).then(() => ran, () => ({ ...ran, failed: true }));
  return Object.assign(ran, { interrupt, done });
}

export async function run(...args: Parameters<typeof start>): Promise<Ran> {
  return start(...args).done;
}
