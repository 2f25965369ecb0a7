/** ID tokens that must not be believed, in both ways of signing in. */

import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IdentityConfig } from '../../../src/config/config.ts';
import { IdTokenSignIn } from '../../../src/identity/oidc/id-token.ts';
import { IssuerMetadata } from '../../../src/identity/oidc/metadata.ts';
import { OidcProvider } from '../../../src/identity/oidc/provider.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { HostileIssuer, newKey, unsigned } from './hostile-issuer.ts';

let issuer: HostileIssuer;
beforeAll(async () => { issuer = await HostileIssuer.start(); });
beforeEach(() => { issuer.down = false; });
afterAll(() => issuer?.stop());

const KIM = { sub: 'kim', email: 'kim@example.com', email_verified: true, groups: ['dba-oncall'] };
const now = () => Math.floor(Date.now() / 1000);
const identity = () => ({
  issuer: issuer.url, label: 'x', clientId: 'countersign', cliClientId: 'countersign-cli', scopes: ['openid'],
  claims: { email: 'email', trustEmail: false, groups: 'groups' }, roles: { approver: ['dba-oncall'], auditor: [], admin: [] }, sessionMs: 3_600_000,
}) satisfies IdentityConfig;

/** Claims that are wrong, each with what is said of them to the command line. `aud` is left to each flow. */
const WRONG: readonly (readonly [string, () => Record<string, unknown>, RegExp])[] = [
  ['of another issuer', () => ({ iss: 'https://login.example.com' }), /of another issuer/],
  ['for another audience', () => ({ aud: 'others' }), /another audience/],
  ['for two, given to another client', () => ({ azp: 'others' }), /another client/],
  ['expired', () => ({ iat: now() - 500, exp: now() - 31 }), /has expired/],
  ['without an end', () => ({ exp: undefined }), /claim exp is missing/],
  ['of an e-mail that isn\'t verified', () => ({ email_verified: false }), /isn't verified/],
  ['of no e-mail', () => ({ email: undefined }), /doesn't say your e-mail/],
];

/** Tokens that aren't signed as they must be. */
const FORGED: readonly (readonly [string, (more: Record<string, unknown>) => string | Promise<string>])[] = [
  ['by nobody', (more) => unsigned({ ...KIM, iss: issuer.url, iat: now(), exp: now() + 300, ...more })],
  ['by nobody, under the name of the key', (more) => unsigned({ ...KIM, iss: issuer.url, iat: now(), exp: now() + 300, ...more }, { alg: 'none', kid: issuer.key.kid })],
  ['by the public key as a secret', (more) => new SignJWT({ ...KIM, iss: issuer.url, iat: now(), exp: now() + 300, ...more })
    .setProtectedHeader({ alg: 'HS256', kid: issuer.key.kid }).sign(Buffer.from(JSON.stringify(issuer.key.publicJwk)))],
  ['by another key', async (more) => issuer.sign({ ...KIM, ...more }, { key: await newKey() })],
  ['by another key, under the name of the right one', async (more) => issuer.sign({ ...KIM, ...more }, { key: await newKey(), kid: issuer.key.kid })],
];

describe('from the command line', () => {
  const finish = (token: string) => new IdTokenSignIn({ identity: identity(), metadata: new IssuerMetadata(issuer.url, systemClock), clock: systemClock }).finish(token);
  const good = (claims: Record<string, unknown> = {}, typ = 'JWT') => issuer.sign({ ...KIM, aud: 'countersign-cli', ...claims }, { typ });

  test('the right one makes its person known from when it was made', async () => {
    const iat = now() - 60;
    expect(await finish(await good({ iat }))).toEqual({ person: { email: 'kim@example.com', roles: ['approver'], groups: ['dba-oncall'] }, at: iat * 1000, until: iat * 1000 + 3_600_000 });
    expect((await finish(await good({ aud: ['countersign-cli', 'other'], azp: 'countersign-cli' }))).person.email).toBe('kim@example.com');
  });

  test.each(WRONG)('one %s is refused', async (_, claims, sentence) => {
    await expect(finish(await good(claims()))).rejects.toMatchObject({ code: expect.stringMatching(/^sign_in_refused$/) as string, message: expect.stringMatching(sentence) as string });
  });

  test.each(FORGED)('one signed %s is refused', async (_, forge) => {
    await expect(finish(await forge({ aud: 'countersign-cli' }))).rejects.toMatchObject({ code: 'sign_in_refused', message: expect.stringMatching(/signed/) as string });
  });

  test('neither the console\'s, nor an old one, nor an access token, nor nonsense is taken', async () => {
    await expect(finish(await good({ aud: 'countersign' }))).rejects.toThrow(/another audience/);
    await expect(finish(await good({ aud: ['countersign-cli', 'other'] }))).rejects.toThrow(/another client/);
    await expect(finish(await good({ iat: now() + 300 }))).rejects.toThrow(/iat is missing or wrong/);
    await expect(finish(await good({ iat: now() - 700 }))).rejects.toThrow(/too old/);
    await expect(finish(await good({}, 'at+jwt'))).rejects.toThrow(/access token/);
    for (const token of ['', 'x', 'a.b.c', 'a.b', `${'a'.repeat(20_000)}.b.c`]) await expect(finish(token)).rejects.toThrow(/it is no token/);
  });

  test('an issuer that is down is told apart', async () => {
    issuer.down = true;
    await expect(finish(await good())).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });
});

describe('what an ID token leaves out', () => {
  const sign = (info: Record<string, unknown>, accessToken?: string) => async () => {
    issuer.userInfo = info;
    const { email: _e, email_verified: _v, groups: _g, ...thin } = KIM;
    const idToken = await issuer.sign({ ...thin, aud: 'countersign-cli' });
    return new IdTokenSignIn({ identity: identity(), metadata: new IssuerMetadata(issuer.url, systemClock), clock: systemClock }).finish(idToken, accessToken);
  };

  test('is asked for with the access token, about the same person only', async () => {
    expect((await sign(KIM, 'a')()).person).toEqual({ email: 'kim@example.com', roles: ['approver'], groups: ['dba-oncall'] });
    await expect(sign(KIM)()).rejects.toThrow(/doesn't say your e-mail/);
    await expect(sign({ ...KIM, sub: 'sam' }, 'a')()).rejects.toMatchObject({ code: 'sign_in_refused' });
    await expect(sign({ ...KIM, email_verified: false }, 'a')()).rejects.toThrow(/isn't verified/);
  });
});

describe('in the console', () => {
  const provider = () => new OidcProvider({ identity: identity(), url: 'https://countersign.example.com', metadata: new IssuerMetadata(issuer.url, systemClock), clock: systemClock });

  async function finish(make: (nonce: string) => string | Promise<string>) {
    const one = provider();
    const { kept } = await one.begin();
    const { state, nonce } = JSON.parse(kept) as { state: string; nonce: string };
    issuer.idToken = await make(nonce);
    return one.finish(new URL(`https://countersign.example.com/console/callback?code=c&state=${state}`), kept);
  }
  const good = (claims: Record<string, unknown> = {}) => (nonce: string) => issuer.sign({ ...KIM, nonce, ...claims });

  test('the right one is taken', async () => {
    expect((await finish(good())).person.email).toBe('kim@example.com');
  });

  test.each(WRONG)('one %s is refused', async (_, claims) => {
    await expect(finish(good(claims()))).rejects.toMatchObject({ code: 'sign_in_refused' });
  });

  test.each(FORGED)('one signed %s is refused', async (_, forge) => {
    await expect(finish((nonce) => forge({ aud: 'countersign', nonce }))).rejects.toMatchObject({ code: 'sign_in_refused' });
  });

  test('one with another nonce, or none, is refused', async () => {
    await expect(finish(good({ nonce: 'another' }))).rejects.toMatchObject({ code: 'sign_in_refused' });
    await expect(finish(good({ nonce: undefined }))).rejects.toMatchObject({ code: 'sign_in_refused' });
  });
});
