/** An issuer's public keys (RFC 7517), fetched when first needed and again when a token names a key that isn't among them. */

import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { isSecure } from '../../net/secure-address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { IssuerUnavailable } from './unavailable.ts';

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** Where the keys are. Rejects with IssuerUnavailable. */
  readonly locate: () => Promise<string | undefined>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log?: Pick<Logger, 'warn'> | undefined;
  /** How long unknown keys are not asked for again. */
  readonly cooldownMs?: number;
}

const COOLDOWN_MS = 30_000;
const FRESH_MS = 600_000;
const TIMEOUT_MS = 5_000;
/** An issuer that doesn't answer is left alone for so long. */
const RETRY_MS = 10_000;
/** Keys that couldn't be fetched anew count for so long: an outage must not lock out, nor a key that was taken back count for ever. */
const KEPT_MS = 86_400_000;

type Remote = ReturnType<typeof createRemoteJWKSet>;

export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #remote: { readonly uri: string; readonly keys: Remote } | undefined;
  /** When the keys were last known to be the issuer's. */
  #freshAt = -Infinity;
  #failed: { readonly at: number; readonly error: IssuerUnavailable } | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** For jose. Rejects with IssuerUnavailable, or with jose's own error when no key fits. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const { clock, issuer, log } = this.#options;
    const keys = await this.#keys();
    if (this.#failed !== undefined && clock.monotonic() - this.#failed.at < RETRY_MS) return this.#kept(keys, this.#failed.error)(header, token);
    try {
      const key = await keys(header, token);
      if (keys.fresh) this.#freshAt = clock.monotonic();
      return key;
    } catch (error) {
      if (!isOutage(error)) throw error;
      log?.warn({ err: error, issuer }, 'identity: an issuer\'s keys can\'t be fetched');
      const failure = new IssuerUnavailable(issuer, error);
      this.#failed = { at: clock.monotonic(), error: failure };
      return this.#kept(keys, failure)(header, token);
    }
  };

  #kept(keys: Remote, failure: IssuerUnavailable): JWTVerifyGetKey {
    const kept = keys.jwks();
    if (kept === undefined || this.#options.clock.monotonic() - this.#freshAt >= KEPT_MS) throw failure;
    return createLocalJWKSet(kept);
  }

  async #keys(): Promise<Remote> {
    const { issuer, locate, cooldownMs = COOLDOWN_MS } = this.#options;
    const uri = await locate();
    const url = uri === undefined ? null : URL.parse(uri);
    // What a discovery document names is held to the same as what the configuration does.
    if (uri === undefined || url === null || !isSecure(url)) {
      throw new IssuerUnavailable(issuer, new Error(`its keys are at no https address: ${uri ?? 'none is named'}`));
    }
    if (this.#remote?.uri !== uri) this.#remote = { uri, keys: createRemoteJWKSet(url, { cooldownDuration: cooldownMs, cacheMaxAge: FRESH_MS, timeoutDuration: TIMEOUT_MS }) };
    return this.#remote.keys;
  }
}

/** Couldn't the keys be fetched? Everything else that jose throws here is about the token. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC';
}
