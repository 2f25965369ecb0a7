/** Passwords encrypted to a server's RSA key: caching_sha2_password and sha256_password without TLS. OAEP with SHA-1, as the servers have it. */

import { constants, createPublicKey, generateKeyPair, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { obscured } from './digests.ts';

const PADDING = constants.RSA_PKCS1_OAEP_PADDING;
/** As long as the keys that the servers make for themselves. */
const MODULUS_BITS = 2048;
/** Keys over this cost us more than a login should. */
const LARGEST_BITS = 8192;

/**
 * Safe from listeners, not from whoever answers in the server's place: that takes TLS.
 * Throws when the PEM is no RSA public key that can be used.
 */
export function encryptPassword(password: string, scramble: Buffer, pem: string): Buffer {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) > LARGEST_BITS) throw new TypeError('no RSA key');
  return publicEncrypt({ key, padding: PADDING }, obscured(Buffer.from(`${password}\0`), scramble));
}

/** A key of our own, for agents that connect without TLS. */
export interface RsaKey {
  /** PEM, as it is sent. */
  readonly publicPem: string;
  /** Undefined when it wasn't encrypted to this key and scramble. */
  decryptPassword(bytes: Buffer, scramble: Buffer): string | undefined;
}

let made: Promise<RsaKey> | undefined;

/** Made when first needed, the same until the process ends: a login asks for it and uses it in one connection. */
export function ownRsaKey(): Promise<RsaKey> {
  made ??= promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS }).then(keyOf);
  return made;
}

function keyOf({ publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }): RsaKey {
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    decryptPassword(bytes, scramble) {
      if (bytes.length !== MODULUS_BITS / 8) return undefined;
      try {
        return passwordIn(obscured(privateDecrypt({ key: privateKey, padding: PADDING }, bytes), scramble));
      } catch {
        return undefined;
      }
    },
  };
}

/** The password of a NUL-terminated payload; undefined when that isn't its form. */
export function passwordIn(bytes: Buffer): string | undefined {
  return bytes.indexOf(0) === bytes.length - 1 && bytes.length > 0 ? bytes.toString('utf8', 0, bytes.length - 1) : undefined;
}
