import { describe, expect, test } from 'vitest';
import { normalEmail, sameEmail } from '../../src/identity/email.ts';
import { createPeople } from '../../src/identity/people.ts';
import type { Person } from '../../src/identity/person.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { SignedInPeople } from '../../src/identity/signed-in-people.ts';
import { hashToken, newToken } from '../../src/identity/tokens.ts';

const sam: Person = { email: 'Sam@Example.com', roles: ['approver'], groups: ['dba'], slack: 'U1', teams: '0f8fad5b-d9cb-469f-a165-70867728950e' };
const { token, hash } = newToken();
const people = createPeople([sam], [
  { name: 'ci', hash, person: 'SAM@example.com', scopes: ['requests:read'] },
  { name: 'orphan', hash: hashToken('cst_orphan'), person: 'gone@example.com', scopes: ['requests:decide'] },
  { name: 'broken', hash: 'sha256:zz', person: 'sam@example.com', scopes: ['requests:decide'] },
]);

describe('people', () => {
  test.each(['sam@example.com', 'SAM@EXAMPLE.COM', ' sam@example.com\n'])('are found by e-mail as %j', (email) => {
    expect(people.byEmail(email)).toEqual({ ...sam, email: 'sam@example.com' });
  });

  test('are found by a Slack id only when it was linked', () => {
    expect(people.bySlackId('U1')?.email).toBe('sam@example.com');
    expect(people.bySlackId('U2')).toBeUndefined();
    expect(people.bySlackId('undefined')).toBeUndefined();
  });

  test('are found by an object id of Entra ID only when it was linked', () => {
    expect(people.byTeamsId('0F8FAD5B-d9cb-469f-a165-70867728950e')?.email).toBe('sam@example.com');
    expect(people.byTeamsId('7c9e6679-7425-40de-944b-e07fc1f90ae7')).toBeUndefined();
  });

  test('are nobody else', () => {
    expect(people.byEmail('samuel@example.com')).toBeUndefined();
    expect(people.byEmail('')).toBeUndefined();
  });
});

describe('tokens', () => {
  test('name their person and their scopes', () => {
    expect(people.byToken(token)).toEqual({ name: 'ci', person: { ...sam, email: 'sam@example.com' }, scopes: new Set(['requests:read']) });
  });

  test.each([
    ['an unknown one', newToken().token],
    ['the hash itself', hash],
    ['a part', token.slice(0, -1)],
    ['other case', token.toUpperCase()],
    ['nothing', ''],
    ['one without its prefix', token.slice(4)],
    ['one whose person is gone', 'cst_orphan'],
  ])('refuse %s', (_name, presented) => {
    expect(people.byToken(presented)).toBeUndefined();
  });

  test('are random, recognisable and stored as hashes only', () => {
    const [a, b] = [newToken(), newToken()];
    expect(a.token).toMatch(/^cst_[\w-]{43}$/);
    expect(a.token).not.toBe(b.token);
    expect(a.hash).toBe(hashToken(a.token));
    expect(a.hash).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe('who has signed in', () => {
  const HOUR = 3_600_000;
  const lee = (groups: readonly string[] = ['dba']): Person => ({ email: 'Lee@example.com', roles: ['approver'], groups });

  test('is known until the time is over, and no longer', () => {
    const clock = new FakeClock();
    const people = createPeople([], [], clock);
    people.remember({ person: lee(), at: clock.now(), until: clock.now() + HOUR });
    expect(people.byEmail(' LEE@example.com')).toEqual({ email: 'lee@example.com', roles: ['approver'], groups: ['dba'] });
    clock.advance(HOUR - 1);
    expect(people.byEmail('lee@example.com')).toBeDefined();
    clock.advance(1);
    expect(people.byEmail('lee@example.com')).toBeUndefined();
  });

  test('keeps what the configuration says, and has what was proven beside it', () => {
    const clock = new FakeClock();
    const people = createPeople([sam], [{ name: 'ci', hash, person: 'sam@example.com', scopes: ['requests:read'] }], clock);
    people.remember({ person: { email: 'sam@example.com', roles: ['admin', 'approver'], groups: ['oncall', 'dba'] }, at: clock.now(), until: clock.now() + HOUR });
    const both = { email: 'sam@example.com', roles: ['approver', 'admin'], groups: ['dba', 'oncall'], slack: 'U1', teams: sam.teams };
    expect([people.byEmail('sam@example.com'), people.bySlackId('U1'), people.byToken(token)?.person]).toEqual([both, both, both]);
    clock.advance(HOUR);
    expect(people.byEmail('sam@example.com')).toEqual({ ...sam, email: 'sam@example.com' });
  });

  test('is what was proven last, whatever comes in afterwards', () => {
    const clock = new FakeClock();
    const people = createPeople([], [], clock);
    const remember = (groups: readonly string[], at: number) => people.remember({ person: lee(groups), at, until: clock.now() + HOUR });
    remember([], 2);
    remember(['dba'], 1);
    expect(people.byEmail('lee@example.com')?.groups).toEqual([]);
    remember(['oncall'], 3);
    expect(people.byEmail('lee@example.com')?.groups).toEqual(['oncall']);
  });

  test('is forgotten up to a time', () => {
    const clock = new FakeClock();
    const people = createPeople([], [], clock);
    people.remember({ person: lee(), at: clock.now(), until: clock.now() + HOUR });
    people.forget('lee@example.com', clock.now() - 1);
    expect(people.byEmail('lee@example.com')).toBeDefined();
    people.forget('LEE@example.com', clock.now());
    expect(people.byEmail('lee@example.com')).toBeUndefined();
  });

  test('is a bounded number of people: those whose time is over go first, then those who would be next', () => {
    const clock = new FakeClock();
    const some = new SignedInPeople(clock, 2);
    const remember = (email: string, hours: number) => some.remember({ person: { ...lee(), email }, at: clock.now(), until: clock.now() + hours * HOUR });
    remember('a@example.com', 1);
    remember('b@example.com', 3);
    clock.advance(HOUR);
    remember('c@example.com', 1);
    expect(['a', 'b', 'c'].map((name) => some.of(`${name}@example.com`) !== undefined)).toEqual([false, true, true]);
    remember('d@example.com', 5);
    expect(['b', 'c', 'd'].map((name) => some.of(`${name}@example.com`) !== undefined)).toEqual([true, false, true]);
  });
});

test('e-mails differ by what matters only', () => {
  expect(sameEmail('dana@example.com', 'ＤＡＮＡ@example.com')).toBe(true);
  expect(sameEmail('dana@example.com', 'dana@example.org')).toBe(false);
  expect(normalEmail(' A@B ')).toBe('a@b');
});
