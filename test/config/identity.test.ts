import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configFrom } from '../../src/config/load.ts';
import { policyContext } from '../../src/config/policy-context.ts';
import { policyFrom } from '../../src/policy/load.ts';
import { problemsOf } from './problems.ts';

let dir: string;
let file: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'config-'));
  file = join(dir, 'countersign.yaml');
  for (const name of ['policy.yaml', 'cert.pem', 'key.pem']) writeFileSync(join(dir, name), 'version: 1\n');
});
afterAll(() => rmSync(dir, { recursive: true }));

const GOOD = `listen: { postgres: 127.0.0.1:6432, http: 127.0.0.1:8080 }
tls: { cert: cert.pem, key: key.pem }
url: https://countersign.example.com/
databases: { shop: { protocol: postgres, upstream: "postgres://app@db.internal:5432/shop" } }
agents:
  - { name: reporter, jwt: { issuer: https://login.example.com, audience: agents, subject: reporter@clients, claims: { env: prod } }, owner: dana@example.com, databases: [shop] }
agent_issuers:
  - { issuer: https://ci.example.com, audience: countersign, jwks_uri: https://ci.example.com/keys, claims: { repository: acme/shop, trusted: true }, prefix: ci-, name_claim: job, owner_claim: owner, groups_claim: teams, acts_for_claim: actor, databases: [shop] }
identity: { issuer: https://login.example.com, client_id: countersign, client_secret: { file: oidc.secret }, cli_client_id: countersign-cli, roles: { approver: [dba-oncall], admin: ["Platform Team"] }, session: 8h }
policies: [policy.yaml]
`;

const problems = (change: (text: string) => string): string[] => problemsOf(file, GOOD, change);

describe('a right file', () => {
  test('says how people sign in', () => {
    const config = configFrom(file, GOOD);
    expect(config.url).toBe('https://countersign.example.com');
    expect(config.identity).toEqual({
      issuer: 'https://login.example.com', label: 'login.example.com', clientId: 'countersign', clientSecret: { file: join(dir, 'oidc.secret') }, cliClientId: 'countersign-cli',
      scopes: ['openid', 'email', 'profile', 'groups'], claims: { email: 'email', trustEmail: false, groups: 'groups' },
      roles: { approver: ['dba-oncall'], auditor: [], admin: ['Platform Team'] }, sessionMs: 8 * 3_600_000,
    });
  });

  test('needs no secret, and takes the shape of Entra ID\'s claims', () => {
    const text = GOOD.replace('client_secret: { file: oidc.secret }', 'email_claim: preferred_username, trust_email: true, groups_claim: roles, scopes: [openid, profile], label: Entra ID');
    expect(configFrom(file, text).identity).toMatchObject({ label: 'Entra ID', claims: { email: 'preferred_username', trustEmail: true, groups: 'roles' }, scopes: ['openid', 'profile'] });
    expect(configFrom(file, text).identity).not.toHaveProperty('clientSecret');
  });

  test('says which tokens are agents', () => {
    const config = configFrom(file, GOOD);
    expect(config.agents.get('reporter')).toEqual({
      name: 'reporter', verifiers: {}, owner: 'dana@example.com', groups: [], databases: ['shop'],
      jwt: { issuer: 'https://login.example.com', audience: 'agents', claims: new Map([['sub', 'reporter@clients'], ['env', 'prod']]) },
    });
    expect(config.agentIssuers).toEqual([{
      issuer: 'https://ci.example.com', audience: 'countersign', jwksUri: 'https://ci.example.com/keys', claims: new Map<string, unknown>([['repository', 'acme/shop'], ['trusted', true]]),
      prefix: 'ci-', nameClaim: 'job', ownerClaim: 'owner', groupsClaim: 'teams', actsForClaim: 'actor', databases: ['shop'],
    }]);
  });

  test('reaches an issuer without TLS only on this machine', () => {
    for (const issuer of ['http://127.0.0.1:9000', 'http://localhost:9000/realms/x', 'http://[::1]:9000']) expect(configFrom(file, GOOD.replaceAll('https://login.example.com', `"${issuer}"`)).identity?.issuer).toBe(issuer);
  });
});

describe('what policies may name', () => {
  const holds = (rule: string, text = GOOD) => policyFrom([{ file: 'p.yaml', text: `version: 1\nrules:\n  - { name: r, effects: [export], then: hold${rule} }\n` }], policyContext(configFrom(file, text))).model.hold.approvers;

  test('is any group, where people sign in as approvers; the groups of that role decide where none is named', () => {
    expect(holds(', approvers: [whoever], quorum: 3')).toEqual(['dba-oncall']);
    expect(() => holds(', approvers: [whoever]', GOOD.replace('approver: [dba-oncall], ', ''))).toThrow(/nobody is in the group "whoever"/);
  });

  test('is any agent whose name begins as an issuer\'s do, and any group where tokens name groups', () => {
    expect(holds(', agents: [ci-7, reporter], groups: [anything]')).toEqual(['dba-oncall']);
    expect(() => holds(', agents: [cx-7]')).toThrow(/there is no agent "cx-7"/);
    expect(() => holds(', groups: [anything]', GOOD.replace('groups_claim: teams, ', ''))).toThrow(/no agent is in the group "anything"/);
    const unmasked = (list: string, text = GOOD) => policyFrom([{ file: 'p.yaml', text: `version: 1\n${list}\n` }], policyContext(configFrom(file, text)));
    for (const list of ['detect: [{ find: [email], unmask: [anything] }]', 'sensitive: [{ columns: [a.b], mask: "null", unmask: [anything] }]']) {
      expect(() => unmasked(list)).not.toThrow();
      expect(() => unmasked(list, GOOD.replace('groups_claim: teams, ', ''))).toThrow(/no agent is in the group "anything"/);
    }
  });
});

describe('wrong files name the place', () => {
  const cases: readonly (readonly [string, (text: string) => string, string])[] = [
    ['an issuer without TLS', (t) => t.replace('identity: { issuer: https:', 'identity: { issuer: http:'), '9:21: an https address is needed here'],
    ['an issuer with a password', (t) => t.replace('identity: { issuer: https://', 'identity: { issuer: https://me:secret@'), '9:21: an https address is needed here'],
    ['an unknown key', (t) => t.replace('cli_client_id', 'cli_client'), '9:110: unknown key "cli_client" in identity; did you mean "cli_client_id"?'],
    ['an unknown role', (t) => t.replace('approver: [dba', 'aprover: [dba'), 'unknown key "aprover" in identity.roles; did you mean "approver"?'],
    ['a secret itself', (t) => t.replace('{ file: oidc.secret }', 'hunter2'), 'identity.client_secret must be a mapping'],
    ['no URL', (t) => t.replace('url: https://countersign.example.com/\n', ''), '"url" is missing in the file'],
    ['a URL without TLS', (t) => t.replace('url: https', 'url: http'), '3:6: people sign in there, so it must be https'],
    ['a URL with a query', (t) => t.replace('example.com/\n', 'example.com/?x=1\n'), '3:6: a URL without user, query and fragment is needed here'],
    ['no HTTP', (t) => t.replace(', http: 127.0.0.1:8080', ''), 'listen.http is needed'],
    ['no scope openid', (t) => t.replace('session: 8h', 'scopes: [email]'), 'without the scope openid'],
    ['an e-mail nobody verifies', (t) => t.replace('session: 8h', 'email_claim: upn'), 'no issuer says whether upn is verified'],
    ['a duration', (t) => t.replace('8h', '8hours'), '"8hours" isn\'t a duration'],
    ['neither verifier nor jwt', (t) => t.replace(/jwt: \{.*?\} \}, /, ''), '6:5: the agent needs a verifier'],
    ['both', (t) => t.replace('name: reporter,', `name: reporter, verifier: "*${'0A'.repeat(20)}",`), 'an agent logs in by a password or by a token'],
    ['any token of the issuer', (t) => t.replace('subject: reporter@clients, claims: { env: prod }', ''), 'subject or claims are needed'],
    ['the subject twice', (t) => t.replace('env: prod', 'sub: x'), 'subject has said already'],
    ['a claim that is a list', (t) => t.replace('env: prod', 'env: [prod]'), 'a string, a number, true or false is needed here'],
    ['people\'s audience for an agent', (t) => t.replace('audience: agents, subject', 'audience: countersign-cli, subject'), '6:75: "countersign-cli" is the audience of people\'s sign-ins'],
    ['people\'s audience for an issuer\'s agents', (t) => t.replace('https://ci.example.com, audience: countersign,', 'https://login.example.com, audience: web,').replace('client_id: countersign,', 'client_id: web,'), '"web" is the audience of people\'s sign-ins'],
    ['no TLS', (t) => t.replace('tls: { cert: cert.pem, key: key.pem }\n', ''), 'tokens are taken as passwords over TLS only'],
    ['nobody who answers', (t) => t.replace('owner_claim: owner, ', ''), '8:5: exactly one of owner and owner_claim'],
    ['two who answer', (t) => t.replace('owner_claim: owner, ', 'owner_claim: owner, owner: dana@example.com, '), '8:5: exactly one of owner and owner_claim'],
    ['a prefix no name begins with', (t) => t.replace('prefix: ci-', 'prefix: "-ci"'), 'a prefix is the beginning of a name'],
    ['an unknown database', (t) => t.replace('actor, databases: [shop]', 'actor, databases: [shp]'), 'there is no database "shp"; did you mean "shop"?'],
    ['an issuer twice', (t) => t.replace('identity:', '  - { issuer: https://ci.example.com, audience: countersign, prefix: ci-, owner: dana@example.com }\nidentity:'), '9:15: there is another entry of the same issuer, audience and prefix'],
  ];
  test.each(cases)('%s', (_, change, expected) => {
    expect(problems(change).join('\n')).toContain(expected);
    expect(problems(change).join('\n')).not.toContain('hunter2');
  });
});
