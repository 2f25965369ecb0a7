/** What an issuer says of itself in its discovery document (OpenID Connect Discovery 1.0, 4). Asked for when it is first needed, so that an issuer that is down keeps nothing from starting. */

import type { Logger } from 'pino';
import { allowInsecureRequests, discovery, None, type ServerMetadata } from 'openid-client';
import { isLocalHttp } from '../../net/secure-address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { IssuerUnavailable } from './unavailable.ts';

const FRESH_MS = 3_600_000;
/** After a failure the issuer is left alone for so long. */
const RETRY_MS = 5_000;
const TIMEOUT_S = 10;

export class IssuerMetadata {
  readonly issuer: string;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #log: Pick<Logger, 'warn'> | undefined;
  #known: { readonly at: number; readonly metadata: ServerMetadata } | undefined;
  #failed: { readonly at: number; readonly error: IssuerUnavailable } | undefined;
  #asking: Promise<ServerMetadata> | undefined;

  constructor(issuer: string, clock: Pick<Clock, 'monotonic'>, log?: Pick<Logger, 'warn'>) {
    this.issuer = issuer;
    this.#clock = clock;
    this.#log = log;
  }

  /** What is known, however old, when the issuer doesn't answer. @throws IssuerUnavailable when nothing is */
  async get(): Promise<ServerMetadata> {
    const now = this.#clock.monotonic();
    if (this.#known !== undefined && now - this.#known.at < FRESH_MS) return this.#known.metadata;
    if (this.#failed !== undefined && now - this.#failed.at < RETRY_MS) return this.#lastKnown(this.#failed.error);
    this.#asking ??= this.#ask().finally(() => { this.#asking = undefined; });
    return this.#asking;
  }

  async #ask(): Promise<ServerMetadata> {
    try {
      const execute = isPlain(this.issuer) ? [allowInsecureRequests] : [];
      const found = await discovery(new URL(this.issuer), 'countersign', undefined, None(), { execute, timeout: TIMEOUT_S });
      const metadata = found.serverMetadata();
      this.#known = { at: this.#clock.monotonic(), metadata };
      return metadata;
    } catch (error) {
      this.#log?.warn({ err: error, issuer: this.issuer }, 'identity: an issuer\'s discovery document can\'t be had');
      const failure = new IssuerUnavailable(this.issuer, error);
      this.#failed = { at: this.#clock.monotonic(), error: failure };
      return this.#lastKnown(failure);
    }
  }

  #lastKnown(error: IssuerUnavailable): ServerMetadata {
    if (this.#known === undefined) throw error;
    return this.#known.metadata;
  }
}

/** Is it reached by plain HTTP, which is allowed on this machine only? */
export function isPlain(issuer: string): boolean {
  return isLocalHttp(new URL(issuer));
}
