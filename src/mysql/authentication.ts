/**
 * How an agent proves its password, from what is stored of it. Knows packets' payloads and no sockets, so that a login and COM_CHANGE_USER
 * go the same way. An agent that doesn't exist goes it as well, by a verifier made up for its name, and is denied at the end.
 */

import { createHmac, randomInt } from 'node:crypto';
import { cachingSha2Verifier, nativeVerifier, verifierBytes, type Verifiers } from '../config/verifier.ts';
import type { Agent } from '../identity/agent.ts';
import { formatVerifier, mockVerifier, parseVerifier, passwordMatches } from '../identity/scram-verifier.ts';
import { cachingSha2Matches, nativeMatches, sha256Twice } from './auth/digests.ts';
import { ownRsaKey, passwordIn } from './auth/rsa.ts';
import { authMoreData, authSwitchRequest, CachingSha2, Plugin } from './packets/auth.ts';
import { SCRAMBLE_BYTES } from './packets/handshake.ts';

export interface Claim {
  readonly user: string;
  /** Undefined: there is none of this name. */
  readonly agent: Agent | undefined;
  /** Agents that do exist: an unknown one is treated as one of these. */
  readonly others: readonly Agent[];
  readonly mockSecret: Buffer;
  /** What the client's first response was made with. */
  readonly scramble: Buffer;
  /** The plugin it was made by. */
  readonly plugin: string;
  readonly response: Buffer;
  /** Did the client say that plugins can be switched? */
  readonly switches: boolean;
  /** Is the connection encrypted? A password may then come as it is. */
  readonly encrypted: boolean;
  /** Does the client expect AuthMoreData without its first byte (`expectsBareData`)? */
  readonly bare: boolean;
}

/** SHA256(SHA256(password)) of an agent that has logged in by caching_sha2_password since the process began. */
export function knownDigest({ cachingSha2, scram = '' }: Verifiers): Buffer | undefined {
  return cachingSha2 === undefined ? proved.get(scram) : digestOf(cachingSha2, 32);
}

/**
 * `send`: the payload must go to the client, whose answer is then given to `next`. `done`: it is over; `last` goes before the OK.
 * `unable`: the client can't be asked in any way the agent's verifiers allow.
 */
export type AuthenticationStep =
  | { readonly kind: 'send'; readonly payload: Buffer }
  | { readonly kind: 'done'; readonly agent: Agent | undefined; readonly last: Buffer | undefined }
  | { readonly kind: 'unable' };

/** 20 bytes without NUL and '$', which some clients and stored forms take for an end (server: mysys/crypt_genhash_impl.cc generate_user_salt). */
export function newScramble(): Buffer {
  const scramble = Buffer.alloc(SCRAMBLE_BYTES);
  for (let index = 0; index < SCRAMBLE_BYTES; index++) {
    do scramble[index] = randomInt(1, 128);
    while (scramble[index] === 0x24);
  }
  return scramble;
}

/** @param bare see expectsBareData */
export const fastAuthSuccess = (bare: boolean): Buffer => (bare ? Buffer.of(CachingSha2.FastAuthSuccess) : authMoreData(Buffer.of(CachingSha2.FastAuthSuccess)));

/** SHA256(SHA256(password)) of agents whose SCRAM verifier a password has matched, by that verifier: their next logins take the fast path. */
const proved = new Map<string, Buffer>();

/** `start`, then `next` with each answer of the client until it is over. */
export class Authentication {
  readonly #claim: Claim;
  readonly #verifiers: Verifiers;
  #scramble: Buffer;
  #answer: (payload: Buffer) => AuthenticationStep | Promise<AuthenticationStep> = () => this.#denied();

  constructor(claim: Claim) {
    this.#claim = claim;
    this.#scramble = claim.scramble;
    // Both are worked out for everybody, so that neither takes longer.
    const mock = mockVerifiers(claim);
    this.#verifiers = claim.agent?.verifiers ?? mock;
  }

  start(): AuthenticationStep {
    const { plugin, response, switches } = this.#claim;
    const { cachingSha2, scram, native } = this.#verifiers;
    const modern = cachingSha2 !== undefined || scram !== undefined;
    if (plugin === Plugin.CachingSha2 && modern) return this.#cachingSha2(response);
    if (plugin === Plugin.Native && native !== undefined) return this.#native(response);
    if (!switches) return { kind: 'unable' };
    this.#scramble = newScramble();
    this.#answer = modern ? (payload) => this.#cachingSha2(payload) : (payload) => this.#native(payload);
    return { kind: 'send', payload: authSwitchRequest(modern ? Plugin.CachingSha2 : Plugin.Native, this.#scramble) };
  }

  next(payload: Buffer): AuthenticationStep | Promise<AuthenticationStep> {
    return this.#answer(payload);
  }

  #native(response: Buffer): AuthenticationStep {
    const matches = nativeMatches(response, this.#scramble, digestOf(this.#verifiers.native, 20));
    return matches ? this.#granted(undefined) : this.#denied();
  }

  #cachingSha2(response: Buffer): AuthenticationStep {
    const { cachingSha2 } = this.#verifiers;
    const digest = knownDigest(this.#verifiers);
    if (digest !== undefined && cachingSha2Matches(response, this.#scramble, digest)) return this.#granted(this.#more(Buffer.of(CachingSha2.FastAuthSuccess)));
    // No password at all (an empty response), or a wrong one where all is known that is ever known: nothing more to ask.
    if (cachingSha2 !== undefined || response.length === 0) return this.#denied();
    this.#answer = this.#claim.encrypted ? (payload) => this.#password(passwordIn(payload)) : (payload) => this.#plain(payload);
    return { kind: 'send', payload: this.#more(Buffer.of(CachingSha2.PerformFullAuthentication)) };
  }

  /** Without TLS: the client asks for our key, or has it already. */
  async #plain(payload: Buffer): Promise<AuthenticationStep> {
    const key = await ownRsaKey();
    const encrypted = (bytes: Buffer): Promise<AuthenticationStep> => this.#password(key.decryptPassword(bytes, this.#scramble));
    if (payload.length !== 1 || payload[0] !== CachingSha2.RequestPublicKey) return encrypted(payload);
    this.#answer = encrypted;
    return { kind: 'send', payload: this.#more(Buffer.from(key.publicPem)) };
  }

  async #password(password: string | undefined): Promise<AuthenticationStep> {
    const { scram = '' } = this.#verifiers;
    // Derived in any case: how long it takes mustn't tell what was wrong.
    const matches = await passwordMatches(password ?? '', parseVerifier(scram));
    if (!matches || password === undefined || this.#claim.agent === undefined) return this.#denied();
    proved.set(scram, sha256Twice(password));
    return this.#granted(undefined);
  }

  #more(data: Buffer): Buffer {
    return this.#claim.bare ? data : authMoreData(data);
  }

  #granted(last: Buffer | undefined): AuthenticationStep {
    const { agent } = this.#claim;
    return agent === undefined ? this.#denied() : { kind: 'done', agent, last };
  }

  #denied(): AuthenticationStep {
    return { kind: 'done', agent: undefined, last: undefined };
  }
}

/** A digest nobody matches for a verifier that isn't there. */
export function digestOf(verifier: string | undefined, length: number): Buffer {
  return (verifier === undefined ? undefined : verifierBytes(verifier)) ?? Buffer.alloc(length);
}

/** Those of an agent that doesn't exist: of the same kinds as one that does, the same for a name each time, and matched by nothing anybody knows. */
function mockVerifiers({ user, others, mockSecret }: Claim): Verifiers {
  const digest = (of: string): Buffer => createHmac('sha256', mockSecret).update(`mysql ${of} ${user}`).digest();
  const like = others[digest('like').readUInt32LE(0) % Math.max(others.length, 1)]?.verifiers ?? { cachingSha2: '' };
  return {
    ...(like.cachingSha2 === undefined ? {} : { cachingSha2: cachingSha2Verifier(digest('sha2')) }),
    ...(like.native === undefined ? {} : { native: nativeVerifier(digest('native').subarray(0, 20)) }),
    ...(like.scram === undefined ? {} : { scram: formatVerifier(mockVerifier(user, mockSecret, parseVerifier(like.scram))) }),
  };
}
