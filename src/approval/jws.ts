import { CompactSign, compactVerify, decodeProtectedHeader } from 'jose';
import { SignatureInvalid } from './failures.ts';
import type { DecisionKeys } from './keys.ts';

/** What kind of statement a signature makes; pinned so that one kind can't be passed off as another. */
export type JwsType = 'countersign-decision+jws' | 'countersign-request+jws' | 'countersign-freeze+jws' | 'countersign-sign-in+jws' | 'countersign-sign-out+jws' | 'countersign-proof+jws';

const HEADER = JSON.stringify(['alg', 'kid', 'typ']);

export function sign(typ: JwsType, claims: object, keys: DecisionKeys): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', typ, kid: keys.kid })
    .sign(keys.signing);
}

/**
 * The claims of a compact JWS whose header is exactly alg EdDSA, the type and a kid of a trusted key.
 * No other member is understood (no crit, jwk, jku, x5c, b64), as RFC 8725, 3.1 advises. Throws SignatureInvalid.
 */
export async function verify(typ: JwsType, jws: unknown, keys: Pick<DecisionKeys, 'trusted'>): Promise<unknown> {
  if (typeof jws !== 'string') throw new SignatureInvalid('There is no signature.');
  try {
    const { payload } = await compactVerify(jws, (header) => keyOf(header, typ, keys), { algorithms: ['EdDSA'] });
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    if (error instanceof SignatureInvalid) throw error;
    throw new SignatureInvalid('The signature does not verify.', error);
  }
}

/** The kid of the key that has signed a JWS that verifies. */
export function signerOf(jws: string): string {
  return String(decodeProtectedHeader(jws).kid);
}

function keyOf(header: Record<string, unknown>, typ: JwsType, keys: Pick<DecisionKeys, 'trusted'>) {
  if (JSON.stringify(Object.keys(header).toSorted()) !== HEADER) throw new SignatureInvalid('The signature has an unknown header.');
  if (header['typ'] !== typ) throw new SignatureInvalid('The signature is over another kind of record.');
  const key = typeof header['kid'] === 'string' ? keys.trusted[typ].get(header['kid']) : undefined;
  if (key === undefined) throw new SignatureInvalid('The signature is by a key that is not trusted here.');
  return key;
}
