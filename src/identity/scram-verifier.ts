/**
 * A password's verifier as SCRAM-SHA-256 stores it (RFC 5802, RFC 5803; PostgreSQL: src/common/scram-common.c). It serves PostgreSQL's exchange,
 * and any login that brings the password itself.
 */

import { createHash, createHmac, pbkdf2, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '../runtime/failure.ts';

export class VerifierFailure extends Failure {}

export interface Verifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const VERIFIER = /^SCRAM-SHA-256\$([1-9]\d{0,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;
export const DEFAULT_ITERATIONS = 4096;

export const hmac = (key: Buffer, data: string | Buffer): Buffer => createHmac('sha256', key).update(data).digest();
export const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
export const derive = promisify(pbkdf2);

/** Reads a verifier as PostgreSQL stores it in pg_authid.rolpassword. */
export function parseVerifier(text: string): Verifier {
  const match = VERIFIER.exec(text);
  if (!match) throw new VerifierFailure('bad_verifier', 'not a SCRAM-SHA-256 verifier', { hint: 'Make one with `countersign agents verifier --protocol postgres`.' });
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
  return formatVerifier({ iterations, salt, storedKey, serverKey });
}

export function formatVerifier({ iterations, salt, storedKey, serverKey }: Verifier): string {
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey.toString('base64')}:${serverKey.toString('base64')}`;
}

/** Is it the verifier's password? Takes as long when it isn't. */
export async function passwordMatches(password: string, { iterations, salt, storedKey }: Verifier): Promise<boolean> {
  const salted = await derive(saslPrep(password), salt, iterations, 32, 'sha256');
  return timingSafeEqual(sha256(hmac(salted, 'Client Key')), storedKey);
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
