import { createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { CompactSign } from 'jose';
import { describe, expect, test } from 'vitest';
import { signDecision, verifyDecision } from '../../src/approval/decision.ts';
import { decisionKeys } from '../../src/approval/keys.ts';
import type { ApprovalRequest } from '../../src/approval/request.ts';
import { seal, verifySeal } from '../../src/approval/seal.ts';
import { view } from '../../src/approval/view.ts';
import { draft } from './support.ts';

const pair = generateKeyPairSync('ed25519');
const keys = decisionKeys(pair.privateKey);
const request: ApprovalRequest = { ...draft(1_000), id: 'req_aaaaaaaaaaaaaaaa', state: 'pending', decisions: [], changedAt: 1_000 };
const press = { decision: 'approve', person: 'sam@example.com', channel: 'slack', reason: 'ok', at: 2_000 } as const;
const claims = {
  request: request.id, digest: request.digest, view: view(request), mode: 'inline', ...press, quorum: 1, approvers: ['dba'], expiresAt: 61_000,
};
const header = { alg: 'EdDSA', typ: 'countersign-decision+jws', kid: keys.kid };

/** A JWS with a good Ed25519 signature over any header and payload. */
function crafted(protectedHeader: object, payload: unknown, key = pair.privateKey): string {
  const input = `${encode(protectedHeader)}.${encode(payload)}`;
  return `${input}.${signBytes(null, Buffer.from(input), key).toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('a decision', () => {
  test('says who decided what, about which bytes and under which terms', async () => {
    const signed = await signDecision(request, press, keys);
    expect(signed).toEqual({ ...press, jws: expect.any(String) });
    expect(await verifyDecision(signed.jws, keys)).toEqual(claims);
  });

  test('control: the crafted form is the real one', async () => {
    expect(await verifyDecision(crafted(header, claims), keys)).toEqual(claims);
  });

  test('of the key before a rotation is still believed', async () => {
    const next = decisionKeys(generateKeyPairSync('ed25519').privateKey, { desks: [createPublicKey(pair.privateKey)] });
    expect(await verifyDecision(crafted(header, claims), next)).toEqual(claims);
  });

  const other = generateKeyPairSync('ed25519');
  const publicPem = pair.publicKey.export({ format: 'pem', type: 'spki' });
  const refused: readonly [string, () => unknown][] = [
    ['nothing', () => undefined],
    ['an object', () => ({ payload: '', signature: '' })],
    ['an empty text', () => ''],
    ['alg none', () => `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`],
    ['HMAC with the public key as its secret', () => new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ ...header, alg: 'HS256' }).sign(Buffer.from(publicPem))],
    ['another name of the algorithm', () => crafted({ ...header, alg: 'Ed25519' }, claims)],
    ['another key under our kid', () => crafted(header, claims, other.privateKey)],
    ['another key with its own kid', () => crafted({ ...header, kid: decisionKeys(other.privateKey).kid }, claims, other.privateKey)],
    ['a key brought along', () => crafted({ ...header, jwk: other.publicKey.export({ format: 'jwk' }) }, claims, other.privateKey)],
    ['a kid that is no text', () => crafted({ ...header, kid: 1 }, claims)],
    ['no kid', () => crafted({ alg: header.alg, typ: header.typ }, claims)],
    ['a critical extension', () => crafted({ ...header, crit: ['exp'], exp: 1 }, claims)],
    ['an unencoded payload', () => crafted({ ...header, crit: ['b64'], b64: false }, claims)],
    ['any further header', () => crafted({ ...header, cty: 'json' }, claims)],
    ['another type of record', () => crafted({ ...header, typ: 'JWT' }, claims)],
    ['the seal of a request', () => seal(request.id, request, keys)],
    ['a claim too many', () => crafted(header, { ...claims, admin: true })],
    ['a missing claim', () => crafted(header, { ...claims, view: undefined })],
    ['a claim of another type', () => crafted(header, { ...claims, quorum: '1' })],
    ['a quorum that is no integer', () => crafted(header, { ...claims, quorum: 0.5 })],
    ['another decision', () => crafted(header, { ...claims, decision: 'maybe' })],
    ['nobody', () => crafted(header, { ...claims, person: '' })],
    ['a list', () => crafted(header, [claims])],
    ['null', () => crafted(header, null)],
  ];

  test.each(refused)('is refused: %s', async (_name, make) => {
    await expect(verifyDecision(await make(), keys)).rejects.toMatchObject({ code: 'signature_invalid' });
  });

  test('is refused with any character changed', async () => {
    const { jws } = await signDecision(request, press, keys);
    for (let at = 0; at < jws.length; at += 7) {
      const changed = jws.slice(0, at) + (jws[at] === 'A' ? 'B' : 'A') + jws.slice(at + 1);
      await expect(verifyDecision(changed, keys)).rejects.toMatchObject({ code: 'signature_invalid' });
    }
  });

  test('is signed with Ed25519 only', () => {
    expect(() => decisionKeys(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)).toThrow(/Ed25519/);
  });
});

describe('keys of processes with one role', () => {
  const [desk, proxy, stranger] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const atDesk = decisionKeys(desk.privateKey, { proxies: [proxy.publicKey] }, 'desk');
  const atProxy = decisionKeys(proxy.privateKey, { desks: [desk.publicKey] }, 'proxy');

  test('a desk decides and a proxy opens requests, and neither does the other\'s work', async () => {
    await verifySeal({ ...request, seal: await seal(request.id, request, atProxy) }, atDesk);
    await verifyDecision((await signDecision(request, press, atDesk)).jws, atProxy);
    const foreign = decisionKeys(stranger.privateKey, { desks: [desk.publicKey] }, 'desk');
    for (const signer of [atProxy, foreign]) await expect(verifyDecision((await signDecision(request, press, signer)).jws, atProxy)).rejects.toThrow(/not trusted/);
    await expect(verifySeal({ ...request, seal: await seal(request.id, request, atDesk) }, atDesk)).rejects.toThrow(/not trusted/);
  });
});
