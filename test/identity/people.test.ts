import { describe, expect, test } from 'vitest';
import { normalEmail, sameEmail } from '../../src/identity/email.ts';
import { createPeople } from '../../src/identity/people.ts';
import type { Person } from '../../src/identity/person.ts';
import { hashToken, newToken } from '../../src/identity/tokens.ts';

const sam: Person = { email: 'Sam@Example.com', roles: ['approver'], groups: ['dba'], slack: 'U1' };
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

test('e-mails differ by what matters only', () => {
  expect(sameEmail('dana@example.com', 'ＤＡＮＡ@example.com')).toBe(true);
  expect(sameEmail('dana@example.com', 'dana@example.org')).toBe(false);
  expect(normalEmail(' A@B ')).toBe('a@b');
});
