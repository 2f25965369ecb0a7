/** The agent's side of login, over packets. The same steps and answers for agents that don't exist. */

import type { Agent } from '../identity/agent.ts';
import type { AgentTokens, TokenLogin } from '../identity/agent-tokens.ts';
import { Refused } from '../protocol/refusal.ts';
import { admitByToken } from '../protocol/token-login.ts';
import { Authentication, type Claim } from './authentication.ts';
import type { Exchange } from './exchange.ts';
import { authSwitchRequest, Plugin } from './packets/auth.ts';

/** Of a name that a stranger gives, this much is repeated. Characters. */
const SHOWN = 128;

/** Resolves when the client has proved the agent's password. Throws Refused (login_refused) with one answer for every wrong guess. */
export async function login(exchange: Exchange, claim: Claim, client: string): Promise<Agent> {
  const authentication = new Authentication(claim);
  let step = authentication.start();
  while (step.kind === 'send') {
    exchange.write(step.payload);
    step = await authentication.next(await exchange.read());
  }
  if (step.kind === 'unable') throw unableToAsk();
  if (step.agent === undefined) throw wrongPassword(claim.user, client);
  if (step.last !== undefined) exchange.write(step.last);
  return step.agent;
}

/** Asks for the token of an agent that logs in by one, by mysql_clear_password. Only over TLS. Throws Refused (login_refused). @param switches see Claim */
export async function tokenLogin(exchange: Exchange, { user, switches, tokens }: { readonly user: string; readonly switches: boolean; readonly tokens: AgentTokens }, client: string): Promise<TokenLogin> {
  if (!switches) throw unableToAsk('mysql_clear_password');
  exchange.write(authSwitchRequest(Plugin.Clear, Buffer.alloc(0)));
  const answer = await exchange.read();
  const token = answer.subarray(0, answer.at(-1) === 0 ? -1 : undefined).toString('latin1');
  return admitByToken(tokens, user, token, accessDenied(user, client));
}

/** The server's own words (ER_ACCESS_DENIED_ERROR), so that clients that look for them find them. */
export function wrongPassword(user: string, client: string): Refused {
  return new Refused({
    code: 'login_refused', message: accessDenied(user, client),
    hint: 'The user is the agent\'s name in the proxy\'s configuration, the password the agent\'s own.',
  });
}

function accessDenied(user: string, client: string): string {
  return `Access denied for user '${user.slice(0, SHOWN)}'@'${client}' (using password: YES)`;
}

/** @param plugin the client would have to know */
export function unableToAsk(plugin = 'caching_sha2_password'): Refused {
  return new Refused({ code: 'login_refused', message: 'the client can\'t be asked for the password in a way that the agent\'s verifier allows', hint: `Use a client that knows ${plugin}.` });
}
