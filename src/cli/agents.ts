/** `countersign agents list|freeze|thaw|verifier` */

import type { Command } from 'commander';
import { AgentPage, FrozenView } from '../api/schemas.ts';
import { cachingSha2Verifier, nativeVerifier } from '../config/verifier.ts';
import { sha1Twice, sha256Twice } from '../mysql/auth/digests.ts';
import { DEFAULT_ITERATIONS, makeVerifier } from '../identity/scram-verifier.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { ClientFailure, connect, remoteOptions } from './client.ts';
import type { RemoteOptions } from './client.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface AgentOptions extends RemoteOptions {
  readonly reason?: string;
  readonly json?: boolean;
}
interface VerifierOptions {
  readonly protocol: string;
  readonly iterations: string;
  readonly plugin: string;
}

export function agentsCommand(program: Command, terminal: Terminal = processTerminal()): void {
  const agents = program.command('agents').description('who may connect');
  const add = (spec: string, description: string): Command => remoteOptions(agents.command(spec).description(description)).option('--json', 'print JSON');
  add('list', 'list agents').action((options: AgentOptions) => reporting(terminal, () => list(options, terminal)));
  add('freeze <name>', 'stop an agent at once, everywhere')
    .option('--reason <text>', 'why; goes into the journal')
    .action((name: string, options: AgentOptions) => reporting(terminal, () => turn('freeze', name, options, terminal)));
  add('thaw <name>', 'let a frozen agent go on')
    .action((name: string, options: AgentOptions) => reporting(terminal, () => turn('thaw', name, options, terminal)));
  agents.command('verifier').description('print the verifier of a password, for the configuration; reads the password from standard input')
    .requiredOption('--protocol <protocol>', 'postgres (whose verifiers serve MySQL clients, too) or mysql')
    .option('--iterations <n>', 'how much work a guess costs; postgres only', String(DEFAULT_ITERATIONS))
    .option('--plugin <name>', 'caching_sha2_password, or mysql_native_password for old clients; mysql only', 'caching_sha2_password')
    .action((options: VerifierOptions) => reporting(terminal, () => verifier(options, terminal)));
}

async function list(options: AgentOptions, terminal: Terminal): Promise<void> {
  const page = await (await connect(options, terminal)).call('GET', '/api/v1/agents', AgentPage);
  if (options.json === true) return terminal.out(`${visibleJson(page, 2)}\n`);
  for (const { name, owner, databases, frozen, sessions } of page.agents) {
    terminal.out(`${visibleLine(name).padEnd(16)}  ${frozen ? 'FROZEN' : 'active'}  ${String(sessions).padStart(4)} sessions  ${visibleLine(owner).padEnd(24)}  ${visibleLine(databases.join(', '))}\n`);
  }
}

async function turn(how: 'freeze' | 'thaw', name: string, options: AgentOptions, terminal: Terminal): Promise<void> {
  const body = options.reason === undefined ? {} : { reason: options.reason };
  const after = await (await connect(options, terminal)).call('POST', `/api/v1/agents/${encodeURIComponent(name)}/${how}`, FrozenView, body);
  terminal.out(options.json === true ? `${visibleJson(after, 2)}\n` : `${visibleLine(after.agent)} is ${after.frozen ? 'frozen' : 'active'}${after.everywhere ? '' : ' here; other replicas are told when the store answers again'}.\n`);
}

async function verifier(options: VerifierOptions, terminal: Terminal): Promise<void> {
  const make = maker(options);
  terminal.out(`${make(await password(terminal))}\n`);
}

function maker({ protocol, iterations, plugin }: VerifierOptions): (password: string) => string {
  if (protocol === 'postgres') {
    const rounds = Number(iterations);
    if (!/^\d+$/.test(iterations) || rounds < DEFAULT_ITERATIONS || rounds > 10_000_000) {
      throw new ClientFailure('bad_iterations', `--iterations must be a number from ${DEFAULT_ITERATIONS} to 10000000.`);
    }
    return (password) => makeVerifier(password, { iterations: rounds });
  }
  if (protocol !== 'mysql') throw new ClientFailure('bad_protocol', `There are no verifiers for "${visibleLine(protocol)}".`, { hint: 'Use --protocol postgres or --protocol mysql.' });
  if (plugin === 'caching_sha2_password') return (password) => cachingSha2Verifier(sha256Twice(password));
  if (plugin === 'mysql_native_password') return (password) => nativeVerifier(sha1Twice(password));
  throw new ClientFailure('bad_plugin', `There are no verifiers for the plugin "${visibleLine(plugin)}".`, { hint: 'Use caching_sha2_password or mysql_native_password.' });
}

async function password(terminal: Terminal): Promise<string> {
  const text = terminal.typed ? await typed(terminal) : await piped(terminal);
  if (text === '') throw new ClientFailure('no_password', 'The password is empty.', { hint: 'Give it on standard input, or type it in a terminal.' });
  if (text.includes('\0')) throw new ClientFailure('bad_password', 'The password contains a NUL, which no client can send.');
  return text;
}

async function typed(terminal: Terminal): Promise<string> {
  const first = await terminal.askSecret('Password: ');
  if (first !== (await terminal.askSecret('Again: '))) throw new ClientFailure('bad_password', 'The two passwords differ.');
  return first;
}

/** One line ending at the end is the pipe's, not the password's. */
async function piped(terminal: Terminal): Promise<string> {
  const bytes = await terminal.input();
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new ClientFailure('bad_password', 'The password is not valid UTF-8.', { cause });
  }
}
