import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatProblem } from '../../src/config/problems.ts';
import { policyTest } from '../../src/cli/policy-test.ts';
import { runCases } from '../../src/policy/cases.ts';

const CASES = join(import.meta.dirname, '../../policies/cases');
const files = (await readdir(CASES)).filter((file) => file.endsWith('.yaml'));

test.each(files)('policies/cases/%s', async (file) => {
  const { cases, failures } = await runCases([join(CASES, file)]);
  expect(failures.map(formatProblem)).toEqual([]);
  expect(cases).toBeGreaterThan(20);
});

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'cases-'))));
afterAll(() => rmSync(dir, { recursive: true }));

async function run(text: string, policy?: string): Promise<{ code: number; lines: string[] }> {
  const file = join(dir, 'cases.yaml');
  writeFileSync(file, text);
  writeFileSync(join(dir, 'policy.yaml'), policy ?? 'version: 1\nholds: { approvers: [dba] }\nrules: [{ name: reads, effects: [read], then: allow }]\n');
  const lines: string[] = [];
  const code = await policyTest([file], {}, (line) => void lines.push(...line.replaceAll(`${dir}/`, '').split('\n')));
  return { code, lines };
}

test('a case that comes out otherwise is named by its place', async () => {
  const text = 'policy: [policy.yaml]\ncases:\n  - { sql: "SELECT 1", expect: allow, rule: reads }\n  - { sql: "DROP TABLE t", expect: allow }\n  - { sql: "SELECT 2", expect: allow, rule: writes }\n';
  expect(await run(text)).toEqual({
    code: 1,
    lines: [
      'cases.yaml:4:5: DROP TABLE t: expected allow, but got hold by default (no rule covers drop here, so the statement is held by default; effects: drop)',
      'cases.yaml:5:5: SELECT 2: expected allow by writes, but got allow by reads (allowed by rule reads; effects: read)',
      '2 of 3 cases came out otherwise.',
    ],
  });
});

test('all right', async () => {
  expect(await run('policy: [policy.yaml]\ncases: [{ sql: SELECT 1, expect: allow }]\n')).toEqual({ code: 0, lines: ['1 cases came out as expected.'] });
});

test.each<[string, string, string]>([
  ['key', 'cases: [{ sqll: SELECT 1, expect: allow }]\n', 'cases.yaml:1:11: unknown key "sqll" in cases[0]; did you mean "sql"?'],
  ['both', 'cases: [{ sql: a, facts: {}, expect: allow }]\n', 'cases.yaml:1:9: a case has either sql or facts'],
  ['effect', 'cases: [{ facts: { effects: [raed] }, expect: allow }]\n', expect.stringContaining('cases.yaml:1:30: an effect is one of read, insert') as never],
  ['no policy', 'cases: [{ sql: a, expect: allow }]\n', expect.stringContaining('no policy to test') as never],
  ['policy that is not there', 'policy: [nowhere.yaml]\ncases: [{ sql: a, expect: allow }]\n', expect.stringContaining('nowhere.yaml:1:1: the file can\'t be read') as never],
])('a wrong file is told: %s', async (_, text, line) => {
  const { code, lines } = await run(text);
  expect(code).toBe(1);
  expect(lines).toContainEqual(line);
});

test('everything a case can say reaches the policy', async () => {
  const policy = `version: 1
holds: { approvers: [dba] }
rules:
  - { name: reads, effects: [read], then: allow }
  - { name: a, agents: [eve], then: deny }
  - { name: g, groups: [risky], then: deny }
  - { name: o, when: 'agent.owner == "x@y.z"', then: deny }
  - { name: d, databases: [prod], then: deny }
  - { name: p, when: 'database.protocol == "mysql"', then: deny }
  - { name: t, when: 'transaction.open && transaction.age_ms >= 60000', then: deny }
  - { name: r, rows_over: 5, then: deny }
  - { name: n, when: 'now.getHours("UTC") < 6', then: deny }
`;
  const given = ['agent: eve', 'groups: [risky]', 'owner: x@y.z', 'database: prod', 'protocol: mysql', 'transaction_age: 1m', 'rows: 6', 'now: "2026-05-04T05:00:00Z"'];
  const rules = ['a', 'g', 'o', 'd', 'p', 't', 'r', 'n'];
  const cases = given.map((field, index) => `  - { sql: SELECT 1, ${field}, expect: deny, rule: ${rules[index]} }`);
  expect(await run(`policy: [policy.yaml]\ncases:\n${cases.join('\n')}\n  - { sql: SELECT 1, expect: allow }\n`, policy)).toEqual({ code: 0, lines: ['9 cases came out as expected.'] });
});

test('of a policy that observes, cases are about what it says', async () => {
  const observing = 'version: 1\nmode: observe\nholds: { approvers: [dba] }\nrules:\n  - { name: reads, effects: [read], then: allow }\n  - { name: many, effects: [read], rows_over: 5, then: deny }\n';
  const cases = 'policy: [policy.yaml]\ncases:\n  - { sql: DROP TABLE t, expect: hold, rule: default }\n  - { sql: SELECT 1, rows: 6, expect: deny, rule: many }\n  - { sql: SELECT 1, expect: allow }\n';
  expect(await run(cases, observing)).toEqual({ code: 0, lines: ['3 cases came out as expected.'] });
});
