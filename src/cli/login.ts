/** `countersign login`: signs a person in by the device flow (RFC 8628), in a browser anywhere. */

import type { Command } from 'commander';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { type SignInBody, SignInOffer, SignInView } from '../api/schemas.ts';
import { isLocalHttp, isSecure } from '../net/secure-address.ts';
import { visibleLine } from '../runtime/visible.ts';
import { addressOption, apiAddress, ApiClient, ClientFailure, type RemoteOptions } from './client.ts';
import { processTerminal } from './process-terminal.ts';
import { StoredSignIns } from './stored-sign-ins.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

const DeviceAnswer = z.looseObject({ user_code: z.string(), verification_uri: z.string(), verification_uri_complete: z.string().optional(), expires_in: z.number() });

export function loginCommand(program: Command, terminal: Terminal = processTerminal()): void {
  addressOption(program.command('login').description('sign in by your company\'s account, in a browser; the other commands then need no API token'))
    .action((options: RemoteOptions) => reporting(terminal, () => login(options, terminal)));
}

async function login(options: RemoteOptions, terminal: Terminal): Promise<void> {
  const api = apiAddress(options, terminal);
  const client = new ApiClient(api);
  const offer = await client.call('GET', '/api/v1/sign-in', SignInOffer);
  const given = await deviceFlow(offer, terminal);
  const { token, email, roles, until } = await client.call('POST', '/api/v1/sign-in', SignInView, given);
  const stored = new StoredSignIns(terminal);
  await stored.put(api.href, { token, email, until });
  terminal.out(`Signed in as ${visibleLine(email)} (${roles.join(', ') || 'no role here'}) until ${until}.\n`);
  if (roles.length === 0) terminal.say('None of your groups has a role: an operator can add one under identity.roles.\n');
}

async function deviceFlow({ issuer, client_id, scopes }: z.infer<typeof SignInOffer>, terminal: Terminal): Promise<z.infer<typeof SignInBody>> {
  const url = URL.parse(issuer);
  if (url === null || !isSecure(url)) throw new ClientFailure('bad_issuer', `The issuer "${visibleLine(issuer)}" is no https address.`, { hint: 'Is this the address of the Countersign API?' });
  try {
    const configuration = await oidc.discovery(url, client_id, undefined, oidc.None(), { execute: isLocalHttp(url) ? [oidc.allowInsecureRequests] : [] });
    const device = await oidc.initiateDeviceAuthorization(configuration, { scope: scopes.join(' ') });
    announce(DeviceAnswer.parse(device), terminal);
    const { id_token, access_token } = await oidc.pollDeviceAuthorizationGrant(configuration, device, undefined, { signal: terminal.interrupted });
    if (id_token === undefined) throw new ClientFailure('no_id_token', `${url.host} gave no ID token.`, { hint: 'identity.scopes must have openid.' });
    return { id_token, access_token };
  } catch (error) {
    throw error instanceof ClientFailure ? error : failureOf(error, url.host, terminal);
  }
}

function announce({ user_code, verification_uri, verification_uri_complete, expires_in }: z.infer<typeof DeviceAnswer>, terminal: Terminal): void {
  const minutes = Math.max(1, Math.floor(expires_in / 60));
  terminal.say(`Open ${visibleLine(verification_uri)} in a browser and enter the code ${visibleLine(user_code)} (within ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}).\n`);
  if (verification_uri_complete !== undefined) terminal.say(`Or open ${visibleLine(verification_uri_complete)} and compare the code.\n`);
}

function failureOf(error: unknown, host: string, { interrupted }: Terminal): ClientFailure {
  if (interrupted.aborted) return new ClientFailure('interrupted', 'Not signed in.');
  if (error instanceof oidc.ResponseBodyError) {
    if (error.error === 'access_denied') return new ClientFailure('denied', `${host} didn't let you sign in.`, { hint: 'An administrator of the issuer can let you use this application.' });
    if (error.error === 'expired_token') return new ClientFailure('expired', 'Nobody entered the code in time.', { hint: 'Run `countersign login` again.' });
    return new ClientFailure('issuer_refused', `${host} doesn't take the sign-in: ${visibleLine(error.error)}.`, { hint: 'The client of identity.cli_client_id must be public and allow the device flow.', cause: error });
  }
  return new ClientFailure('issuer_unavailable', `${host} can't be asked: ${visibleLine(error instanceof Error ? error.message : String(error))}.`, { hint: 'Can this machine reach it?', cause: error });
}
