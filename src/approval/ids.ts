import { randomBytes } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

type Random = (size: number) => Uint8Array;

/** `req_` and 16 lower-case base32 characters: 80 random bits, chosen by the gate and never by the store. */
export function newRequestId(random: Random = randomBytes): string {
  return `req_${letters(random)}`;
}

/** `sgn_` and 16 such characters. */
export function newSignInId(random: Random = randomBytes): string {
  return `sgn_${letters(random)}`;
}

function letters(random: Random): string {
  // 256 is a multiple of 32, so the low five bits of each byte are uniform.
  return Array.from(random(16), (byte) => BASE32[byte & 31]).join('');
}

export const REQUEST_ID = /^req_[a-z2-7]{16}$/;

/** Worth asking the store about: what comes from outside and isn't even like one never gets that far. */
export const LIKE_REQUEST_ID = /^req_[a-z0-9]{1,64}$/;
