/** `countersign logout` */

import type { Command } from 'commander';
import { addressOption, apiAddress, type RemoteOptions } from './client.ts';
import { processTerminal } from './process-terminal.ts';
import { StoredSignIns } from './stored-sign-ins.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export function logoutCommand(program: Command, terminal: Terminal = processTerminal()): void {
  addressOption(program.command('logout').description('forget the sign-in of this machine'))
    .action((options: RemoteOptions) => reporting(terminal, async () => {
      const api = apiAddress(options, terminal);
      const removed = await new StoredSignIns(terminal).remove(api.href);
      terminal.out(removed ? `Signed out of ${api.origin}.\n` : `Nobody was signed in to ${api.origin}.\n`);
    }));
}
