import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiTokenConfig } from '../config/config.ts';

const PREFIX = 'cst_';
const HASH = /^sha256:([0-9a-f]{64})$/;

/** A new API token and what is stored of it. 256 random bits need no slow hash. The prefix is for secret scanners. */
export function newToken(random: (size: number) => Uint8Array = randomBytes): { readonly token: string; readonly hash: string } {
  const token = PREFIX + Buffer.from(random(32)).toString('base64url');
  return { token, hash: hashToken(token) };
}

/** `sha256:<hex>`, as in the configuration. */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token, 'utf8').digest('hex')}`;
}

/** Compares with every stored hash, in constant time each, so that timing tells nothing about any of them. */
export function findToken(presented: string, tokens: readonly ApiTokenConfig[]): ApiTokenConfig | undefined {
  if (!presented.startsWith(PREFIX)) return undefined;
  const digest = createHash('sha256').update(presented, 'utf8').digest();
  return tokens.filter((token) => matches(token.hash, digest)).at(0);
}

function matches(hash: string, digest: Buffer): boolean {
  const hex = HASH.exec(hash)?.[1];
  return hex !== undefined && timingSafeEqual(Buffer.from(hex, 'hex'), digest);
}
