/** `countersign sessions kill` */

import type { Command } from 'commander';
import { KilledView } from '../api/schemas.ts';
import { visibleJson } from '../runtime/visible.ts';
import { connect, remoteOptions } from './client.ts';
import type { RemoteOptions } from './client.ts';
import { processTerminal } from './process-terminal.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { sessionsGroup } from './groups.ts';

interface KillOptions extends RemoteOptions {
  readonly reason?: string;
  readonly json?: boolean;
}

export function sessionsKillCommand(program: Command, terminal: Terminal = processTerminal()): void {
  remoteOptions(sessionsGroup(program).command('kill <id>').description('end a session: cancels what runs, withdraws what is held'))
    .option('--reason <text>', 'why; goes into the journal')
    .option('--json', 'print JSON')
    .action((id: string, options: KillOptions) => reporting(terminal, () => kill(id, options, terminal)));
}

async function kill(id: string, options: KillOptions, terminal: Terminal): Promise<void> {
  const client = await connect(options, terminal);
  const body = options.reason === undefined ? {} : { reason: options.reason };
  const after = await client.call('DELETE', `/api/v1/sessions/${encodeURIComponent(id)}`, KilledView, body);
  terminal.out(options.json === true ? `${visibleJson(after, 2)}\n` : `${after.session} has ended.\n`);
}
