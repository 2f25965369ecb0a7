import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Failure } from '../runtime/failure.ts';

/** The key this process signs with, and those whose signatures it believes, its own among them. */
export interface DecisionKeys {
  readonly kid: string;
  readonly signing: KeyObject;
  /** Public keys by kid. */
  readonly trusted: ReadonlyMap<string, KeyObject>;
}

/**
 * @param signing Ed25519 private key.
 * @param others public keys to believe as well: the one before a rotation, or a desk that runs apart.
 * Throws Failure `wrong_key_type` for anything but Ed25519.
 */
export function decisionKeys(signing: KeyObject, others: readonly KeyObject[] = []): DecisionKeys {
  const own = createPublicKey(ed25519(signing));
  const trusted = new Map([own, ...others].map((key) => [thumbprint(ed25519(key)), key]));
  return { kid: thumbprint(own), signing, trusted };
}

/** RFC 7638 thumbprint of the public key (members and their order: RFC 8037, appendix A.3). */
export function thumbprint(publicKey: KeyObject): string {
  const { crv, kty, x } = publicKey.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new Failure('wrong_key_type', `Decisions are signed with Ed25519 keys, and this one is ${key.asymmetricKeyType ?? key.type}.`, {
    hint: 'Make one with `countersign keys generate`.',
  });
}
