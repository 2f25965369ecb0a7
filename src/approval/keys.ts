import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { ProcessRole } from '../config/role.ts';
import { Failure } from '../runtime/failure.ts';
import type { JwsType } from './jws.ts';

/** The key this process signs with, and those whose signatures it believes, by what they sign. */
export interface DecisionKeys {
  readonly kid: string;
  readonly signing: KeyObject;
  /** Public keys by kid. */
  readonly trusted: { readonly [T in JwsType]: ReadonlyMap<string, KeyObject> };
}

/** Whose signatures are believed beside one's own: public keys. */
interface Trust {
  /** Of processes that take decisions. */
  readonly desks?: readonly KeyObject[];
  /** Of processes that hold statements. */
  readonly proxies?: readonly KeyObject[];
}

/**
 * A desk's signature never opens a request, and a proxy's never decides about one, not even its own.
 * @param signing Ed25519 private key.
 * Throws Failure `wrong_key_type` for anything but Ed25519.
 */
export function decisionKeys(signing: KeyObject, { desks = [], proxies = [] }: Trust = {}, role: ProcessRole = 'all'): DecisionKeys {
  const own = createPublicKey(ed25519(signing));
  const decide = byThumbprint([...(role === 'proxy' ? [] : [own]), ...desks]);
  const hold = byThumbprint([...(role === 'desk' ? [] : [own]), ...proxies]);
  return {
    kid: thumbprint(own), signing,
    trusted: {
      'countersign-decision+jws': decide, 'countersign-request+jws': hold, 'countersign-freeze+jws': byThumbprint([own, ...desks, ...proxies]),
      'countersign-sign-in+jws': decide, 'countersign-sign-out+jws': decide, 'countersign-proof+jws': decide,
    },
  };
}

/** To verify only, what people have said: decisions, freezes, sign-outs. @param keys private ones serve as well */
export function witnessKeys(keys: readonly KeyObject[]): Pick<DecisionKeys, 'trusted'> {
  const trusted = byThumbprint(keys.map((key) => (key.type === 'private' ? createPublicKey(key) : key)));
  const none = new Map<string, KeyObject>();
  return {
    trusted: {
      'countersign-decision+jws': trusted, 'countersign-freeze+jws': trusted, 'countersign-sign-out+jws': trusted,
      'countersign-request+jws': none, 'countersign-sign-in+jws': none, 'countersign-proof+jws': none,
    },
  };
}

function byThumbprint(keys: readonly KeyObject[]): ReadonlyMap<string, KeyObject> {
  return new Map(keys.map((key) => [thumbprint(ed25519(key)), key]));
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
