/**
 * MariaDB's `client_ed25519` (MariaDB documentation, "Authentication Plugin - ed25519"; server: plugin/auth_ed25519/ref10/sign.c crypto_sign):
 * Ed25519 (RFC 8032, 5.1.6) over the server's nonce, but with the password, as long as it is, in the place of the seed of 32 bytes. So no
 * signer of the usual kind, node:crypto's among them, can make the signature.
 */

import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';

const { Point } = ed25519;
/** Numbers modulo the order of the base point, as 32 bytes little-endian. */
const { Fn } = Point;

const sha512 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const scalar = (bytes: Uint8Array): bigint => Fn.create(bytesToNumberLE(bytes));

/** @returns the signature, 64 bytes */
export function ed25519Response(password: Uint8Array, nonce: Uint8Array): Buffer {
  const expanded = sha512(password);
  const secret = scalar(clamped(expanded.subarray(0, 32)));
  const publicKey = Point.BASE.multiply(secret).toBytes();
  const once = scalar(sha512(expanded.subarray(32), nonce));
  const commitment = Point.BASE.multiply(once).toBytes();
  const challenge = scalar(sha512(commitment, publicKey, nonce));
  return Buffer.concat([commitment, Fn.toBytes(Fn.add(once, Fn.mul(challenge, secret)))]);
}

/** RFC 8032, 5.1.5, step 2. */
function clamped(half: Buffer): Buffer {
  const bytes = Buffer.from(half);
  bytes[0] = (bytes[0] as number) & 0xf8;
  bytes[31] = ((bytes[31] as number) & 0x7f) | 0x40;
  return bytes;
}
