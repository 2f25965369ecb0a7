import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityConfig } from '../../../src/config/config.ts';
import { IssuerMetadata } from '../../../src/identity/oidc/metadata.ts';
import { OidcProvider } from '../../../src/identity/oidc/provider.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Browser } from './browser.ts';
import { REDIRECT, type RealIssuer, SECRET, startIssuer } from './real-issuer.ts';

const OBJECT_ID = '6b1f0e52-8f4a-4d0e-9d7e-1c2f3a4b5c6d';
const ACCOUNTS = {
  kim: { email: 'Kim@Example.com', email_verified: true, groups: ['Everyone', 'dba-oncall'] },
  entra: { preferred_username: 'Lee@Example.com', oid: 'o', tid: 't', groups: [OBJECT_ID], roles: ['audit'] },
  many: { preferred_username: 'many@example.com', _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example.com' } } },
  mallory: { email: 'sam@example.com', email_verified: false, groups: ['dba-oncall'] },
};

process.env['TEST_OIDC_SECRET'] = SECRET;

let issuer: RealIssuer;
let thin: RealIssuer;
beforeAll(async () => {
  issuer = await startIssuer({ accounts: ACCOUNTS });
  thin = await startIssuer({ accounts: ACCOUNTS, thin: true });
});
afterAll(() => Promise.all([issuer?.stop(), thin?.stop()]));

const okta = (changes: Partial<IdentityConfig> = {}): IdentityConfig => ({
  issuer: issuer.url, label: 'Okta', clientId: 'countersign', clientSecret: { env: 'TEST_OIDC_SECRET' }, scopes: ['openid', 'email', 'profile', 'groups'],
  claims: { email: 'email', trustEmail: false, groups: 'groups' }, roles: { approver: ['dba-oncall'], auditor: ['audit'], admin: [OBJECT_ID] }, sessionMs: 3_600_000, ...changes,
});
const entra = (groups: string): IdentityConfig => okta({ claims: { email: 'preferred_username', trustEmail: true, groups } });

function providerOf(identity: IdentityConfig, clock = new FakeClock(Date.now())): OidcProvider {
  return new OidcProvider({ identity, url: 'https://countersign.example.com', metadata: new IssuerMetadata(identity.issuer, systemClock), clock });
}

/** From the button to the address the browser comes back to. */
async function leave(provider: OidcProvider, login: string): Promise<{ readonly back: URL; readonly kept: string }> {
  const { location, kept } = await provider.begin();
  const { left, text } = await new Browser(login).visit(location);
  expect(left?.href, text).toContain(`${REDIRECT}?`);
  return { back: left as URL, kept };
}

async function signIn(identity: IdentityConfig, login: string) {
  const provider = providerOf(identity);
  const { back, kept } = await leave(provider, login);
  return provider.finish(back, kept);
}

describe('the code flow', () => {
  test('asks with PKCE, state and nonce, and keeps what it must hear back', async () => {
    const { location, kept } = await providerOf(okta()).begin();
    const asked = Object.fromEntries(location.searchParams);
    expect(asked).toMatchObject({ client_id: 'countersign', response_type: 'code', redirect_uri: REDIRECT, scope: 'openid email profile groups', code_challenge_method: 'S256' });
    expect(JSON.parse(kept)).toMatchObject({ state: asked['state'], nonce: asked['nonce'] });
    expect(location.href).not.toContain((JSON.parse(kept) as { verifier: string }).verifier);
    expect(kept.length).toBeLessThan(400);
  });

  test('ends with the person, as Okta shapes them', async () => {
    const clock = new FakeClock(Date.now());
    const provider = providerOf(okta(), clock);
    const { back, kept } = await leave(provider, 'kim');
    expect(await provider.finish(back, kept)).toEqual({ person: { email: 'kim@example.com', roles: ['approver'], groups: ['Everyone', 'dba-oncall'] }, at: clock.now(), until: clock.now() + 3_600_000 });
  });

  test('and as Entra ID does: object ids, application roles, too many groups', async () => {
    expect((await signIn(entra('groups'), 'entra')).person).toEqual({ email: 'lee@example.com', roles: ['admin'], groups: [OBJECT_ID] });
    expect((await signIn(entra('roles'), 'entra')).person).toEqual({ email: 'lee@example.com', roles: ['auditor'], groups: ['audit'] });
    await expect(signIn(entra('groups'), 'many')).rejects.toThrow(/more groups than the issuer sends/);
  });

  test('asks the userinfo endpoint where the ID token is thin', async () => {
    expect((await signIn(okta({ issuer: thin.url }), 'kim')).person).toMatchObject({ email: 'kim@example.com', roles: ['approver'] });
  });

  test('works for a client without a secret', async () => {
    const { clientSecret: _, ...open } = okta({ clientId: 'public' });
    expect((await signIn(open, 'kim')).person.email).toBe('kim@example.com');
  });

  test('sends the secret as the issuer takes it, and says when it is wrong', async () => {
    const posting = await startIssuer({ accounts: ACCOUNTS, more: { clientAuthMethods: ['client_secret_post'] } });
    expect((await signIn(okta({ issuer: posting.url, clientId: 'posting' }), 'kim')).person.email).toBe('kim@example.com');
    process.env['TEST_OIDC_WRONG'] = 'wrong';
    await expect(signIn(okta({ clientSecret: { env: 'TEST_OIDC_WRONG' } }), 'kim')).rejects.toMatchObject({ code: 'sign_in_refused', message: expect.stringContaining('it doesn\'t know the client') as string });
    await expect(signIn(okta({ clientSecret: { env: 'TEST_OIDC_NONE' } }), 'kim')).rejects.toMatchObject({ code: 'sign_in_refused', message: expect.stringContaining('can\'t be read') as string });
    await posting.stop();
  });

  test('refuses an e-mail that isn\'t verified', async () => {
    await expect(signIn(okta(), 'mallory')).rejects.toMatchObject({ code: 'sign_in_refused', message: 'The issuer says that your e-mail isn\'t verified.' });
  });

  test('goes on after the issuer has changed its keys', async () => {
    const provider = providerOf(okta());
    const first = await leave(provider, 'kim');
    await provider.finish(first.back, first.kept);
    await issuer.rotate();
    const second = await leave(provider, 'kim');
    expect((await provider.finish(second.back, second.kept)).person.email).toBe('kim@example.com');
  });
});

describe('what came back is refused', () => {
  test('in another browser, whose cookie is another one\'s or none', async () => {
    const provider = providerOf(okta());
    const [mine, others] = [await leave(provider, 'kim'), await leave(provider, 'entra')];
    await expect(provider.finish(mine.back, others.kept)).rejects.toMatchObject({ code: 'sign_in_refused', message: 'What came back isn\'t the answer to this sign-in.' });
    for (const kept of ['', '{}', 'null', '[]', '{"state":1}']) await expect(provider.finish(mine.back, kept)).rejects.toMatchObject({ code: 'sign_in_refused', message: 'Nothing is known of this sign-in.' });
  });

  test('without the state, with two, or with another issuer\'s name', async () => {
    const provider = providerOf(okta());
    for (const spoil of [(q: URLSearchParams) => q.delete('state'), (q: URLSearchParams) => q.append('state', 'x'), (q: URLSearchParams) => q.set('iss', 'https://evil.example.com'), (q: URLSearchParams) => q.delete('iss'), (q: URLSearchParams) => q.delete('code')]) {
      const { back, kept } = await leave(provider, 'kim');
      spoil(back.searchParams);
      await expect(provider.finish(back, kept)).rejects.toMatchObject({ code: 'sign_in_refused' });
    }
  });

  test('with a code that was used, or begun with another secret of PKCE', async () => {
    const provider = providerOf(okta());
    const one = await leave(provider, 'kim');
    await provider.finish(one.back, one.kept);
    await expect(provider.finish(one.back, one.kept)).rejects.toMatchObject({ code: 'sign_in_refused', message: expect.stringContaining('invalid_grant') as string });
    const two = await leave(provider, 'kim');
    await expect(provider.finish(two.back, JSON.stringify({ ...(JSON.parse(two.kept) as object), verifier: 'v'.repeat(43) }))).rejects.toMatchObject({ message: expect.stringContaining('invalid_grant') as string });
  });

  test('with another nonce than the ID token\'s', async () => {
    const provider = providerOf(okta());
    const { back, kept } = await leave(provider, 'kim');
    await expect(provider.finish(back, JSON.stringify({ ...(JSON.parse(kept) as object), nonce: 'another' }))).rejects.toMatchObject({ code: 'sign_in_refused' });
  });

  test('after a quarter of an hour', async () => {
    const clock = new FakeClock(Date.now());
    const provider = providerOf(okta(), clock);
    const { back, kept } = await leave(provider, 'kim');
    clock.advance(15 * 60_000);
    await expect(provider.finish(back, kept)).rejects.toThrow(/took too long/);
  });

  test('when it says no, in the issuer\'s words', async () => {
    const provider = providerOf(okta());
    const { kept } = await provider.begin();
    const { state } = JSON.parse(kept) as { state: string };
    const back = new URL(`${REDIRECT}?${new URLSearchParams({ error: 'access_denied', error_description: 'not assigned to this application', state, iss: issuer.url }).toString()}`);
    await expect(provider.finish(back, kept)).rejects.toMatchObject({ message: 'The issuer refused: access_denied (not assigned to this application).' });
  });
});

test('an issuer that is down is a clear refusal, and is asked again later', async () => {
  const other = await startIssuer({ accounts: ACCOUNTS });
  const clock = new FakeClock(Date.now());
  const identity = okta({ issuer: 'http://127.0.0.1:1' });
  const provider = new OidcProvider({ identity, url: 'https://countersign.example.com', metadata: new IssuerMetadata(identity.issuer, clock), clock });
  await expect(provider.begin()).rejects.toMatchObject({ code: 'issuer_unavailable', message: 'The issuer 127.0.0.1:1 can\'t be asked just now.' });

  const metadata = new IssuerMetadata(other.url, clock);
  await metadata.get();
  await other.stop();
  clock.advance(3 * 3_600_000);
  expect((await metadata.get()).issuer).toBe(other.url);
  await expect(providerOf(okta({ issuer: other.url })).begin()).rejects.toMatchObject({ code: 'issuer_unavailable' });
});
