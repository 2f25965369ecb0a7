/** The agent's side of login, over packets. The same steps and answers for agents that don't exist. */

import type { Agent } from '../identity/agent.ts';
import { Refused } from '../protocol/refusal.ts';
import { Authentication, type Claim } from './authentication.ts';
import type { Exchange } from './exchange.ts';

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

/** The server's own words (ER_ACCESS_DENIED_ERROR), so that clients that look for them find them. */
export function wrongPassword(user: string, client: string): Refused {
  return new Refused({
    code: 'login_refused', message: `Access denied for user '${user.slice(0, SHOWN)}'@'${client}' (using password: YES)`,
    hint: 'The user is the agent\'s name in the proxy\'s configuration, the password the agent\'s own.',
  });
}

export function unableToAsk(): Refused {
  return new Refused({ code: 'login_refused', message: 'the client can\'t be asked for the password in a way that the agent\'s verifier allows', hint: 'Use a client that knows caching_sha2_password.' });
}
