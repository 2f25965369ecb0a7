/**
 * MariaDB's `parsec` (MariaDB documentation, "Authentication Plugin - PARSEC"; server: plugin/auth_parsec/server_parsec.cc): an Ed25519 key
 * derived from the password by PBKDF2 signs both sides' scrambles.
 */

import { createPrivateKey, pbkdf2, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { Malformed } from '../../framing/malformed.ts';

const derive = promisify(pbkdf2);

/** PKCS 8 of an Ed25519 key up to its 32 bytes (RFC 8410, 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** PBKDF2, the only derivation there is. */
const KDF = 0x50;
/** Rounds are 1024 << this; servers use 0 to 3, and a hostile one mustn't make us work for minutes. */
const LARGEST_FACTOR = 8;
const SALT_AT = 2;
const SCRAMBLE = 32;

/** @param extSalt derivation, factor and salt, as the server sends them for the user */
export async function parsecResponse(password: string, serverScramble: Buffer, extSalt: Buffer): Promise<Buffer> {
  const factor = extSalt[1] ?? 255;
  if (extSalt[0] !== KDF || factor > LARGEST_FACTOR || extSalt.length <= SALT_AT) throw new Malformed('an ext-salt of no known form');
  const seed = await derive(password, extSalt.subarray(SALT_AT), 1024 << factor, 32, 'sha512');
  const clientScramble = randomBytes(SCRAMBLE);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  return Buffer.concat([clientScramble, sign(null, Buffer.concat([serverScramble.subarray(0, SCRAMBLE), clientScramble]), key)]);
}
