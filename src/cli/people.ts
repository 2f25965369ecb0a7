/** `countersign people sign-out` */

import type { Command } from 'commander';
import { PersonSignedOutView } from '../api/schemas.ts';
import { visibleJson, visibleLine } from '../runtime/visible.ts';
import { connect, remoteOptions } from './client.ts';
import type { RemoteOptions } from './client.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface SignOutOptions extends RemoteOptions {
  readonly reason?: string;
  readonly json?: boolean;
}

export function peopleCommand(program: Command, terminal: Terminal = processTerminal()): void {
  const people = program.command('people').description('who may decide');
  remoteOptions(people.command('sign-out <email>').description('end all sign-ins of a person at once, everywhere'))
    .option('--reason <text>', 'why; goes into the journal')
    .option('--json', 'print JSON')
    .action((email: string, options: SignOutOptions) => reporting(terminal, () => signOut(email, options, terminal)));
}

async function signOut(email: string, options: SignOutOptions, terminal: Terminal): Promise<void> {
  const body = options.reason === undefined ? {} : { reason: options.reason };
  const after = await (await connect(options, terminal)).call('POST', `/api/v1/people/${encodeURIComponent(email)}/sign-out`, PersonSignedOutView, body);
  terminal.out(options.json === true ? `${visibleJson(after, 2)}\n` : `${visibleLine(after.person)} is signed out${after.everywhere ? '' : ' here; other replicas are told when the store answers again'}.\n`);
}
