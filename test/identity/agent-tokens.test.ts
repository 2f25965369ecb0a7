import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentIssuerConfig } from '../../src/config/config.ts';
import type { Agent } from '../../src/identity/agent.ts';
import { type AgentTokens, createAgentTokens } from '../../src/identity/agent-tokens.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HostileIssuer, newKey, unsigned } from './oidc/hostile-issuer.ts';

let issuer: HostileIssuer;
beforeAll(async () => { issuer = await HostileIssuer.start(); });
beforeEach(() => { issuer.down = false; });
afterAll(() => issuer?.stop());

const now = () => Math.floor(Date.now() / 1000);
const agent = (name: string, more: Partial<Agent> = {}): Agent => ({ name, verifiers: {}, owner: 'dana@example.com', groups: [], databases: ['shop'], ...more });
const reporter = () => agent('reporter', { jwt: { issuer: issuer.url, audience: 'countersign', claims: new Map<string, string | boolean>([['sub', 'reporter@clients'], ['trusted', true]]) } });
const REPORTER = { sub: 'reporter@clients', trusted: true };
const ci = (more: Partial<AgentIssuerConfig> = {}): AgentIssuerConfig => ({
  issuer: issuer.url, audience: 'countersign', claims: new Map([['repository', 'acme/shop']]), prefix: 'ci-', nameClaim: 'job', ownerClaim: 'owner', groupsClaim: 'teams', databases: ['shop'], ...more,
});
const JOB = { sub: 'x', repository: 'acme/shop', job: '42', owner: 'Lee@Example.com', teams: ['apps'] };

function tokens(agentIssuers: readonly AgentIssuerConfig[] = [ci()], more: { clock?: FakeClock; cooldownMs?: number } = {}): AgentTokens {
  const agents = new Map([reporter(), agent('ci-listed', { verifiers: { native: `*${'0A'.repeat(20)}` } })].map((one) => [one.name, one]));
  return createAgentTokens({ agents, agentIssuers }, { clock: systemClock, ...more });
}
const refused = (message: RegExp) => ({ code: 'token_refused', message: expect.stringMatching(message) as string });

describe('who logs in by a token', () => {
  test('is whoever is listed so, and whoever\'s name begins as an issuer\'s do and isn\'t listed', () => {
    const expects = (user: string, issuers?: readonly AgentIssuerConfig[]) => tokens(issuers).expects(user);
    expect(['reporter', 'ci-42', 'ci-', 'ci-listed', 'writer', '', 'CI-42'].map((user) => expects(user))).toEqual([true, true, true, false, false, false, false]);
    expect(expects('anybody', [ci({ prefix: '' })])).toBe(true);
    expect(expects('anybody', [])).toBe(false);
  });
});

describe('a listed agent', () => {
  test('is admitted until its token\'s end', async () => {
    const exp = now() + 120;
    expect(await tokens().admit('reporter', await issuer.sign({ ...REPORTER, exp }))).toEqual({ agent: reporter(), until: exp * 1000 });
    expect((await tokens().admit('reporter', await issuer.sign({ ...REPORTER, aud: ['a', 'countersign'], trusted: ['x', true] }))).agent.name).toBe('reporter');
  });

  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('by %s', async (alg) => {
    const before = issuer.key;
    await issuer.rotate(alg);
    expect((await tokens().admit('reporter', await issuer.sign(REPORTER))).agent.name).toBe('reporter');
    expect(before.kid).not.toBe(issuer.key.kid);
  });

  const wrong: readonly (readonly [string, () => Record<string, unknown>, RegExp])[] = [
    ['of another subject', () => ({ sub: 'writer@clients' }), /claims aren't those of the agent "reporter"/],
    ['whose claim is text, not true', () => ({ trusted: 'true' }), /claims aren't those/],
    ['without a claim', () => ({ trusted: undefined }), /claims aren't those/],
    ['for another audience', () => ({ aud: 'others' }), /another audience than "countersign"/],
    ['for none', () => ({ aud: undefined }), /another audience/],
    ['of another issuer', () => ({ iss: 'https://login.example.com' }), /of another issuer/],
    ['expired', () => ({ exp: now() - 31 }), /has expired/],
    ['expired just now', () => ({ exp: now() - 1 }), /has expired/],
    ['that never expires', () => ({ exp: undefined }), /claim exp is missing/],
    ['not valid yet', () => ({ nbf: now() + 60 }), /isn't valid yet/],
  ];
  test.each(wrong)('isn\'t admitted by a token %s', async (_, claims, message) => {
    await expect(tokens().admit('reporter', await issuer.sign({ ...REPORTER, ...claims() }))).rejects.toMatchObject(refused(message));
  });

  test('may have a clock half a minute ahead', async () => {
    expect((await tokens().admit('reporter', await issuer.sign({ ...REPORTER, nbf: now() + 25, iat: now() + 25 }))).agent.name).toBe('reporter');
  });

  test('isn\'t admitted by what nobody of the issuer has signed', async () => {
    const claims = { ...REPORTER, iss: issuer.url, aud: 'countersign', exp: now() + 300 };
    const forged = [
      unsigned(claims), unsigned(claims, { alg: 'none', kid: issuer.key.kid }), unsigned(claims, { alg: 'ES256', kid: issuer.key.kid }),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: issuer.key.kid }).sign(Buffer.from(JSON.stringify(issuer.key.publicJwk))),
      await issuer.sign(REPORTER, { key: await newKey() }), await issuer.sign(REPORTER, { key: await newKey(), kid: issuer.key.kid }),
      await issuer.sign(REPORTER, { key: await newKey('ES384') }),
      // Keys that a token brings along are no keys of the issuer.
      await (async () => { const key = await newKey(); return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', jwk: key.publicJwk, jku: `${issuer.url}/jwks` }).sign(key.privateKey); })(),
    ];
    for (const token of forged) await expect(tokens().admit('reporter', token)).rejects.toMatchObject(refused(/signed/));
    for (const token of ['', 'password', 'a.b', 'a.b.c', 'a b.c.d', `${'x'.repeat(20_000)}.b.c`]) await expect(tokens().admit('reporter', token)).rejects.toMatchObject(refused(/it is no token/));
  });

  test('of a password isn\'t admitted by a token', async () => {
    await expect(tokens().admit('ci-listed', await issuer.sign({ ...JOB, job: 'listed' }))).rejects.toMatchObject(refused(/logs in by a password/));
  });
});

describe('an agent that isn\'t listed', () => {
  const admit = async (user: string, claims: Record<string, unknown> = {}, rules = [ci()]) => tokens(rules).admit(user, await issuer.sign({ ...JOB, ...claims }));

  test('is who the claims say', async () => {
    expect((await admit('ci-42')).agent).toEqual({ name: 'ci-42', verifiers: {}, owner: 'lee@example.com', groups: ['apps'], databases: ['shop'] });
    expect((await admit('ci-42', { actor: 'kim@example.com' }, [ci({ actsForClaim: 'actor' })])).agent.actsFor).toBe('kim@example.com');
    const { ownerClaim: _, ...rest } = ci({ owner: 'dana@example.com' });
    expect((await admit('ci-42', { owner: undefined }, [rest])).agent.owner).toBe('dana@example.com');
  });

  const wrong: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['under another name', { job: '43' }, /the token is the agent "ci-43"'s/],
    ['of another repository', { repository: 'evil/shop' }, /aren't those that the issuer's agents must have/],
    ['without a name', { job: undefined }, /claim job is missing/],
    ['whose name is a number', { job: 42 }, /claim job is missing, or no text/],
    ['whose name is none', { job: 'x y' }, /makes no name of an agent/],
    ['without an owner', { owner: undefined }, /claim owner is missing/],
    ['whose owner is no e-mail', { owner: 'lee' }, /claim owner is no e-mail/],
    ['without groups', { teams: undefined }, /claim teams is missing/],
    ['whose groups are objects', { teams: [{}] }, /claim teams is missing, or no list of names/],
    ['in too many groups', { teams: Array.from({ length: 201 }, (_, i) => `g${i}`) }, /more than 200/],
    ['of an issuer that isn\'t its own', { iss: 'https://login.example.com' }, /no issuer whose agents may log in under this name/],
    ['for another audience', { aud: 'others' }, /another audience/],
  ];
  test.each(wrong)('isn\'t admitted %s', async (_, claims, message) => {
    await expect(admit('ci-42', claims)).rejects.toMatchObject(refused(message));
  });

  test('must say who it acts for where that is configured, and who owns it by a verified e-mail', async () => {
    await expect(admit('ci-42', {}, [ci({ actsForClaim: 'actor' })])).rejects.toMatchObject(refused(/claim actor is missing/));
    await expect(admit('ci-42', { email: 'sam@example.com', email_verified: false }, [ci({ ownerClaim: 'email' })])).rejects.toMatchObject(refused(/email isn't verified/));
  });

  test('is found by its token\'s issuer and audience where several share a prefix', async () => {
    const rules = [ci({ issuer: 'https://other.example.com' }), ci({ audience: 'a', databases: [] }), ci({ audience: 'b', databases: ['stock'] })];
    expect((await admit('ci-42', { aud: 'b' }, rules)).agent.databases).toEqual(['stock']);
  });

  test('is remembered, the latest thousand of them', async () => {
    const all = tokens([ci({ prefix: '' })]);
    await all.admit('first', await issuer.sign({ ...JOB, job: 'first' }));
    for (let i = 0; i < 1_000; i += 1) await all.admit(`j${i}`, await issuer.sign({ ...JOB, job: `j${i}` }));
    expect([all.issued.size, all.issued.has('first'), all.issued.has('j999')]).toEqual([1_000, false, true]);
  });
});

describe('an issuer\'s keys', () => {
  test('may change: unknown ones are asked for again, but not at once', async () => {
    const [eager, patient] = [tokens([ci()], { cooldownMs: 0 }), tokens()];
    const old = issuer.key;
    for (const each of [eager, patient]) await each.admit('reporter', await issuer.sign(REPORTER));
    await issuer.rotate();
    const asked = issuer.calls.get('/jwks');
    await expect(patient.admit('reporter', await issuer.sign(REPORTER))).rejects.toMatchObject(refused(/isn't signed by a key/));
    expect(issuer.calls.get('/jwks')).toBe(asked);
    expect((await eager.admit('reporter', await issuer.sign(REPORTER))).agent.name).toBe('reporter');
    await expect(eager.admit('reporter', await issuer.sign(REPORTER, { key: old }))).rejects.toMatchObject(refused(/isn't signed by a key/));
  });

  test('go on working while it is down, for a day; what needs others is a clear refusal', async () => {
    const clock = new FakeClock(Date.now());
    const some = tokens([ci()], { clock, cooldownMs: 0 });
    const lasting = await issuer.sign({ ...REPORTER, exp: now() + 100_000_000 });
    await some.admit('reporter', lasting);
    issuer.down = true;
    // A key that isn't known makes it ask, in vain.
    await expect(some.admit('reporter', await issuer.sign(REPORTER, { key: await newKey() }))).rejects.toMatchObject(refused(/isn't signed by a key/));
    expect((await some.admit('reporter', lasting)).agent.name).toBe('reporter');
    const asked = issuer.calls.get('/jwks');
    for (let i = 0; i < 5; i += 1) await expect(some.admit('reporter', await issuer.sign(REPORTER, { key: await newKey() }))).rejects.toMatchObject(refused(/isn't signed by a key/));
    expect(issuer.calls.get('/jwks'), 'it is left alone for a while').toBe(asked);
    const late = tokens();
    for (let i = 0; i < 3; i += 1) await expect(late.admit('reporter', lasting)).rejects.toMatchObject({ code: 'issuer_unavailable' });
    clock.advance(86_400_000 + 10_000);
    await expect(some.admit('reporter', await issuer.sign({ ...REPORTER, exp: now() + 100_000_000 }, { key: await newKey() }))).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });

  test('may lie where the configuration says, and nowhere without TLS', async () => {
    const asked = issuer.calls.get('/.well-known/openid-configuration');
    expect((await tokens([ci({ jwksUri: `${issuer.url}/jwks` })]).admit('ci-42', await issuer.sign(JOB))).agent.name).toBe('ci-42');
    expect(issuer.calls.get('/.well-known/openid-configuration')).toBe(asked);
    // It leads to the same server, but not by a loopback address.
    await expect(tokens([ci({ jwksUri: `${issuer.url.replace('127.0.0.1', '0.0.0.0')}/jwks` })]).admit('ci-42', await issuer.sign(JOB))).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });
});
