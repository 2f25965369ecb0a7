import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { sign } from '../../src/approval/jws.ts';
import { decisionKeys } from '../../src/approval/keys.ts';
import { TOKEN_SCOPES } from '../../src/config/config.ts';
import { createPeople } from '../../src/identity/people.ts';
import type { Person } from '../../src/identity/person.ts';
import { scopesOf } from '../../src/identity/scopes.ts';
import { SignInRefused } from '../../src/identity/sign-in.ts';
import { hashToken, newToken } from '../../src/identity/tokens.ts';
import { newKeys } from '../approval/support.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { unsigned } from './oidc/hostile-issuer.ts';
import { ISSUER, testSignIns } from './support.ts';

const HOUR = 3_600_000;
const kim: Person = { email: 'kim@example.com', roles: ['approver', 'auditor'], groups: ['dba'] };

function world(people: readonly Person[] = []) {
  const clock = new FakeClock();
  const directory = createPeople(people, [], clock);
  const one = testSignIns({ clock, people: () => directory });
  const proven = (person = kim) => ({ person, at: clock.now(), until: clock.now() + HOUR });
  return { clock, directory, proven, ...one, begin: async (person = kim) => one.signIns.begin('cli', proven(person)) };
}

describe('a sign-in', () => {
  test('is its person\'s, with the scopes of the roles, until its time is over', async () => {
    const { signIns, begin, clock } = world();
    const { token } = await begin();
    expect(await signIns.find('cli', token)).toMatchObject({ name: 'sign-in', person: kim, scopes: new Set(['requests:read', 'requests:decide', 'sessions:read', 'agents:read', 'audit:read']) });
    clock.advance(HOUR);
    expect(await signIns.find('cli', token)).toBeUndefined();
  });

  test('that is over is nobody\'s, also where the configuration knows the person', async () => {
    const { signIns, begin, clock } = world([kim]);
    const { token } = await begin();
    clock.advance(HOUR - 1);
    const holder = await signIns.find('cli', token);
    expect(holder?.counts()).toBe(true);
    clock.advance(1);
    expect([await signIns.find('cli', token), holder?.counts()]).toEqual([undefined, false]);
  });

  test('makes the person known to a process that has just started, and to all that decides there', async () => {
    const { begin, clock, keys } = world();
    const { token } = await begin();
    const later = testSignIns({ clock, keys });
    expect(later.people().byEmail(kim.email)).toBeUndefined();
    expect((await later.signIns.find('cli', token))?.person).toEqual(kim);
    expect(later.people().byEmail(kim.email)).toEqual(kim);
  });

  test('counts at a desk that trusts the key of the one that took it, and at no other', async () => {
    const [own, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
    const clock = new FakeClock();
    const { token } = await testSignIns({ clock, keys: decisionKeys(own.privateKey, {}, 'desk') }).signIns.begin('console', { person: kim, at: clock.now(), until: clock.now() + HOUR });
    const at = (trust: Parameters<typeof decisionKeys>[1]) => testSignIns({ clock, keys: decisionKeys(other.privateKey, trust, 'desk') }).signIns.find('console', token);
    expect((await at({ desks: [own.publicKey] }))?.person).toEqual(kim);
    expect([await at({}), await at({ proxies: [own.publicKey] })]).toEqual([undefined, undefined]);
  });

  test('is worth no more than the latest one of its person', async () => {
    const { signIns, begin, clock } = world();
    const { token } = await begin();
    clock.advance(1);
    await begin({ ...kim, roles: ['auditor'], groups: [] });
    expect((await signIns.find('cli', token))?.person).toEqual({ ...kim, roles: ['auditor'], groups: [] });
    expect((await signIns.find('cli', token))?.scopes.has('requests:decide')).toBe(false);
  });

  test('is taken for its own use only', async () => {
    const { signIns, proven } = world();
    for (const [use, other] of [['cli', 'console'], ['console', 'cli']] as const) {
      const { token } = await signIns.begin(use, proven());
      expect(await signIns.find(use, token)).toBeDefined();
      expect(await signIns.find(other, token)).toBeUndefined();
    }
  });

  test('is taken only as a trusted key has signed it', async () => {
    const { signIns, begin, keys, clock } = world();
    const claims = { id: 'sgn_a', use: 'cli', email: kim.email, roles: ['admin'], groups: [], at: clock.now(), until: clock.now() + HOUR };
    const { token: good } = await begin();
    const [header = '', , signature = ''] = good.split('.');
    const forged = [
      '', 'cst_x', good.slice(0, -2), `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`, unsigned(claims, { alg: 'none', typ: 'countersign-sign-in+jws' }),
      await sign('countersign-sign-in+jws', claims, newKeys()),
      await sign('countersign-decision+jws', claims, keys),
      await sign('countersign-sign-in+jws', { ...claims, roles: ['owner'] }, keys),
      await sign('countersign-sign-in+jws', { ...claims, more: 1 }, keys),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'countersign-sign-in+jws', kid: keys.kid }).sign(Buffer.alloc(32)),
    ];
    for (const token of forged) expect(await signIns.find('cli', token)).toBeUndefined();
    expect(await signIns.find('cli', await sign('countersign-sign-in+jws', claims, keys))).toBeDefined();
    expect(await signIns.find('cli', good)).toBeDefined();
  });

  test('isn\'t made for more groups than a header carries', async () => {
    const { begin, events } = world();
    const groups = Array.from({ length: 400 }, (_, index) => `group ${index} ${'x'.repeat(30)}`);
    await expect(begin({ ...kim, groups })).rejects.toMatchObject({ code: 'sign_in_refused', message: expect.stringContaining('400 groups') as string });
    expect(events).toEqual([]);
  });

  test('is in the journal, and so is who was refused', async () => {
    const { begin, signIns, events, clock } = world();
    const { signIn: { id } } = await begin();
    signIns.refused('console', new SignInRefused('sign_in_refused', 'Not verified.', { claimed: 'mallory@example.com' }));
    signIns.refused('cli', new SignInRefused('issuer_unavailable', 'Away.'));
    expect(events).toEqual([
      { kind: 'person.signed_in', person: kim.email, signIn: id, use: 'cli', issuer: ISSUER, roles: kim.roles, groups: kim.groups, until: clock.now() + HOUR },
      { kind: 'person.refused', use: 'console', claimed: 'mallory@example.com', reason: 'Not verified.' },
    ]);
    expect(id).toMatch(/^sgn_[a-z2-7]{16}$/);
  });
});

describe('what was proven', () => {
  test('is known on every replica, where no cookie comes along, until its time is over', async () => {
    const { begin, clock, keys, store } = world();
    const other = testSignIns({ clock, keys, store });
    await begin();
    await expect.poll(() => other.people().byEmail(kim.email)).toEqual(kim);
    const later = testSignIns({ clock, keys, store });
    await later.begun;
    expect(later.people().byEmail(kim.email)).toEqual(kim);
    clock.advance(HOUR);
    expect([other.people().byEmail(kim.email), await store.records('proofs')]).toEqual([undefined, []]);
  });

  test('is nothing any more when all sign-ins were ended, on replicas that start later, too', async () => {
    const { begin, signIns, clock, keys, store } = world();
    const other = testSignIns({ clock, keys, store });
    await begin();
    await expect.poll(() => other.people().byEmail(kim.email)).toEqual(kim);
    await signIns.endAll(kim.email, 'dana@example.com');
    await expect.poll(() => other.people().byEmail(kim.email)).toBeUndefined();
    const later = testSignIns({ clock, keys, store });
    await later.begun;
    expect(later.people().byEmail(kim.email)).toBeUndefined();
  });

  test('is what a trusted key has signed, the latest of it, and no token', async () => {
    const { begin, signIns, clock, keys, store } = world();
    const other = testSignIns({ clock, keys, store });
    await begin();
    const [old = ''] = await store.records('proofs');
    clock.advance(1);
    await begin({ ...kim, groups: [] });
    await expect.poll(() => other.people().byEmail(kim.email)?.groups).toEqual([]);
    const claims = { email: 'mallory@example.com', roles: ['approver'], groups: ['dba'], at: clock.now(), until: clock.now() + HOUR };
    for (const record of [old, await sign('countersign-proof+jws', claims, newKeys()), await sign('countersign-freeze+jws', claims, keys), await sign('countersign-proof+jws', { ...claims, roles: ['owner'] }, keys)]) {
      await store.putRecord('proofs', `${keys.kid} ${kim.email}`, record);
      await expect.poll(() => store.records('proofs')).not.toContain(record);
      expect([other.people().byEmail(kim.email)?.groups, other.people().byEmail(claims.email)]).toEqual([[], undefined]);
    }
    for (const use of ['cli', 'console'] as const) expect(await signIns.find(use, old)).toBeUndefined();
  });
});

describe('a sign-in by an API token', () => {
  const { token: apiToken, hash } = newToken();
  const config = (person = 'kim@example.com') => [{ name: 'kim-laptop', hash, person, scopes: ['requests:read'] as const }];
  const lee: Person = { ...kim, email: 'lee@example.com' };

  test('is the token\'s, doesn\'t hold it, and lasts no longer than it does', async () => {
    const clock = new FakeClock();
    let people = createPeople([kim, lee], config(), clock);
    const { signIns, events } = testSignIns({ clock, people: () => people });
    expect(await signIns.beginByApiToken('console', newToken().token)).toBeUndefined();
    const { token = '' } = (await signIns.beginByApiToken('console', apiToken)) ?? {};
    expect(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).not.toContain(apiToken);
    expect(await signIns.find('console', token)).toMatchObject({ name: 'kim-laptop', person: kim, scopes: new Set(['requests:read']), signIn: { apiToken: hashToken(apiToken) } });
    expect(events).toMatchObject([{ kind: 'person.signed_in', person: kim.email, token: 'kim-laptop', use: 'console' }]);
    for (const tokens of [[], config(lee.email)]) {
      people = createPeople([kim, lee], tokens, clock);
      expect(await signIns.find('console', token)).toBeUndefined();
    }
  });
});

describe('a sign-in that was ended', () => {
  test('is nobody\'s, and the others go on', async () => {
    const { signIns, begin, events } = world([kim]);
    const [one, two] = [await begin(), await begin()];
    const holder = await signIns.find('cli', one.token);
    expect(await signIns.end(one.signIn)).toEqual({ everywhere: true });
    expect([await signIns.find('cli', one.token), holder?.counts(), (await signIns.find('cli', two.token))?.person]).toEqual([undefined, false, kim]);
    expect(events.at(-1)).toEqual({ kind: 'person.signed_out', person: kim.email, signIn: one.signIn.id, by: kim.email, jws: expect.any(String) as string });
  });

  test('with all others of its person is nobody\'s, nor is the person known by them; a later one counts', async () => {
    const { signIns, begin, proven, clock, directory, events } = world();
    const before = [await begin(), await signIns.begin('console', proven())];
    await signIns.endAll(' KIM@example.com', 'dana@example.com', 'laptop stolen');
    for (const { token, signIn: { use } } of before) expect(await signIns.find(use, token)).toBeUndefined();
    expect(directory.byEmail(kim.email)).toBeUndefined();
    expect(events.at(-1)).toEqual({ kind: 'person.signed_out', person: kim.email, by: 'dana@example.com', reason: 'laptop stolen', jws: expect.any(String) as string });
    clock.advance(1);
    const { token } = await begin();
    expect((await signIns.find('cli', token))?.person).toEqual(kim);
  });

  test('with all others is so wherever they were begun, by whichever clock', async () => {
    const { signIns, clock, keys, store, directory } = world();
    const ahead = testSignIns({ clock: new FakeClock(clock.now() + 5_000), keys, store });
    const { token } = await ahead.signIns.begin('cli', { person: kim, at: clock.now() + 5_000, until: clock.now() + HOUR });
    await expect.poll(() => directory.byEmail(kim.email)).toEqual(kim);
    await signIns.endAll(kim.email, 'dana@example.com');
    await expect.poll(() => ahead.signIns.find('cli', token)).toBeUndefined();
  });

  test('isn\'t begun anew by what was proven before', async () => {
    const { signIns, proven, clock } = world();
    const old = proven();
    clock.advance(1);
    await signIns.endAll(kim.email, 'dana@example.com');
    await expect(signIns.begin('cli', old)).rejects.toMatchObject({ code: 'sign_in_refused', claimed: kim.email });
  });

  test('doesn\'t bring back groups that were lost since', async () => {
    const { signIns, begin, clock } = world();
    const old = await begin();
    clock.advance(1);
    const fewer = await begin({ ...kim, groups: [] });
    await signIns.end(fewer.signIn);
    expect((await signIns.find('cli', old.token))?.person.groups).toEqual([]);
  });

  test('is so on every replica, now and after a restart, and is recorded once on each', async () => {
    const { signIns, begin, clock, keys, store, events } = world();
    const other = testSignIns({ clock, keys, store });
    const [one, two] = [await begin(), await begin()];
    await signIns.end(one.signIn);
    await expect.poll(() => other.signIns.find('cli', one.token)).toBeUndefined();
    expect((await other.signIns.find('cli', two.token))?.person).toEqual(kim);
    await other.signIns.endAll(kim.email, 'dana@example.com');
    await expect.poll(() => signIns.find('cli', two.token)).toBeUndefined();
    const later = testSignIns({ clock, keys, store });
    await later.begun;
    expect([await later.signIns.find('cli', one.token), await later.signIns.find('cli', two.token)]).toEqual([undefined, undefined]);
    for (const journal of [events, other.events]) expect(journal.filter(({ kind }) => kind === 'person.signed_out')).toHaveLength(2);
  });

  test('is so again by what was recorded, whatever the store has lost, and isn\'t recorded again', async () => {
    const { signIns, begin, clock, keys, events } = world();
    const [one, two] = [await begin(), await begin({ ...kim, email: 'lee@example.com' })];
    await signIns.end(one.signIn);
    await signIns.endAll('lee@example.com', 'dana@example.com');
    const later = testSignIns({ clock, keys, past: events });
    await later.begun;
    expect([await later.signIns.find('cli', one.token), await later.signIns.find('cli', two.token)]).toEqual([undefined, undefined]);
    expect([later.events, (await later.store.records('sign-outs')).length]).toEqual([[], 2]);
  });

  test('isn\'t undone or forged by who writes to the store, nor by a record of another kind or key', async () => {
    const { signIns, begin, clock, keys, store } = world();
    const [ended, good] = [await begin(), await begin({ ...kim, email: 'lee@example.com' })];
    await signIns.endAll(kim.email, 'dana@example.com');
    const [old = ''] = await store.records('sign-outs');
    clock.advance(1);
    const again = await begin();
    await signIns.endAll(kim.email, 'dana@example.com');
    const claims = { person: 'lee@example.com', by: 'x', at: clock.now() };
    const forged = [old, await sign('countersign-sign-out+jws', claims, newKeys()), await sign('countersign-freeze+jws', claims, keys), await sign('countersign-sign-out+jws', { ...claims, more: 1 }, keys), 'nonsense'];
    for (const record of forged) {
      await store.putRecord('sign-outs', `${keys.kid} ${kim.email}`, record);
      await expect.poll(() => store.records('sign-outs')).not.toContain(record);
      expect([await signIns.find('cli', ended.token), await signIns.find('cli', again.token)]).toEqual([undefined, undefined]);
      expect(await signIns.find('cli', good.token)).toBeDefined();
    }
  });

  test('is forgotten when it would be over anyway; that all were ended, never', async () => {
    const { signIns, signOuts, begin, clock, store } = world();
    const { signIn } = await begin();
    await signIns.end(signIn);
    await signIns.endAll('lee@example.com', kim.email);
    expect(await store.records('sign-outs')).toHaveLength(2);
    clock.advance(HOUR + 60_000);
    await expect.poll(() => signOuts.ended(signIn)).toBe(false);
    expect(await store.records('sign-outs')).toHaveLength(1);
    expect([signOuts.ended(signIn), signOuts.ended({ ...signIn, person: { ...kim, email: 'lee@example.com' } })]).toEqual([false, true]);
  });
});

test('roles allow what they are for', () => {
  expect(scopesOf([]).size).toBe(0);
  expect([...scopesOf(['admin'])].toSorted()).toEqual(TOKEN_SCOPES.filter((scope) => scope !== 'requests:decide').toSorted());
  expect(scopesOf(['auditor']).has('requests:decide')).toBe(false);
});
