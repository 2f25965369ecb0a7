import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/problems.ts';
import type { PolicyContext } from '../../src/policy/context.ts';
import { policyFrom } from '../../src/policy/load.ts';

const context: PolicyContext = {
  agents: new Set(['reporter']), agentGroups: new Set(['analytics']), databases: new Set(['shop']),
  approvers: new Map([['dba', 2], ['oncall', 1], ['interns', 0]]), withinMs: 600_000,
};

function problems(text: string, within?: PolicyContext): string[] {
  try {
    policyFrom([{ file: 'p.yaml', text }], within);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems.map((problem) => `${problem.line}:${problem.column}: ${problem.message}`);
  }
  return [];
}

const rules = (...lines: readonly string[]): string => ['version: 1', 'holds: { approvers: [dba] }', 'rules:', ...lines.map((line) => `  - ${line}`), ''].join('\n');

describe('wrong files name the place and what was meant', () => {
  test.each<[string, string, readonly string[]]>([
    ['version', 'version: 2\nholds: { approvers: [dba] }\n', ['1:10: version can\'t be 2; it is one of 1']],
    ['no version', 'rules: []\n', ['1:1: "version" is missing']],
    ['an empty file', '', ['1:1: "version" is missing']],
    ['unknown key', rules('{ name: a, efects: [read], then: hold }'), ['4:16: unknown key "efects" in rules[0]; did you mean "effects"?']],
    ['effect', rules('{ name: a, effects: [read, updte], then: hold }'), ['4:32: rules[0].effects[1] can\'t be "updte"; did you mean "update"?']],
    ['detector', 'version: 1\nholds: { approvers: [dba] }\ndetect: [{ find: [emial] }]\n', ['3:19: detect[0].find[0] can\'t be "emial"; did you mean "email"?']],
    ['detectors of nothing', 'version: 1\nholds: { approvers: [dba] }\ndetect:\n  - { find: [], colums: [a.b] }\n', [expect.stringMatching(/^4:/) as string, expect.stringContaining('did you mean "columns"?') as string]],
    ['action', rules('{ name: a, effects: [read], then: block }'), ['4:39: rules[0].then can\'t be "block"; there is allow, mask, hold, deny']],
    ['no action', rules('{ name: a, effects: [read] }'), ['4:5: "then" is missing in rules[0]']],
    ['same name', rules('{ name: a, effects: [read], then: hold }', '{ name: a, effects: [read], then: deny }'), ['5:13: there is another rule named "a" at p.yaml:4']],
    ['reserved name', rules('{ name: default, effects: [read], then: hold }'), ['4:13: "default" is a name that verdicts use when no rule decided; take another one']],
    ['allow without effects', rules('{ name: a, tables: [x], then: allow }'), ['4:13: the rule "a" allows, so it must list the effects it allows']],
    ['allow unknown', rules('{ name: a, effects: [read, unknown], then: allow }'), [expect.stringMatching(/^4:32: what wasn't understood can't be allowed/) as string]],
    ['allow by columns too far', rules('{ name: a, effects: [read, drop], columns: [a.b], then: allow }'), [expect.stringMatching(/^4:32: drop reaches further than the columns listed/) as string]],
    ['masked by rows', rules('{ name: a, effects: [read], rows_over: 5, then: mask }'), [expect.stringMatching(/^4:44: rows_over is for rules that hold or deny/) as string]],
    ['rows over nothing', rules('{ name: a, rows_over: {}, then: deny }'), [expect.stringMatching(/^4:27: rows_over is a number of rows, or \{ statement: …, session: …, hour: … \}/) as string]],
    ['rows over a day', rules('{ name: a, rows_over: { day: 5 }, then: deny }'), ['4:29: unknown key "day" in rules[0].rows_over; there is statement, session, hour']],
    ['rows over less than none', rules('{ name: a, rows_over: -1, then: deny }'), [expect.stringMatching(/^4:27: .*a number of rows is needed here$/) as string]],
    ['rows over a word', rules('{ name: a, rows_over: many, then: deny }'), [expect.stringMatching(/^4:27: rows_over is a number of rows, or/) as string]],
    ['allow large', rules('{ name: a, effects: [read], rows_over: 5, then: allow }'), [expect.stringMatching(/^4:44: rows_over is for rules that hold or deny/) as string]],
    ['terms without a hold', rules('{ name: a, effects: [read], then: deny, within: 15m }'), ['4:53: within says how a hold ends, but the rule\'s action is deny']],
    ['table of three parts', rules('{ name: a, tables: [x.y.z], then: hold }'), ['4:25: a table is written as name or schema.name, with * for any characters']],
    ['column of one part', rules('{ name: a, columns: [x], then: hold }'), [expect.stringContaining('a column is written as table.column') as string]],
    ['empty list', rules('{ name: a, tables: [], then: hold }'), ['4:24: rules[0].tables: an empty list matches nothing; leave the key out to mean any']],
    ['stars', rules('{ name: a, tables: ["a*b*c*d*e*f"], then: hold }'), ['4:25: a pattern has at most 4 stars']],
    ['the default can\'t allow', 'version: 1\ndefault: allow\n', ['2:10: default can\'t be "allow"; there is hold, deny']],
    ['mask', 'version: 1\nholds: { approvers: [a] }\nsensitive:\n  - { columns: [c.email], mask: emial }\n', ['4:33: sensitive[0].mask can\'t be "emial"; did you mean "email"?']],
    ['an agent as a number', rules('{ name: a, agents: [1], then: hold }'), ['4:25: rules[0].agents[0] must be a string, not 1']],
    ['merge key', rules('{ name: a, <<: {}, then: hold }'), [expect.stringContaining('unknown key "<<"') as string]],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test.each<[string, string, readonly string[]]>([
    ['group to escalate to', '{ name: a, then: hold, escalate: { to: [dab], after: 1m } }', ['4:45: nobody is in the group "dab"; did you mean "dba"?']],
    ['group to break the glass', '{ name: a, then: hold, break_glass: [dba, dab] }', ['4:47: nobody is in the group "dab"; did you mean "dba"?']],
    ['escalation after the end', '{ name: a, then: hold, within: 5m, escalate: { to: [dba], after: 5m } }', ['4:70: by then the request has expired: escalate sooner, or give it more time by within']],
    ['group of approvers', '{ name: a, then: hold, approvers: [dab] }', ['4:40: nobody is in the group "dab"; did you mean "dba"?']],
    ['group without approvers', '{ name: a, then: hold, approvers: [dba, interns] }', ['4:45: nobody in the group "interns" has the role approver']],
    ['quorum', '{ name: a, then: hold, approvers: [oncall], quorum: 2 }', ['4:57: 2 people must approve, but oncall has only one approver']],
    ['agent', '{ name: a, then: hold, agents: [reportr] }', ['4:37: there is no agent "reportr"; did you mean "reporter"?']],
    ['agent group', '{ name: a, then: hold, groups: [dba] }', ['4:37: no agent is in the group "dba"; there is analytics']],
    ['database', '{ name: a, then: hold, databases: [shpo] }', ['4:40: there is no database "shpo"; did you mean "shop"?']],
    ['a glob', '{ name: a, then: hold, databases: ["stag*"] }', []],
  ])('names nobody has: %s', (_, rule, expected) => {
    expect(problems(rules(rule), context)).toEqual(expected);
  });

  test('a request that waits longer than the journal keeps it', () => {
    const rule = rules('{ name: a, then: hold, within: 3d }');
    expect(problems(rule, { ...context, keepMs: 3 * 86_400_000 })).toEqual([]);
    expect(problems(rule, { ...context, keepMs: 2 * 86_400_000 })).toEqual(['4:36: journal.keep is shorter: the journal would no longer have the request when it is decided']);
  });

  test('nobody may release anything', () => {
    expect(problems('version: 1\n', { ...context, approvers: new Map([['interns', 0]]) })).toEqual(['1:1: nobody may release what is held: no person in the configuration has the role approver and a group']);
  });
});

describe('conditions are checked when they are loaded', () => {
  test.each<[string, string, string]>([
    ['undeclared variable', "when: 'agnt.name == \"x\"'", '4:14: in the condition: there is no variable "agnt"; did you mean "agent"?'],
    ['unknown field', "when: 'agent.nam == \"x\"'", '4:20: in the condition: no such key: nam'],
    ['types', "when: '1 + true == 2'", '4:14: in the condition: no such overload: int + bool'],
    ['types, later on', "when: 'statement.unbounded && agent.name > 3'", '4:37: in the condition: no such overload: string > int'],
    ['after a quote in single quotes', "when: '\"it''s\" == agent.nam'", '4:31: in the condition: no such key: nam'],
    ['plain', 'when: agent.nam == "x"', '4:19: in the condition: no such key: nam'],
    ['in double quotes', 'when: "agent.nam == \'x\'"', '4:20: in the condition: no such key: nam'],
    ['syntax', "when: 'agent.name =='", '4:27: in the condition: unexpected token: EOF'],
    ['not a condition', "when: 'agent.name'", '4:14: a condition is true or false, but this is of type string'],
    ['effect that is none', "when: '\"updat\" in effects'", '4:14: in the condition: there is no effect "updat"; did you mean "update"?'],
    ['function', "when: 'szie(tables) > 3'", '4:14: in the condition: there is no function "szie"; did you mean "size"?'],
    ['method that can grow', "when: 'statement.text.split(\"\").size() > 3'", expect.stringContaining('there is no method "split"') as never],
    ['dyn would hide types', "when: 'dyn(1) == \"x\"'", expect.stringContaining('there is no function "dyn"') as never],
    ['bind', "when: 'cel.bind(x, 1, x == 1)'", expect.stringContaining('there is no variable "cel"') as never],
    ['pattern', "when: 'agent.name.matches(\"(\")'", expect.stringMatching(/^4:33: in the condition: the pattern isn't RE2 syntax/) as never],
    ['backreference', "when: 'agent.name.matches(\"(a)\\\\1\")'", expect.stringContaining('the pattern isn\'t RE2 syntax') as never],
    ['computed pattern', "when: 'agent.name.matches(statement.text)'", expect.stringContaining('matches takes a text written in the condition itself') as never],
    ['zone', "when: 'now.getHours(\"Mars/North\") < 6'", '4:27: in the condition: there is no time zone "Mars/North"; write it as UTC or Europe/Berlin'],
    ['nesting', "when: 'tables.all(a, tables.all(b, tables.all(c, a == c)))'", expect.stringContaining('nest at most 2 deep') as never],
  ])('%s', (_, when, expected) => {
    expect(problems(rules(`{ ${when}, name: a, then: hold }`))).toContainEqual(expected);
  });

  test('in a literal block over lines', () => {
    const text = 'version: 1\nholds: { approvers: [dba] }\nrules:\n  - name: a\n    when: |\n      statement.unbounded &&\n      agent.nam == "x"\n    then: hold\n';
    expect(problems(text)).toEqual(['7:13: in the condition: no such key: nam']);
  });

  test('long ones are not parsed', () => {
    expect(problems(rules(`{ name: a, when: '${'!'.repeat(5000)}true', then: hold }`))).toEqual([expect.stringContaining('longer than 4096') as string]);
  });
});

describe('version', () => {
  const a = { file: 'a.yaml', text: rules('{ name: a, effects: [read], then: allow }') };
  const b = { file: 'b.yaml', text: 'version: 1\n' };
  test('is the contents, not their order or names', () => {
    expect(policyFrom([b, { ...a, file: 'z.yaml' }]).version).toBe(policyFrom([a, b]).version);
    expect(policyFrom([a, b]).version).toMatch(/^[0-9a-f]{64}$/);
    expect(policyFrom([a]).version).not.toBe(policyFrom([a, b]).version);
    expect(policyFrom([{ ...a, text: `${a.text} ` }]).version).not.toBe(policyFrom([a]).version);
  });
  test('files are one policy: names once, holds once, the stricter default', () => {
    expect(policyFrom([a, { ...b, text: 'version: 1\ndefault: deny\n' }]).model.fallback).toBe('deny');
    expect(() => policyFrom([a, { ...a, file: 'b.yaml' }])).toThrow(/b.yaml:4:13: there is another rule named "a" at a.yaml:4[^]*b.yaml|a.yaml has holds already/);
  });
});

test('terms by default come from the configuration', () => {
  const policy = policyFrom([{ file: 'p.yaml', text: 'version: 1\n' }], context);
  expect(policy.model.hold).toEqual({ approvers: ['dba', 'oncall'], quorum: 1, withinMs: 600_000, mode: 'inline' });
});

test('all files observe or none', () => {
  const file = (name: string, mode: string): { file: string; text: string } => ({ file: name, text: `version: 1\n${mode}holds: { approvers: [dba] }\n`.replace(name === 'a.yaml' ? '' : 'holds: { approvers: [dba] }\n', '') });
  const both = (one: string, other: string): boolean => policyFrom([file('a.yaml', one), file('b.yaml', other)]).observes;
  expect(both('mode: observe\n', 'mode: observe\n')).toBe(true);
  expect(both('', 'mode: enforce\n')).toBe(false);
  expect(() => both('', 'mode: observe\n')).toThrow('b.yaml:2:7: either all policy files observe or none, and a.yaml doesn\'t');
  expect(() => both('mode: observe\n', 'mode: enforce\n')).toThrow('a.yaml:2:7: either all policy files observe or none, and b.yaml doesn\'t');
});
