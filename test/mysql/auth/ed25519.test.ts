import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ed25519Response } from '../../../src/mysql/auth/ed25519.ts';

/** RFC 8032, 7.1: TEST 1, 2, 3 and SHA(abc). */
const VECTORS = [
  ['9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', '', 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'],
  ['4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '72', '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'],
  ['c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'af82', '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a'],
  ['833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42', 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f', 'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704'],
] as const;

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('client_ed25519', () => {
  it.each(VECTORS)('signs as RFC 8032 does, seed %s', (seed, message, signature) => {
    expect(ed25519Response(hex(seed), hex(message)).toString('hex')).toBe(signature);
  });

  it('signs as node:crypto does with any seed', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
    fc.assert(fc.property(bytes(32), bytes(32), (seed, nonce) => {
      const key = createPrivateKey({ key: Buffer.concat([hex('302e020100300506032b657004220420'), seed]), format: 'der', type: 'pkcs8' });
      expect(ed25519Response(seed, nonce)).toEqual(sign(null, nonce, key));
      expect(verify(null, nonce, createPublicKey(key), ed25519Response(seed, nonce))).toBe(true);
    }), { numRuns: 30 });
  });

  it('takes passwords of any length, and another one signs otherwise', () => {
    const nonce = Buffer.alloc(32, 7);
    const made = ['', 'a', 'secret', 'x'.repeat(31), 'x'.repeat(33), 'x'.repeat(500)].map((password) => ed25519Response(Buffer.from(password), nonce));
    expect(made.map(({ length }) => length)).toEqual([64, 64, 64, 64, 64, 64]);
    expect(new Set(made.map((signature) => signature.toString('hex'))).size).toBe(6);
  });
});
