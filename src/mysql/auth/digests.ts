/** The arithmetic of MySQL's two challenge-response methods, for both sides. Passwords are UTF-8. */

import { createHash, timingSafeEqual } from 'node:crypto';

function digest(algorithm: 'sha1' | 'sha256', ...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** @param b as long as a, or longer */
function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] as number)));
}

/** What a server stores for mysql_native_password. */
export function sha1Twice(password: string): Buffer {
  return digest('sha1', digest('sha1', password));
}

/** What a server keeps in memory for caching_sha2_password's fast path. */
export function sha256Twice(password: string): Buffer {
  return digest('sha256', digest('sha256', password));
}

/** SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password))). Server: sql/auth/password.c scramble. */
export function nativeResponse(password: string, scramble: Buffer): Buffer {
  return xor(digest('sha1', password), digest('sha1', scramble, sha1Twice(password)));
}

/** SHA256(password) XOR SHA256(SHA256(SHA256(password)), scramble). Server: sql/auth/sha2_password_common.cc Generate_scramble. */
export function cachingSha2Response(password: string, scramble: Buffer): Buffer {
  return xor(digest('sha256', password), digest('sha256', sha256Twice(password), scramble));
}

/** @param stored SHA1(SHA1(password)) */
export function nativeMatches(response: Buffer, scramble: Buffer, stored: Buffer): boolean {
  const once = response.length === 20 ? xor(response, digest('sha1', scramble, stored)) : Buffer.alloc(20);
  return timingSafeEqual(digest('sha1', once), stored) && response.length === 20;
}

/** @param stored SHA256(SHA256(password)) */
export function cachingSha2Matches(response: Buffer, scramble: Buffer, stored: Buffer): boolean {
  const once = response.length === 32 ? xor(response, digest('sha256', stored, scramble)) : Buffer.alloc(32);
  return timingSafeEqual(digest('sha256', once), stored) && response.length === 32;
}

/** Repeats `key` over the password and its NUL, as both RSA exchanges do before they encrypt it (sql/auth/sha2_password.cc xor_string). */
export function obscured(bytes: Buffer, key: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ (key[index % key.length] as number)));
}
