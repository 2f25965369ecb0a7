import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { check, checkCommand } from '../../src/cli/check.ts';
import { policyTestCommand } from '../../src/cli/policy-test.ts';

const CONFIG = `listen: { postgres: 0.0.0.0:6432 }
databases:
  shop: { protocol: postgres, upstream: "postgres://app@db.internal/shop" }
people:
  - { email: sam@example.com, roles: [approver], groups: [dba] }
  - { email: lee@example.com, roles: [approver], groups: [oncall] }
policies: [policy.yaml]
`;
const POLICY = 'version: 1\nrules:\n  - { name: exports, effects: [export], then: hold, approvers: [dba] }\n';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'check-'))));
afterAll(() => rmSync(dir, { recursive: true }));

async function run(config: string, policy: string, options: { json?: true } = {}): Promise<{ code: number; text: string }> {
  writeFileSync(join(dir, 'countersign.yaml'), config);
  writeFileSync(join(dir, 'policy.yaml'), policy);
  const lines: string[] = [];
  const code = await check(join(dir, 'countersign.yaml'), options, (line) => void lines.push(line));
  return { code, text: lines.join('\n').replaceAll(`${dir}/`, '') };
}

test('a right configuration gets a summary with what is perhaps not meant', async () => {
  const { code, text } = await run(CONFIG, `${POLICY}  - { name: nights, when: 'now.getHours("UTC") < 6', then: hold, approvers: [oncall] }\n`);
  expect(code).toBe(0);
  expect(text).toMatch(/^countersign.yaml is right:\n {2}1 database: shop\n {2}0 agents, 2 people, 0 API tokens\n {2}2 rules, 0 sets of sensitive columns; what no rule covers is held\n/);
  expect(text.split('\n').filter((line) => line.startsWith('Warning'))).toEqual([
    'Warning: shop: the connection to db.internal is not encrypted; say tls: {}',
    'Warning: listen.postgres: agents reach 0.0.0.0 without TLS; say tls: { cert: …, key: … }',
    'Warning: approvals.store is memory: pending requests end with the process, and only one process can run',
    'Warning: rules exports and nights have no group of approvers in common: a statement that meets both is denied',
  ]);
});

test('nobody can miss that a policy only observes', async () => {
  const { code, text } = await run(CONFIG, POLICY.replace('rules:', 'mode: observe\nrules:'));
  expect(code).toBe(0);
  expect(text).toContain('what no rule covers would be held');
  expect(text).toContain('Warning: mode: observe: nothing is held or denied by rules and default; what would be runs, and is only recorded');
});

test('what is perhaps not meant of sign-in and tokens', async () => {
  for (const file of ['cert.pem', 'key.pem']) writeFileSync(join(dir, file), '');
  const config = `${CONFIG.replace('0.0.0.0:6432', '127.0.0.1:6432, http: 127.0.0.1:8080')}tls: { cert: cert.pem, key: key.pem }
url: https://countersign.example.com
identity: { issuer: https://login.example.com, client_id: x, roles: { approver: [dba, "DBA On-call"] } }
agent_issuers: [{ issuer: https://ci.example.com, audience: x, owner: dana@example.com }]
`;
  const warned = async (text: string) => (await run(text, POLICY)).text.split('\n').filter((line) => /identity|agent_issuers/.test(line));
  expect(await warned(config)).toEqual([
    'Warning: identity.roles.approver: no policy can name the group "DBA On-call", because a name has only letters, digits, "_", "." and "-"',
    'Warning: agent_issuers: agents of https://ci.example.com have no prefix, so every unknown name is asked for a token',
    'Warning: agent_issuers: agents of https://ci.example.com may use no database',
  ]);
  expect(await warned(config.replace(', roles: { approver: [dba, "DBA On-call"] }', '').replace('audience: x', 'audience: x, prefix: ci-, databases: [shop]'))).toEqual([
    'Warning: identity.roles names no groups: whoever signs in and isn\'t among the people has no role',
  ]);
});

test('problems of the configuration, then of the policy, are named by their places', async () => {
  expect(await run(CONFIG.replace('listen', 'lisen'), POLICY)).toEqual({
    code: 1, text: 'countersign.yaml:1:1: "listen" is missing\ncountersign.yaml:1:1: unknown key "lisen"; did you mean "listen"?\n2 problems.',
  });
  expect(await run(CONFIG, POLICY.replace('[dba]', '[bda]'))).toEqual({ code: 1, text: 'policy.yaml:3:65: nobody is in the group "bda"; did you mean "dba"?\n1 problem.' });
  expect(JSON.parse((await run(CONFIG, 'version: 1\nruls: []\n', { json: true })).text)).toEqual({
    problems: [{ file: 'policy.yaml', line: 2, column: 1, message: 'unknown key "ruls"; did you mean "rules"?' }], warnings: [],
  });
});

test('a configuration that nobody can approve under is wrong', async () => {
  expect((await run(CONFIG.replaceAll('[approver]', '[auditor]'), 'version: 1\n')).text).toContain('policy.yaml:1:1: nobody may release what is held');
});

test('the commands add themselves beside others', () => {
  const program = new Command();
  program.command('policy').command('replay');
  checkCommand(program);
  policyTestCommand(program);
  expect(program.commands.map((command) => command.name())).toEqual(['policy', 'check']);
  expect(program.commands[0]?.commands.map((command) => command.name())).toEqual(['replay', 'test']);
});
