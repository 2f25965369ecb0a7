/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677, RFC 5929), both sides.
 * Server: src/backend/libpq/auth-scram.c; client: src/interfaces/libpq/fe-auth-scram.c.
 */

import { createHash, createHmac, pbkdf2, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '../runtime/failure.ts';

export class ScramFailure extends Failure {}

export interface Verifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const VERIFIER = /^SCRAM-SHA-256\$([1-9]\d{0,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;
export const DEFAULT_ITERATIONS = 4096;
const NONCE_BYTES = 18;

const hmac = (key: Buffer, data: string | Buffer): Buffer => createHmac('sha256', key).update(data).digest();
const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
const derive = promisify(pbkdf2);

/** Reads a verifier as PostgreSQL stores it in pg_authid.rolpassword. */
export function parseVerifier(text: string): Verifier {
  const match = VERIFIER.exec(text);
  if (!match) throw new ScramFailure('bad_verifier', 'not a SCRAM-SHA-256 verifier', { hint: 'Make one with `countersign agents verifier --protocol postgres`.' });
  const [, iterations, salt, storedKey, serverKey] = match as unknown as [string, string, string, string, string];
  return { iterations: Number(iterations), salt: Buffer.from(salt, 'base64'), storedKey: Buffer.from(storedKey, 'base64'), serverKey: Buffer.from(serverKey, 'base64') };
}

/** Makes the verifier of a password, in the form PostgreSQL stores. */
export function makeVerifier(password: string, options: { readonly iterations?: number; readonly salt?: Buffer } = {}): string {
  const iterations = options.iterations ?? DEFAULT_ITERATIONS;
  const salt = options.salt ?? randomBytes(16);
  const salted = pbkdf2Sync(saslPrep(password), salt, iterations, 32, 'sha256');
  const storedKey = sha256(hmac(salted, 'Client Key'));
  const serverKey = hmac(salted, 'Server Key');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey.toString('base64')}:${serverKey.toString('base64')}`;
}

/**
 * A verifier nobody knows the password of, the same for a name each time: so an unknown agent's login takes the same steps
 * as a known one's (server: mock_scram_secret).
 */
export function mockVerifier(name: string, secret: Buffer, like?: Verifier): Verifier {
  const salt = hmac(secret, `salt ${name}`).subarray(0, Math.min(like?.salt.length ?? 16, 32));
  return { iterations: like?.iterations ?? DEFAULT_ITERATIONS, salt, storedKey: hmac(secret, `stored ${name}`), serverKey: hmac(secret, `server ${name}`) };
}

/** RFC 3454, table B.1. */
const MAPPED_TO_NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;

/** SASLprep as far as PostgreSQL does it: NFKC where the text allows it; what is prohibited is used as it came (RFC 4013; pg_saslprep). */
export function saslPrep(password: string): string {
  // eslint-disable-next-line no-control-regex -- the prohibited characters are what it looks for
  if (/[\u0000-\u001f\u007f-\u009f\ue000-\uf8ff\ufdd0-\ufdef\ufff9-\uffff\ud800-\udfff]/u.test(password)) return password;
  return password.replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu, ' ').replaceAll(MAPPED_TO_NOTHING, '').normalize('NFKC');
}

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
