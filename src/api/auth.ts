/**
 * Who calls: `Authorization: Bearer cst_…`, looked up by hash, or a token that a sign-in gave, by its signature; and what the token may do.
 *
 * Tokens of the configuration carry 256 random bits, so guessing is hopeless and the limit on failures only keeps noise and log
 * lines down; a good token always passes, or one client's mistakes behind a shared proxy would lock out all.
 */

import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { TokenScope } from '../config/config.ts';
import type { PeopleDirectory, TokenHolder } from '../identity/people.ts';
import type { SignedInHolder, SignIns } from '../identity/sign-ins.ts';
import type { Clock } from '../runtime/clock.ts';
import { ApiProblem } from './problem.ts';

/** The people as configured now; asked at each call, so that a removed token or person is out at once. */
export type CurrentPeople = () => Pick<PeopleDirectory, 'byToken'>;

export interface Identification {
  readonly people: CurrentPeople;
  /** Undefined in a process that is only a proxy: nobody signs in there. */
  readonly signIns?: Pick<SignIns, 'find'> | undefined;
}

/** What the node server passes in beside the request; absent under `app.request` in tests. */
export interface ApiEnv {
  Bindings: { incoming?: { socket: { remoteAddress?: string | undefined } } };
  Variables: { caller: TokenHolder & Partial<SignedInHolder> };
}

/** Middleware that lets through callers whose token has the scope. */
export type Guard = (scope: TokenScope) => MiddlewareHandler<ApiEnv>;

const BEARER = /^Bearer ([\x21-\x7e]+)$/i;
const CONFIGURED = /^cst_[\x21-\x7e]{1,256}$/;
const FAILURES_PER_MINUTE = 20;
const REMEMBERED_ADDRESSES = 10_000;

/** Lets the call through when its token has the scope; `context.var.caller` then says who it is. */
export function requires(scope: TokenScope, by: Identification, failures: FailureLimit): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const caller = await identify(context.req.header('authorization'), by);
    if (caller === undefined) throw failures.refusal(context);
    if (!caller.scopes.has(scope)) {
      throw new ApiProblem('missing_scope', `The token "${caller.name}" doesn't have the scope ${scope}.`, {
        hint: `Use a token that has it, or add ${scope} to this token's scopes in the configuration; a sign-in has the scopes of its person's roles.`,
      });
    }
    context.set('caller', caller);
    await next();
  };
}

async function identify(header: string | undefined, { people, signIns }: Identification): Promise<TokenHolder | undefined> {
  const presented = presentedIn(header);
  if (presented === undefined) return undefined;
  return CONFIGURED.test(presented) ? people().byToken(presented) : await signIns?.find('cli', presented);
}

/** The token of an `Authorization` header. */
export function presentedIn(header: string | undefined): string | undefined {
  return header === undefined ? undefined : BEARER.exec(header)?.[1];
}

/** Counts failed authentications per address and minute. */
export class FailureLimit {
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #counts = new Map<string, { since: number; failures: number }>();

  constructor(clock: Clock, log: Pick<Logger, 'warn'>) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Counts one failure of the caller's address and says what to answer. */
  refusal({ env }: { readonly env?: ApiEnv['Bindings'] }): ApiProblem {
    const address = env?.incoming?.socket.remoteAddress ?? 'unknown';
    const entry = this.#entry(address);
    entry.failures += 1;
    // Two lines a minute tell an operator as much as thousands would.
    if (entry.failures === 1 || entry.failures === FAILURES_PER_MINUTE + 1) this.#log.warn({ address, failures: entry.failures }, 'an API call without a valid token');
    if (entry.failures <= FAILURES_PER_MINUTE) return unauthenticated();
    const seconds = Math.max(1, Math.ceil((entry.since + 60_000 - this.#clock.now()) / 1000));
    return new ApiProblem('too_many_failures', `Too many calls without a valid token from ${address}.`, {
      hint: `Wait ${seconds} s and check the token.`,
      headers: { 'retry-after': String(seconds) },
    });
  }

  #entry(address: string): { since: number; failures: number } {
    const known = this.#counts.get(address);
    if (known !== undefined && this.#clock.now() - known.since < 60_000) return known;
    this.#counts.delete(address);
    const oldest = this.#counts.keys().next();
    if (this.#counts.size >= REMEMBERED_ADDRESSES && oldest.done !== true) this.#counts.delete(oldest.value);
    const fresh = { since: this.#clock.now(), failures: 0 };
    this.#counts.set(address, fresh);
    return fresh;
  }
}

function unauthenticated(): ApiProblem {
  return new ApiProblem('unauthenticated', 'This call needs a valid API token.', {
    hint: 'Send "Authorization: Bearer cst_…" with a token whose hash is in the configuration under tokens.',
    headers: { 'www-authenticate': 'Bearer realm="countersign"' },
  });
}
