import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { sign } from '../../src/approval/jws.ts';
import { TOKEN_SCOPES } from '../../src/config/config.ts';
import { createPeople } from '../../src/identity/people.ts';
import type { Person } from '../../src/identity/person.ts';
import { scopesOf, SignInTokens } from '../../src/identity/sign-in-tokens.ts';
import { newKeys } from '../approval/support.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { unsigned } from './oidc/hostile-issuer.ts';

const HOUR = 3_600_000;
const kim: Person = { email: 'kim@example.com', roles: ['approver', 'auditor'], groups: ['dba'] };

function world(people: readonly Person[] = []) {
  const clock = new FakeClock();
  const keys = newKeys();
  const directory = createPeople(people, [], clock);
  return { clock, keys, directory, tokens: new SignInTokens({ keys, people: directory, clock }) };
}

describe('a token of a sign-in', () => {
  test('is its person\'s, with the scopes of the roles, until its time is over', async () => {
    const { tokens, clock } = world();
    const token = await tokens.issue({ person: kim, until: clock.now() + HOUR });
    expect(await tokens.holder(token)).toEqual({ name: 'sign-in', person: kim, scopes: new Set(['requests:read', 'requests:decide', 'sessions:read', 'agents:read', 'audit:read']) });
    clock.advance(HOUR);
    expect(await tokens.holder(token)).toBeUndefined();
  });

  test('that is over is nobody\'s, also where the configuration knows the person', async () => {
    const { tokens, clock } = world([kim]);
    const token = await tokens.issue({ person: kim, until: clock.now() + HOUR });
    clock.advance(HOUR - 1);
    expect(await tokens.holder(token)).toBeDefined();
    clock.advance(1);
    expect(await tokens.holder(token)).toBeUndefined();
  });

  test('makes the person known to a process that has just started, and to all that decides there', async () => {
    const { tokens, clock, keys } = world();
    const token = await tokens.issue({ person: kim, until: clock.now() + HOUR });
    const later = createPeople([], [], clock);
    expect(later.byEmail(kim.email)).toBeUndefined();
    await new SignInTokens({ keys, people: later, clock }).holder(token);
    expect(later.byEmail(kim.email)).toEqual(kim);
  });

  test('is worth no more than the latest sign-in', async () => {
    const { tokens, clock, directory } = world();
    const token = await tokens.issue({ person: kim, until: clock.now() + HOUR });
    directory.remember({ person: { ...kim, roles: ['auditor'], groups: [] }, until: clock.now() + HOUR + 1 });
    expect((await tokens.holder(token))?.person).toEqual({ ...kim, roles: ['auditor'], groups: [] });
    expect((await tokens.holder(token))?.scopes.has('requests:decide')).toBe(false);
  });

  test('is taken only as this process\' key has signed it', async () => {
    const { tokens, clock, keys } = world();
    const claims = { email: kim.email, roles: ['admin'], groups: [], until: clock.now() + HOUR };
    const good = await tokens.issue({ person: kim, until: clock.now() + HOUR });
    const [header = '', , signature = ''] = good.split('.');
    const forged = [
      '', 'cst_x', good.slice(0, -2), `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`, unsigned(claims, { alg: 'none', typ: 'countersign-sign-in+jws' }),
      await sign('countersign-sign-in+jws', claims, newKeys()),
      await sign('countersign-decision+jws', claims, keys),
      await sign('countersign-sign-in+jws', { ...claims, roles: ['owner'] }, keys),
      await sign('countersign-sign-in+jws', { ...claims, more: 1 }, keys),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'countersign-sign-in+jws', kid: keys.kid }).sign(Buffer.alloc(32)),
    ];
    for (const token of forged) expect(await tokens.holder(token)).toBeUndefined();
    expect(await tokens.holder(good)).toBeDefined();
  });

  test('isn\'t made for more groups than a header carries', async () => {
    const { tokens, clock } = world();
    const groups = Array.from({ length: 400 }, (_, index) => `group ${index} ${'x'.repeat(30)}`);
    await expect(tokens.issue({ person: { ...kim, groups }, until: clock.now() + HOUR })).rejects.toMatchObject({ code: 'sign_in_refused', message: expect.stringContaining('400 groups') as string });
  });
});

test('roles allow what they are for', () => {
  expect(scopesOf([]).size).toBe(0);
  expect([...scopesOf(['admin'])].toSorted()).toEqual(TOKEN_SCOPES.filter((scope) => scope !== 'requests:decide').toSorted());
  expect(scopesOf(['auditor']).has('requests:decide')).toBe(false);
});
