/** Verifies a JWT of an issuer (RFC 7519, RFC 8725): signature, issuer, audience, times. */

import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { Failure } from '../../runtime/failure.ts';

/** Never `none`, and nothing symmetric: what verifies a token mustn't be able to make one. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** How far clocks may be apart. Seconds. */
const SKEW_S = 30;
/** A longer one is none. Characters. */
const MAX_TOKEN = 16 * 1024;

/** Why a token isn't taken, as the end of a sentence: `the token has expired`. Never repeats the token. */
export class TokenRefused extends Failure {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('token_refused', message, options);
  }
}

export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Seconds; how long ago it may have been made. */
  readonly maxAge?: number;
}

/**
 * The claims of a token that is good now; `exp` is always among them, and has not passed.
 * Rejects with TokenRefused; with IssuerUnavailable when the keys can't be had.
 */
export async function verifyToken(token: string, expected: Expected): Promise<JWTPayload & { readonly exp: number }> {
  const { issuer, audience, keys, now, maxAge } = expected;
  if (!looksRight(token)) throw notAToken();
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer, audience, algorithms: ALGORITHMS, clockTolerance: SKEW_S, currentDate: new Date(now), requiredClaims: ['exp'], ...(maxAge !== undefined && { maxTokenAge: maxAge }),
    });
    const { exp } = payload;
    // Whatever clocks say, what has ended by ours gives no session that ends later.
    if (exp === undefined || exp * 1000 <= now) throw new TokenRefused('the token has expired');
    return { ...payload, exp };
  } catch (error) {
    throw error instanceof errors.JOSEError ? new TokenRefused(reason(error, expected), { cause: error }) : error;
  }
}

function reason(error: errors.JOSEError, { issuer, audience }: Expected): string {
  if (error instanceof errors.JWTExpired) return error.claim === 'exp' ? 'the token has expired' : 'the token is too old';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return `the token is for another audience than ${JSON.stringify(audience)}`;
    if (error.claim === 'iss') return `the token is of another issuer than ${issuer}`;
    if (error.claim === 'nbf') return 'the token isn\'t valid yet';
    return `the token's claim ${error.claim} is missing or wrong`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return `the token isn't signed by one of ${ALGORITHMS.join(', ')}`;
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'the token doesn\'t name its key (kid), and the issuer has several';
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) return `the token isn't signed by a key of ${issuer}`;
  return notAToken().message;
}

function looksRight(token: string): boolean {
  return token.length <= MAX_TOKEN && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

function notAToken(cause?: unknown): TokenRefused {
  return new TokenRefused('it is no token (a JWT, signed)', { cause });
}

/** What a token says of itself, to choose by what to verify it. Nothing of it is to be believed. */
export function issuerOf(token: string): { readonly issuer: string | undefined; readonly audience: readonly string[] } {
  if (!looksRight(token)) throw notAToken();
  try {
    const { iss, aud = [] } = decodeJwt(token);
    return { issuer: iss, audience: [aud].flat() };
  } catch (error) {
    throw notAToken(error);
  }
}

/** The kind of token by its header (RFC 8725, 3.11); in lower case, without `application/`. Empty: not said. */
export function typeOf(token: string): string {
  return decodeProtectedHeader(token).typ?.toLowerCase().replace(/^application\//, '') ?? '';
}
