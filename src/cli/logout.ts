/** `countersign logout` */

import type { Command } from 'commander';
import { SignedOutView } from '../api/schemas.ts';
import { addressOption, apiAddress, ApiClient, ClientFailure, type RemoteOptions } from './client.ts';
import { processTerminal } from './process-terminal.ts';
import { type StoredSignIn, StoredSignIns } from './stored-sign-ins.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export function logoutCommand(program: Command, terminal: Terminal = processTerminal()): void {
  addressOption(program.command('logout').description('end the sign-in of this machine'))
    .action((options: RemoteOptions) => reporting(terminal, () => logout(options, terminal)));
}

async function logout(options: RemoteOptions, terminal: Terminal): Promise<void> {
  const api = apiAddress(options, terminal);
  const stored = await new StoredSignIns(terminal).remove(api.href);
  if (stored === undefined) return terminal.out(`Nobody was signed in to ${api.origin}.\n`);
  await end(api, stored, terminal);
  terminal.out(`Signed out of ${api.origin}.\n`);
}

/** It is gone from this machine already. A copy of it counts on where the server can't be told, which is said. */
async function end(api: URL, { token, until }: StoredSignIn, terminal: Terminal): Promise<void> {
  try {
    const { everywhere } = await new ApiClient(api, token).call('DELETE', '/api/v1/sign-in', SignedOutView);
    if (!everywhere) terminal.say('Other replicas are told when the store answers again.\n');
  } catch (error) {
    if (!(error instanceof ClientFailure)) throw error;
    // It was over, or ended, already.
    if (error.code !== 'unauthenticated') terminal.say(`The token was removed here only, and counts until ${until} if somebody has a copy: ${error.message}\n`);
  }
}
