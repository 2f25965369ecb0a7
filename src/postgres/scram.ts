/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677, RFC 5929), both sides.
 * Server: src/backend/libpq/auth-scram.c; client: src/interfaces/libpq/fe-auth-scram.c.
 */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { derive, hmac, saslPrep, sha256, type Verifier } from '../identity/scram-verifier.ts';
import { Failure } from '../runtime/failure.ts';

export class ScramFailure extends Failure {}

const NONCE_BYTES = 18;

function attributes(message: string): Map<string, string> {
  return new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

/** The side that has the verifier. `first`, then `final`. Throws ScramFailure for messages that aren't SCRAM; a wrong password makes `final` answer undefined. */
export class ScramServer {
  readonly #verifier: Verifier;
  readonly #binding: Buffer | undefined;
  readonly #plus: boolean;
  #gs2 = '';
  #firstBare = '';
  #serverFirst = '';
  #nonce = '';

  /**
   * @param plus did the client choose SCRAM-SHA-256-PLUS?
   * @param binding this end's channel binding data; undefined without TLS
   */
  constructor(verifier: Verifier, plus: boolean, binding: Buffer | undefined) {
    this.#verifier = verifier;
    this.#plus = plus;
    this.#binding = binding;
  }

  /** client-first-message -> server-first-message. */
  first(message: string, serverNonce: string = randomBytes(NONCE_BYTES).toString('base64')): string {
    const match = /^(n|y|p=([a-z-]+)),,(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+))$/.exec(message);
    if (!match) throw new ScramFailure('bad_message', 'malformed SCRAM message');
    const [, flag, type, bare, clientNonce] = match as unknown as [string, string, string | undefined, string, string];
    if (this.#plus !== (type !== undefined)) throw new ScramFailure('bad_message', 'SCRAM mechanism and channel binding flag disagree');
    if (type !== undefined && type !== 'tls-server-end-point') throw new ScramFailure('bad_message', 'unsupported SCRAM channel binding type');
    // The client saw no PLUS offered although we offer it whenever we can: somebody took it out on the way.
    if (flag === 'y' && this.#binding !== undefined) throw new ScramFailure('bad_message', 'SCRAM channel binding was stripped on the way');
    this.#gs2 = `${flag},,`;
    this.#firstBare = bare;
    this.#nonce = clientNonce + serverNonce;
    this.#serverFirst = `r=${this.#nonce},s=${this.#verifier.salt.toString('base64')},i=${this.#verifier.iterations}`;
    return this.#serverFirst;
  }

  /** client-final-message -> server-final-message, or undefined when the proof is wrong. */
  final(message: string): string | undefined {
    const proofAt = message.lastIndexOf(',p=');
    const fields = attributes(message);
    const expected = Buffer.concat([Buffer.from(this.#gs2), this.#plus && this.#binding ? this.#binding : Buffer.alloc(0)]).toString('base64');
    if (proofAt < 0 || fields.get('r') !== this.#nonce || fields.get('c') !== expected) throw new ScramFailure('bad_message', 'malformed SCRAM message');
    const proof = Buffer.from(message.slice(proofAt + 3), 'base64');
    if (proof.length !== 32) throw new ScramFailure('bad_message', 'malformed SCRAM proof');
    const signed = `${this.#firstBare},${this.#serverFirst},${message.slice(0, proofAt)}`;
    const signature = hmac(this.#verifier.storedKey, signed);
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] as number)));
    if (!timingSafeEqual(sha256(clientKey), this.#verifier.storedKey)) return undefined;
    return `v=${hmac(this.#verifier.serverKey, signed).toString('base64')}`;
  }
}

/** The side that has the password. `first`, `final`, then `check`. Throws ScramFailure when the server isn't who it should be. */
export class ScramClient {
  readonly #password: string;
  readonly #gs2: string;
  readonly #binding: Buffer;
  readonly #nonce: string;
  #serverSignature: Buffer = Buffer.alloc(0);

  /** @param binding tls-server-end-point of the server's certificate, to use PLUS */
  constructor(password: string, binding: Buffer | undefined, nonce: string = randomBytes(NONCE_BYTES).toString('base64')) {
    this.#password = password;
    this.#gs2 = binding ? 'p=tls-server-end-point,,' : 'n,,';
    this.#binding = binding ?? Buffer.alloc(0);
    this.#nonce = nonce;
  }

  first(): string {
    return `${this.#gs2}n=,r=${this.#nonce}`;
  }

  /** server-first-message -> client-final-message. */
  async final(serverFirst: string): Promise<string> {
    const fields = attributes(serverFirst);
    const nonce = fields.get('r') ?? '';
    const iterations = Number(fields.get('i'));
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce || !(iterations >= 1 && iterations <= 10_000_000)) {
      throw new ScramFailure('bad_message', 'the database sent a malformed SCRAM message');
    }
    const salted = await derive(saslPrep(this.#password), Buffer.from(fields.get('s') ?? '', 'base64'), iterations, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const bound = Buffer.concat([Buffer.from(this.#gs2), this.#binding]).toString('base64');
    const withoutProof = `c=${bound},r=${nonce}`;
    const signed = `n=,r=${this.#nonce},${serverFirst},${withoutProof}`;
    const signature = hmac(sha256(clientKey), signed);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] as number)));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), signed);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Checks server-final-message: a server that doesn't know the password can't make it. */
  check(serverFinal: string): void {
    const signature = Buffer.from(attributes(serverFinal).get('v') ?? '', 'base64');
    if (signature.length !== 32 || !timingSafeEqual(signature, this.#serverSignature)) {
      throw new ScramFailure('bad_server', 'the database could not prove that it knows the password');
    }
  }
}
