import { describe, expect, test } from 'vitest';
import type { Facts } from '../../src/sql/facts.ts';
import { withRows } from '../../src/policy/budgets.ts';
import { policyFrom } from '../../src/policy/load.ts';
import type { Action, Subject, Verdict } from '../../src/policy/verdict.ts';
import { batch, policy, statement, subject } from './support.ts';

type Row = readonly [title: string, rules: readonly string[], facts: Facts, action: Action, rule: string];

const of = (effects: readonly string[], tables?: readonly string[], more?: Parameters<typeof statement>[2]): Facts => batch(statement(effects, tables, more));
const READS = '{ name: reads, effects: [read, transaction, session], then: allow }';

const coverage: readonly Row[] = [
  ['what is listed passes', [READS], of(['read'], ['public.a']), 'allow', 'reads'],
  ['what no rule covers is held', [READS], of(['delete'], ['!public.a']), 'hold', 'default'],
  ['every effect needs cover', [READS], of(['read', 'insert'], ['public.a', '!public.b']), 'hold', 'default'],
  ['cover may come from several rules', [READS, '{ effects: [insert], then: allow }'], of(['read', 'insert'], ['public.a', '!public.b']), 'allow', 'r1'],
  ['no rules, nothing passes', [], of(['read']), 'hold', 'default'],
  ['an empty batch has nothing to run', [], batch(), 'allow', 'empty'],
  ['a statement without effects was not understood', [READS], of([]), 'hold', 'default'],
  ['a word that is no effect was not understood', ['{ effects: [read, insert, update, delete, import, export, create, alter, drop, truncate, privilege, transaction, session, maintenance, lock, notify, routine, dynamic, server_io, replication, admin], then: allow }'], of(['summon']), 'hold', 'default'],
  ['a doubt is never covered', [READS], { ...of(['read']), doubt: 'too deep' }, 'hold', 'default'],
  ['unknown is never covered', [READS], of(['read', 'unknown']), 'hold', 'default'],
  ['refused is denied whatever the rules', [READS], { ...of(['read']), refused: 'changes lexing' }, 'deny', 'refused'],
  ['an effect of the batch that no statement owns needs cover', [READS], { ...of(['read']), effects: [{ effect: 'drop', objects: [] }] }, 'hold', 'default'],
];

const restriction: readonly Row[] = [
  ['deny beats hold beats allow', [READS, '{ effects: [read], then: hold }', '{ name: no, effects: [read], then: deny }'], of(['read']), 'deny', 'no'],
  ['a hold beats allow', [READS, '{ name: slow, effects: [read], then: hold }'], of(['read']), 'hold', 'slow'],
  ['a deny needs no cover', ['{ name: no, effects: [drop], then: deny }'], of(['drop', 'read']), 'deny', 'no'],
  ['any effect of the list', [READS, '{ name: no, effects: [drop, read], then: deny }'], of(['read']), 'deny', 'no'],
  ['no effects means any', [READS, '{ name: freeze, agents: [reporter], then: deny }'], of(['transaction']), 'deny', 'freeze'],
  ['... even an empty batch', [READS, '{ name: freeze, agents: [reporter], then: deny }'], batch(), 'deny', 'freeze'],
  ['another agent', [READS, '{ name: freeze, agents: [writer], then: deny }'], of(['read']), 'allow', 'reads'],
  ['agents by glob', [READS, '{ name: freeze, agents: ["rep*"], then: deny }'], of(['read']), 'deny', 'freeze'],
  ['groups', [READS, '{ name: g, groups: [analytics], then: deny }'], of(['read']), 'deny', 'g'],
  ['databases', [READS, '{ name: d, databases: [other], then: deny }'], of(['read']), 'allow', 'reads'],
  ['unbounded', [READS, '{ effects: [delete], then: allow }', '{ name: all, unbounded: true, then: hold }'], of(['delete'], ['!public.a'], { unbounded: true }), 'hold', 'all'],
  ['bounded', [READS, '{ name: deletes, effects: [delete], then: allow }', '{ name: all, unbounded: true, then: hold }'], of(['delete'], ['!public.a']), 'allow', 'deletes'],
  ['an unbounded statement does not hide the bounded one beside it', ['{ effects: [delete], then: allow }', '{ name: small, unbounded: false, effects: [delete], then: deny }'], batch(statement(['delete'], [], { unbounded: true }), statement(['delete'])), 'deny', 'small'],
  ['one of many statements is enough', [READS, '{ name: no, kinds: [vacuum], then: deny }'], batch(statement(['read']), statement(['session'], [], { kind: 'vacuum' })), 'deny', 'no'],
];

const tables: readonly Row[] = [
  ['hold: any table', [READS, '{ name: h, tables: [customers], then: hold }'], of(['read'], ['public.orders', 'public.customers']), 'hold', 'h'],
  ['hold: any schema', [READS, '{ name: h, tables: [customers], then: hold }'], of(['read'], ['archive.customers']), 'hold', 'h'],
  ['hold: one schema', [READS, '{ name: h, tables: [public.customers], then: hold }'], of(['read'], ['archive.customers']), 'allow', 'reads'],
  ['hold: an unqualified name could be it', [READS, '{ name: h, tables: [public.customers], then: hold }'], of(['read'], ['?customers']), 'hold', 'h'],
  ['hold: case does not matter', [READS, '{ name: h, tables: [Customers], then: hold }'], of(['read'], ['public.customers']), 'hold', 'h'],
  ['hold: a dotted relation could be it', [READS, '{ name: h, tables: [b.c], then: hold }'], of(['read'], ['a.b.c']), 'hold', 'h'],
  ['hold: quoted', [READS, '{ name: h, tables: [public.customers], then: hold }'], of(['read'], ['public."customers"']), 'hold', 'h'],
  ['hold: named as an object only', [READS, '{ name: h, tables: [customers], then: deny }'], of(['drop table public.customers']), 'deny', 'h'],
  ['hold: effects and tables in different statements do not pair', [READS, '{ effects: [delete], then: allow }', '{ name: h, effects: [delete], tables: [customers], then: hold }'], batch(statement(['delete'], ['!public.tmp']), statement(['read'], ['public.customers'])), 'allow', 'r1'],
  ['hold: in one statement they do', [READS, '{ effects: [delete], then: allow }', '{ name: h, effects: [delete], tables: [customers], then: hold }'], of(['delete', 'read'], ['!public.tmp', 'public.customers']), 'hold', 'h'],

  ['allow: all tables', ['{ name: a, effects: [read], tables: [orders], then: allow }'], of(['read'], ['public.orders']), 'allow', 'a'],
  ['allow: one table outside', ['{ name: a, effects: [read], tables: [orders], then: allow }'], of(['read'], ['public.orders', 'public.salaries']), 'hold', 'default'],
  ['allow: two rules for one table each do not add up', ['{ effects: [read], tables: [orders], then: allow }', '{ effects: [read], tables: [items], then: allow }'], of(['read'], ['public.orders', 'public.items']), 'hold', 'default'],
  ['allow: statements are covered one by one', ['{ effects: [read], tables: [orders], then: allow }', '{ effects: [read], tables: [items], then: allow }'], batch(statement(['read'], ['public.orders']), statement(['read'], ['public.items'])), 'allow', 'r0'],
  ['allow: nothing read', ['{ name: a, effects: [read], tables: [orders], then: allow }'], of(['read']), 'allow', 'a'],
  ['allow: a type dropped is no table', ['{ name: a, effects: [drop], tables: ["tmp_*"], then: allow }'], of(['drop type public.tmp_mood']), 'hold', 'default'],
  ['allow: an index belongs to another table', ['{ name: a, effects: [drop], tables: ["tmp_*"], then: allow }'], of(['drop index public.tmp_i']), 'hold', 'default'],
  ['allow: a drop of nothing named', ['{ name: a, effects: [drop], tables: ["tmp_*"], then: allow }'], of(['drop']), 'hold', 'default'],
  ['allow: a dropped table inside', ['{ name: a, effects: [drop], tables: ["tmp_*"], then: allow }'], of(['drop table public.tmp_x'], ['!public.tmp_x']), 'allow', 'a'],
  ['allow: unknown to the catalog', ['{ name: a, effects: [read], tables: [orders], then: allow }'], of(['read'], ['?public.orders']), 'hold', 'default'],
  ['allow: a dotted relation is not it', ['{ name: a, effects: [read], tables: [tmp], then: allow }'], of(['read'], ['public.secret.tmp']), 'hold', 'default'],
  ['allow: case matters', ['{ name: a, effects: [read], tables: [orders], then: allow }'], of(['read'], ['public.Orders']), 'hold', 'default'],
  ['allow: write inside, read outside', ['{ effects: [insert, read], tables: [tmp], then: allow }'], of(['insert', 'read'], ['!public.tmp', 'public.secret']), 'hold', 'default'],
  ['allow: write inside, read by another rule', [READS, '{ name: w, effects: [insert], tables: [tmp], then: allow }'], of(['insert', 'read'], ['!public.tmp', 'public.secret']), 'allow', 'reads'],
  ['allow: write outside', [READS, '{ name: w, effects: [insert], tables: [tmp], then: allow }'], of(['insert', 'read'], ['!public.secret', 'public.tmp']), 'hold', 'default'],
  ['allow: transactions touch no table', ['{ name: a, effects: [transaction], tables: [orders], then: allow }'], of(['transaction'], []), 'allow', 'a'],
  ['allow: an export counts all it reads', [READS, '{ effects: [export], tables: [orders], then: allow }'], of(['export', 'read'], ['public.orders', 'public.secret']), 'hold', 'default'],
  ['allow: a routine named beside the table', [READS, '{ effects: [routine], tables: [orders], then: allow }'], of(['routine function public.f', 'read'], ['public.orders']), 'hold', 'default'],
  ['allow: a lock counts though it neither reads nor writes', ['{ effects: [read], tables: [orders], then: allow }'], batch({ ...statement(['read']), tables: [{ name: 'public.secret', read: false, written: false, columns: [], known: true }] }), 'hold', 'default'],
  ['allow: kinds', ['{ effects: [read], kinds: [select], then: allow }'], of(['read'], [], { kind: 'explain' }), 'hold', 'default'],
  ['allow: kinds, each statement its own', ['{ effects: [read], kinds: [select], then: allow }'], batch(statement(['read']), statement(['read'], [], { kind: 'explain' })), 'hold', 'default'],
  ['allow: bounded only', ['{ effects: [delete], unbounded: false, then: allow }'], batch(statement(['delete']), statement(['delete'], [], { unbounded: true })), 'hold', 'default'],
];

const columns: readonly Row[] = [
  ['hold: the column', [READS, '{ name: h, columns: [customers.email], then: hold }'], of(['read'], ['public.customers:email,id']), 'hold', 'h'],
  ['hold: another column', [READS, '{ name: h, columns: [customers.email], then: hold }'], of(['read'], ['public.customers:id']), 'allow', 'reads'],
  ['hold: star is every column', [READS, '{ name: h, columns: [customers.email], then: hold }'], of(['read'], ['public.customers']), 'hold', 'h'],
  ['hold: same column elsewhere', [READS, '{ name: h, columns: [customers.email], then: hold }'], of(['read'], ['public.staff:email']), 'allow', 'reads'],
  ['allow: inside', ['{ name: a, effects: [read], columns: [customers.id, customers.name], then: allow }'], of(['read'], ['public.customers:id,name']), 'allow', 'a'],
  ['allow: one outside', ['{ name: a, effects: [read], columns: [customers.id], then: allow }'], of(['read'], ['public.customers:id,email']), 'hold', 'default'],
  ['allow: star is more than a list', ['{ name: a, effects: [read], columns: [customers.id, customers.email], then: allow }'], of(['read'], ['public.customers']), 'hold', 'default'],
  ['allow: star by star', ['{ name: a, effects: [read], columns: ["customers.*"], then: allow }'], of(['read'], ['public.customers']), 'allow', 'a'],
  ['allow: count(*) of a table not listed', ['{ name: a, effects: [read], columns: [customers.id], then: allow }'], of(['read'], ['public.salaries:']), 'hold', 'default'],
  ['allow: count(*) of a table listed', ['{ name: a, effects: [read], columns: [customers.id], then: allow }'], of(['read'], ['public.customers:']), 'allow', 'a'],
];

describe.each<[string, readonly Row[]]>([['coverage', coverage], ['restriction', restriction], ['tables', tables], ['columns', columns]])('%s', (_, rows) => {
  test.each(rows)('%s', (_title, rules, facts, action, rule) => {
    const verdict = policy(rules).decide(facts, subject);
    expect({ action: verdict.action, rule: verdict.rule }, verdict.reason).toEqual({ action, rule });
    expect(verdict.hold !== undefined).toBe(action === 'hold');
    expect(verdict.mask !== undefined).toBe(action === 'mask');
  });
});

test.each(['/tmp/' + 'a'.repeat(1_000_000), 'a.'.repeat(500_000), 'ab'.repeat(500_000)])('attack: a name made to be slow to match is held, at once (%#)', (name) => {
  const rules = [READS, '{ effects: [export], then: allow }', '{ name: h, tables: ["*a*b*c*d"], then: hold }'];
  const started = performance.now();
  expect(policy(rules).decide(of(['read', `export ${name}`], [`public.${name}`]), subject)).toMatchObject({ action: 'hold', rule: 'h' });
  expect(policy(['{ effects: [read, export], tables: ["*a*b*c*d"], then: allow }']).decide(of(['read', `export ${name}`], [`public.${name}`]), subject)).toMatchObject({ action: 'hold', rule: 'default' });
  expect(performance.now() - started).toBeLessThan(1000);
});

describe('conditions', () => {
  const rows: readonly [string, string, Partial<Subject>, Action][] = [
    ['hours', '{ when: \'now.getHours("UTC") < 6 && "read" in effects\', then: hold }', { now: new Date('2026-05-04T05:59:59Z') }, 'hold'],
    ['other hours', '{ when: \'now.getHours("UTC") < 6\', then: hold }', { now: new Date('2026-05-04T06:00:00Z') }, 'allow'],
    ['a zone', '{ when: \'now.getHours("America/New_York") == 2\', then: hold }', { now: new Date('2026-03-08T07:30:00Z') }, 'allow'],
    ['a zone after the jump', '{ when: \'now.getHours("America/New_York") == 3\', then: hold }', { now: new Date('2026-03-08T07:30:00Z') }, 'hold'],
    ['weekday', '{ when: \'now.getDayOfWeek("Asia/Tokyo") == 2\', then: hold }', { now: new Date('2026-05-04T16:00:00Z') }, 'hold'],
    ['text', '{ when: \'statement.text.contains("secret")\', then: deny }', { text: 'select secret' }, 'deny'],
    ['linear matches', '{ when: \'statement.text.matches("(a*)*b")\', then: deny }', { text: 'a'.repeat(40) }, 'allow'],
    ['a text too long to match counts as matching', '{ when: \'statement.text.matches("b")\', then: deny }', { text: 'a'.repeat(100_000) }, 'deny'],
    ['rows', '{ when: "estimated_rows > 1000", then: hold }', { estimatedRows: 1001 }, 'hold'],
    ['rows, few', '{ when: "estimated_rows > 1000", then: hold }', { estimatedRows: 1000 }, 'allow'],
    ['rows, no estimate: an error holds', '{ when: "estimated_rows > 1000", then: hold }', {}, 'hold'],
    ['age of the transaction', '{ when: "transaction.open && transaction.age_ms > 60000", then: deny }', { transaction: { open: true, ageMs: 60_001.5 } }, 'deny'],
    ['agent', '{ when: \'agent.owner.endsWith("@example.com") && "analytics" in agent.groups\', then: deny }', {}, 'deny'],
    ['database', '{ when: \'database.name == "shop" && database.protocol == "postgres"\', then: deny }', {}, 'deny'],
    ['kind', '{ when: \'statement.kind == "select" && !statement.unbounded\', then: deny }', {}, 'deny'],
    ['tables', '{ when: \'tables.exists(t, t.startsWith("public."))\', then: deny }', {}, 'deny'],
    ['a list index out of range is an error', '{ when: \'agent.groups[7] == "x"\', then: hold }', {}, 'hold'],
  ];
  test.each(rows)('%s', (_, rule, change, action) => {
    const started = performance.now();
    const verdict = policy([READS, rule]).decide(of(['read'], ['public.a']), { ...subject, ...change });
    expect(verdict.action, verdict.reason).toBe(action);
    expect(performance.now() - started).toBeLessThan(500);
  });

  test('a rule that allows does not match when its condition fails', () => {
    const rules = ['{ effects: [read], when: \'agent.groups[7] != "x"\', then: allow }'];
    expect(policy(rules).decide(of(['read']), subject).action).toBe('hold');
  });

  test('a batch has the kind batch', () => {
    const verdict = policy([READS, '{ when: \'statement.kind == "batch"\', then: deny }']).decide(batch(statement(['read']), statement(['read'])), subject);
    expect(verdict.action).toBe('deny');
  });

  test('more tables than are looked at count as matching', () => {
    const many = of(['read'], Array.from({ length: 501 }, (_, index) => `public.t${index}`));
    expect(policy([READS, '{ when: \'"x" in tables\', then: deny }']).decide(many, subject).action).toBe('deny');
  });

  test.each<[string, boolean]>([
    ['{ when: \'"read" in effects\', then: hold }', false],
    ['{ when: \'statement.kind == "select" && statement.unbounded\', then: hold }', false],
    ['{ when: \'agent.name == "x" && tables.exists(now, now == "a")\', then: hold }', false],
    ['{ when: \'statement["text"] == "x"\', then: hold }', true],
    ['{ when: \'has(statement.text)\', then: hold }', true],
    ['{ when: \'tables.exists(t, statement.text.contains(t))\', then: hold }', true],
    ['{ when: "transaction.open", then: hold }', true],
    ['{ when: "estimated_rows > 1", then: hold }', true],
    ['{ when: \'now > timestamp("2026-01-01T00:00:00Z")\', then: hold }', true],
    ['{ rows_over: 5, then: hold }', false],
  ])('%s is volatile: %s', (rule, volatile) => {
    expect(policy([READS, rule]).volatile).toBe(volatile);
  });
});

describe('sensitive columns', () => {
  const head = 'sensitive:\n  - { columns: [customers.email], mask: email, unmask: [dba] }';
  const rows: readonly [string, readonly string[], Facts, Partial<Subject['agent']>, Action, readonly string[] | undefined][] = [
    ['read', [READS], of(['read'], ['public.customers:email']), {}, 'mask', ['public.customers']],
    ['star', [READS], of(['read'], ['archive.customers']), {}, 'mask', ['archive.customers']],
    ['not read', [READS], of(['read'], ['public.customers:id']), {}, 'allow', undefined],
    ['unmasked group', [READS], of(['read'], ['public.customers']), { groups: ['x', 'dba'] }, 'allow', undefined],
    ['only written', ['{ effects: [insert], then: allow }'], of(['insert'], ['!public.customers:email']), {}, 'allow', undefined],
    ['written and read', ['{ effects: [read, update], then: allow }'], of(['read', 'update'], ['!&public.customers:email']), {}, 'mask', ['public.customers']],
    ['held, and still to be masked', [], of(['read'], ['public.customers']), {}, 'hold', ['public.customers']],
    ['denied', ['{ effects: [read], then: deny }'], of(['read'], ['public.customers']), {}, 'deny', undefined],
    ['a rule that masks', [READS, '{ tables: [orders], then: mask }'], of(['read'], ['public.orders', 'public.items']), {}, 'mask', ['public.orders']],
    ['a rule that masks, nothing read', [READS, '{ effects: [session], then: mask }'], of(['session']), {}, 'allow', undefined],
  ];
  test.each(rows)('%s', (_, rules, facts, agent, action, mask) => {
    const verdict = policy(rules, head).decide(facts, { ...subject, agent: { ...subject.agent, ...agent } });
    expect({ action: verdict.action, mask: verdict.mask }, verdict.reason).toEqual({ action, mask });
  });
});

describe('terms of a hold', () => {
  const hold = (name: string, more: string): string => `{ name: ${name}, effects: [read], then: hold, ${more} }`;

  test('have defaults', () => {
    const verdict = policy([READS, '{ name: h, effects: [read], then: hold }'], 'holds: { approvers: [dba], within: 5m, quorum: 2, channel: "#db" }').decide(of(['read']), subject);
    expect(verdict.hold).toEqual({ approvers: ['dba'], quorum: 2, withinMs: 300_000, mode: 'inline', channel: '#db' });
  });

  test('of several rules are no easier to meet than each alone', () => {
    const verdict = policy([hold('a', 'approvers: [dba, oncall], quorum: 1, within: 1h'), hold('b', 'approvers: [dba, security], quorum: 2, within: 2h, mode: deferred')]).decide(of(['read']), subject);
    expect(verdict).toMatchObject({ action: 'hold', rule: 'a', hold: { approvers: ['dba'], quorum: 2, withinMs: 3_600_000, mode: 'inline' } });
  });

  test('attack: a second reason must not let other approvers release it', () => {
    const verdict = policy([hold('a', 'approvers: [helpdesk]'), hold('b', 'approvers: [security]')]).decide(of(['read']), subject);
    expect(verdict).toMatchObject({ action: 'deny', rule: 'a' });
    expect(verdict.reason).toMatch(/a and b have no group of approvers in common/);
  });

  test('attack: nor an effect that no rule covers', () => {
    const verdict = policy([hold('a', 'approvers: [helpdesk]')]).decide(of(['read', 'drop']), subject);
    expect(verdict).toMatchObject({ action: 'deny', rule: 'a' });
  });
});

describe('reasons', () => {
  test.each<[readonly string[], Facts, string, readonly string[]]>([
    [[READS], of(['read']), 'allowed by rule reads', ['reads']],
    [[READS], of(['read', 'drop', 'alter']), 'no rule covers alter and drop here, so the statement is held by default', ['reads']],
    [[READS, '{ name: h, effects: [export, import], then: hold, because: data leaves }'], of(['read', 'export']), 'export is held by rule h: data leaves', ['h', 'reads']],
    [[READS, '{ name: h, effects: [export], then: hold }'], of(['read', 'export', 'drop']), 'export is held by rule h; no rule covers drop here, so the statement is held by default', ['h', 'reads']],
    [[READS], { ...of(['unknown']), doubt: 'nested too deep' }, 'the statement wasn\'t understood (nested too deep), so it is held', []],
  ])('%j', (rules, facts, reason, matched) => {
    expect(policy(rules).decide(facts, subject)).toMatchObject({ reason, matched });
  });
});

describe('where the default is to deny', () => {
  const rows: readonly Row[] = [
    ['what no rule covers is denied', [READS], of(['drop']), 'deny', 'default'],
    ['what a rule holds is held', [READS, '{ name: h, effects: [drop], then: hold }'], of(['drop', 'read']), 'hold', 'h'],
    ['... only when it covers all of it', ['{ name: h, effects: [read], tables: [orders], then: hold }'], of(['read'], ['public.orders', 'public.secret']), 'deny', 'default'],
    ['... and lists the effect', ['{ name: h, agents: [reporter], then: hold }'], of(['read']), 'deny', 'default'],
    ['... and its condition could be told', ['{ name: h, effects: [read], when: \'agent.groups[7] == "x"\', then: hold }'], of(['read']), 'deny', 'default'],
    ['masking covers nothing', ['{ name: m, effects: [read], then: mask }'], of(['read'], ['public.a']), 'deny', 'default'],
    ['unknown may be held by name', ['{ name: h, effects: [unknown], then: hold }'], of(['unknown']), 'hold', 'h'],
    ['so may a doubt', ['{ name: h, effects: [unknown], then: hold }'], { ...of(['unknown']), doubt: 'too deep' }, 'hold', 'h'],
    ['a doubt beside an effect that is allowed', [READS], { ...of(['read']), doubt: 'too deep' }, 'deny', 'default'],
  ];
  test.each(rows)('%s', (_, rules, facts, action, rule) => {
    expect(policy(rules, 'default: deny').decide(facts, subject)).toMatchObject({ action, rule });
  });
});

describe('the policy that the documentation shows', () => {
  const shown = policyFrom([{ file: 'policy.yaml', text: `version: 1
default: hold                             # for any effect that no rule covers
sensitive:
  - { columns: [customers.email], mask: email, filtered: equality, derived: mask, copied: hold, unmask: [dba] }
rules:                                    # order never matters: the most restrictive match wins
  - { name: reads, effects: [read, transaction, session], then: allow }
  - { name: exports, effects: [export], then: hold, approvers: [dba], quorum: 1, within: 15m }
  - { name: big-reads, effects: [read], tables: [customers], rows_over: 1000, then: hold, approvers: [dba] }
  - { name: nights, when: 'now.getHours("UTC") < 6 && "update" in effects', then: hold, approvers: [oncall] }
` }]);
  const night = { ...subject, now: new Date('2026-05-04T03:00:00Z') };
  test.each<[string, Facts, Subject, Action, string]>([
    ['reads', of(['read'], ['public.orders']), subject, 'allow', 'reads'],
    ['a sensitive column', of(['read'], ['public.customers:email']), subject, 'mask', 'sensitive'],
    ['exports', of(['read', 'export'], ['public.orders']), subject, 'hold', 'exports'],
    ['an update, which no rule covers', of(['update'], ['!public.orders']), subject, 'hold', 'default'],
    ['an update at night', of(['update'], ['!public.orders']), night, 'hold', 'nights'],
  ])('%s', (_, facts, who, action, rule) => {
    expect(shown.decide(facts, who)).toMatchObject({ action, rule });
  });
  test('many rows are held once they come', () => {
    const verdict = shown.decide(of(['read'], ['public.customers:id']), subject);
    expect(verdict).toMatchObject({ action: 'allow', rule: 'reads', budgets: [{ rule: 'big-reads', per: 'statement', rows: 1000, action: 'hold', hold: { approvers: ['dba'] } }] });
    expect(withRows(verdict, 1000)).toBe(verdict);
    expect(withRows(verdict, 1001)).toMatchObject({ action: 'hold', rule: 'big-reads', matched: ['big-reads', 'reads'], hold: { approvers: ['dba'] } });
    expect(shown.decide(of(['read'], ['public.orders']), subject).budgets).toBeUndefined();
  });

  test('holds have the terms of their rules', () => {
    expect(shown.decide(of(['read', 'export']), subject).hold).toEqual({ approvers: ['dba'], quorum: 1, withinMs: 900_000, mode: 'inline' });
    expect(shown.decide(of(['update']), night).hold?.approvers).toEqual(['oncall']);
  });
});

describe('rows_over', () => {
  const given = (rules: readonly string[], facts = of(['read'], ['public.a'])): Verdict => policy([READS, ...rules]).decide(facts, subject);

  test('is a budget of what it is about, and covers nothing', () => {
    expect(given(['{ name: a, effects: [read], tables: [b], rows_over: 1, then: deny }']).budgets).toBeUndefined();
    expect(given(['{ name: a, agents: [somebody-else], rows_over: 1, then: deny }']).budgets).toBeUndefined();
    expect(given(['{ name: a, when: \'now.getHours("UTC") > 24\', rows_over: 1, then: deny }']).budgets).toBeUndefined();
    expect(given(['{ name: a, effects: [update], rows_over: 1, then: hold }'], of(['update'], ['!public.a']))).toMatchObject({ action: 'hold', rule: 'default', budgets: [{ rule: 'a' }] });
  });

  test('counts where its condition can\'t be told', () => {
    expect(given(['{ name: a, when: \'agent.groups[7] == "x"\', rows_over: 1, then: deny }']).budgets).toMatchObject([{ rule: 'a' }]);
  });

  test('may be one of each span', () => {
    expect(given(['{ name: a, rows_over: { hour: 50, session: 20, statement: 10 }, then: deny, because: enough }']).budgets).toEqual([
      { rule: 'a', action: 'deny', per: 'statement', rows: 10, because: 'enough' }, { rule: 'a', action: 'deny', per: 'session', rows: 20, because: 'enough' }, { rule: 'a', action: 'deny', per: 'hour', rows: 50, because: 'enough' },
    ]);
  });

  test('is kept by what is masked or held, not by what doesn\'t run', () => {
    const budget = '{ name: a, rows_over: 1, then: deny }';
    expect(given([budget, '{ name: m, then: mask }'])).toMatchObject({ action: 'mask', budgets: [{ rule: 'a' }] });
    expect(given([budget, '{ name: h, then: hold }'])).toMatchObject({ action: 'hold', budgets: [{ rule: 'a' }] });
    expect(given([budget, '{ name: d, then: deny }']).budgets).toBeUndefined();
  });

  test('of several the one that is crossed first decides, and of equal ones the one that denies', () => {
    const rules = ['{ name: a, rows_over: 10, then: deny }', '{ name: b, rows_over: 5, then: hold }', '{ name: c, rows_over: { session: 5 }, then: deny }'];
    expect(withRows(given(rules.slice(0, 2)), 100)).toMatchObject({ action: 'hold', rule: 'b', reason: 'its result has more than 5 rows, and is held there by rule b' });
    expect(withRows(given(rules), 100)).toMatchObject({ action: 'deny', rule: 'c' });
  });
});
