import { describe, expect, test } from 'vitest';
import { type Claims, personOf } from '../../../src/identity/oidc/claims.ts';

const ROLES = { approver: ['dba-oncall', 'DBA On-call'], auditor: ['audit'], admin: ['platform', '6b1f0e52-8f4a-4d0e-9d7e-1c2f3a4b5c6d'] };
const RULES = { claims: { email: 'email', trustEmail: false, groups: 'groups' }, roles: ROLES };
const ENTRA = { claims: { email: 'preferred_username', trustEmail: true, groups: 'groups' }, roles: ROLES };

/** As Okta's custom authorization server sends them, with a groups claim added. */
const OKTA: Claims = {
  sub: '00u1', ver: 1, iss: 'https://example.okta.com/oauth2/default', aud: '0oa1', email: 'Kim@Example.com', email_verified: true, name: 'Kim', preferred_username: 'kim@example.com',
  groups: ['Everyone', 'DBA On-call', 'dba-oncall'],
};
/** As Entra ID's v2.0 endpoint sends them, groups as object ids. */
const ENTRA_ID: Claims = {
  sub: 'AAAA', ver: '2.0', iss: 'https://login.microsoftonline.com/9188040d/v2.0', aud: '11111111', oid: '22222222', tid: '9188040d', name: 'Kim', preferred_username: 'Kim@Example.com',
  groups: ['6b1f0e52-8f4a-4d0e-9d7e-1c2f3a4b5c6d'],
};

describe('claims', () => {
  test('of Okta: groups are names', () => {
    expect(personOf(OKTA, RULES)).toEqual({ email: 'kim@example.com', roles: ['approver'], groups: ['Everyone', 'DBA On-call', 'dba-oncall'] });
  });

  test('of Entra ID: groups are object ids, or roles of the application', () => {
    expect(personOf(ENTRA_ID, ENTRA)).toEqual({ email: 'kim@example.com', roles: ['admin'], groups: ['6b1f0e52-8f4a-4d0e-9d7e-1c2f3a4b5c6d'] });
    const { groups: _, ...rest } = ENTRA_ID;
    expect(personOf({ ...rest, roles: ['audit', 'dba-oncall'] }, { ...ENTRA, claims: { ...ENTRA.claims, groups: 'roles' } })).toMatchObject({ roles: ['approver', 'auditor'], groups: ['audit', 'dba-oncall'] });
  });

  test('without groups make somebody without roles', () => {
    for (const groups of [undefined, [], '', ['others'], 'dba-oncal', ['__proto__', 'constructor']]) expect(personOf({ ...OKTA, groups }, RULES).roles).toEqual([]);
    expect(personOf({ ...OKTA, groups: 'audit' }, RULES).roles).toEqual(['auditor']);
  });

  test('of more groups than are sent are refused, and say why', () => {
    const { groups: _, ...rest } = ENTRA_ID;
    const overage = { ...rest, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example.com/getMemberObjects' } } };
    expect(() => personOf(overage, ENTRA)).toThrow(/more groups than the issuer sends/);
    expect(() => personOf({ ...rest, hasgroups: 'true' }, ENTRA)).toThrow(/more groups than the issuer sends/);
    expect(() => personOf({ ...OKTA, groups: Array.from({ length: 501 }, (_, i) => `g${i}`) }, RULES)).toThrow(/more than 500 groups/);
    expect(() => personOf({ ...OKTA, groups: ['x'.repeat(257)] }, RULES)).toThrow(/longer than 256/);
    for (const groups of [[1], { 0: 'audit' }, 7, [['audit']], true]) expect(() => personOf({ ...OKTA, groups }, RULES)).toThrow(/no list of names/);
  });

  test('must hold a verified e-mail', () => {
    for (const email_verified of [undefined, false, 'true', 1, null]) expect(() => personOf({ ...OKTA, email_verified }, RULES)).toThrow(/verified/);
    for (const email of [undefined, '', 'kim', 'kim@a@b', 'kim <kim@example.com>', ['kim@example.com'], 7]) expect(() => personOf({ ...OKTA, email }, RULES)).toThrow(/doesn't say your e-mail/);
  });

  test('are trusted for an e-mail that nobody verifies only where that is configured, and never against what they say', () => {
    const trusting = { ...RULES, claims: { ...RULES.claims, trustEmail: true } };
    const { email_verified: _, ...silent } = OKTA;
    expect(personOf(silent, trusting).email).toBe('kim@example.com');
    expect(() => personOf({ ...OKTA, email_verified: false }, trusting)).toThrow(/isn't verified/);
    // What email_verified says is of the claim email, and of no other.
    expect(() => personOf({ ...ENTRA_ID, email_verified: true }, { ...ENTRA, claims: { ...ENTRA.claims, trustEmail: false } })).toThrow(/doesn't say whether/);
  });
});
