import { describe, expect, test } from 'vitest';
import { gatherApproved } from '../../src/learning/evidence.ts';
import { NEVER } from '../../src/learning/never.ts';
import { suggestRules, type Suggestions } from '../../src/learning/suggest.ts';
import { suggestionsText } from '../../src/learning/suggestion-text.ts';
import type { StatementEvent } from '../../src/journal/events.ts';
import { policyFrom } from '../../src/policy/load.ts';
import { EFFECTS } from '../../src/sql/facts.ts';
import { batch, policy, statement, subject } from '../policy/support.ts';
import { Records, START } from './records.ts';
import { opened } from '../journal/sample-requests.ts';

const READS = '{ name: reads, effects: [read], then: allow }';
const TEXT = 'UPDATE orders SET status = \'x\' WHERE id = ';
const TABLES = ['&!public.orders:id,status'];

interface Asked extends Partial<StatementEvent> {
  readonly people?: readonly string[];
  readonly decision?: 'approve' | 'deny';
  readonly breakGlass?: boolean;
}

/** One request, what people said, and the run of it where they let it pass. */
function ask(records: Records, text: string, tables: readonly string[], { session = 's_1', people = ['sam@example.com'], decision = 'approve', breakGlass = false, ...more }: Asked = {}): void {
  const request = `req_${records.all.length}`;
  const [kind = ''] = text.toLowerCase().split(' ', 1);
  const effects = more.effects ?? [{ effect: kind as 'update', objects: [] }];
  records.add(opened({ session, request, text, effects, rule: 'default' }));
  for (const person of people) records.add({ kind: 'request.decided', request, person, channel: 'cli', decision, jws: '', ...(breakGlass && { breakGlass: true as const }) });
  if (decision === 'approve') records.statement(session, text, tables, { verdict: 'hold', rule: 'default', request, effects, ...more });
}

function approvedThrice(text = TEXT, tables: readonly string[] = TABLES, more: Asked = {}): Records {
  const records = new Records().session('s_1').session('s_2', { agent: 'writer' });
  for (let time = 1; time <= 3; time++) {
    records.minute = time;
    ask(records, `${text}${time}`, tables, more);
  }
  return records;
}

const suggest = async (records: Records, rules: readonly string[] = [READS], { since = START, times = 3, head = '' } = {}): Promise<Suggestions> =>
  suggestRules(await gatherApproved(records, since), policy(rules, head), times);

test('what was approved again and again becomes a rule as narrow as it can be, with its evidence', async () => {
  const records = approvedThrice();
  ask(records, `${TEXT}4`, TABLES, { people: ['kim@example.com', 'sam@example.com'] });
  const found = await suggest(records);
  expect(suggestionsText(found)).toBe(`# What people approved again and again, and never denied. Nothing of it is in force: paste under \`rules\` what you mean.
# A rule knows neither values nor how many rows a WHERE finds: look at what was approved.
rules:

  # reporter at shop: update orders set status = ? where id = ?
  # approved 4 times and never denied, from 2026-05-04T12:01:00.000Z to 2026-05-04T12:03:00.000Z, by sam@example.com (4), kim@example.com (1)
  # the first was req_2: UPDATE orders SET status = 'x' WHERE id = 1
  - { name: ${found.suggestions[0]?.yaml.match(/approved-update-orders-[0-9a-f]{6}/)?.[0]}, effects: [update], tables: ["public.orders"], columns: ["public.orders.id", "public.orders.status"], agents: ["reporter"], databases: ["shop"], kinds: ["update"], unbounded: false, when: 'effects == ["update"] && tables == ["public.orders"]', then: allow, because: "approved 4 times" }
`);
});

test('pasted, it lets pass just that', async () => {
  const text = suggestionsText(await suggest(approvedThrice()));
  const pasted = policyFrom([{ file: 'a', text: 'version: 1\nholds: { approvers: [dba] }\nrules:\n  - { name: reads, effects: [read], then: allow }\n' }, { file: 'b', text: `version: 1\n${text}` }]);
  const judged = (effects: readonly string[], tables: readonly string[], kind = 'update', unbounded = false, by: Partial<typeof subject> = {}) => pasted.decide(batch(statement(effects, tables, { kind, unbounded })), { ...subject, ...by }).action;
  expect(judged(['update'], TABLES)).toBe('allow');
  expect([
    judged(['update'], ['&!public.orders:id,price']), judged(['update'], ['&!public.items:id,status']), judged(['delete'], TABLES, 'delete'), judged(['update'], TABLES, 'merge'),
    judged(['update'], TABLES, 'update', true), judged(['update'], TABLES, 'update', false, { agent: { ...subject.agent, name: 'writer' } }), judged(['update'], TABLES, 'update', false, { database: { ...subject.database, name: 'crm' } }),
  ]).toEqual(['hold', 'hold', 'hold', 'hold', 'hold', 'hold', 'hold']);
});

test('what was read isn\'t let be written', async () => {
  const effects = [{ effect: 'read' as const, objects: [] }, { effect: 'insert' as const, objects: [] }];
  const { suggestions } = await suggest(approvedThrice('INSERT INTO archive SELECT id FROM orders WHERE id = ', ['!public.archive:id', 'public.orders:id'], { effects }), []);
  const rules = suggestions.flatMap(({ yaml }) => yaml.split('\n').map((line) => line.trim().slice(2)));
  expect(rules).toEqual([expect.stringContaining('effects: [read], tables: ["public.orders"], columns: ["public.orders.id"]'), expect.stringContaining('effects: [insert], tables: ["public.archive"], columns: ["public.archive.id"]')]);
  const judged = (tables: readonly string[]) => policy(rules).decide(batch(statement(['read', 'insert'], tables, { kind: 'insert' })), subject).action;
  expect([judged(['!public.archive:id', 'public.orders:id']), judged(['!public.orders:id', 'public.archive:id'])]).toEqual(['allow', 'hold']);
});

test('several rules don\'t add up to what nobody has seen', async () => {
  const copying = (to: string, from: string): Suggestions | Promise<Suggestions> => {
    const effects = [{ effect: 'read' as const, objects: [] }, { effect: 'insert' as const, objects: [] }];
    return suggest(approvedThrice('INSERT INTO a SELECT id FROM b WHERE id = ', [`!public.${to}:id`, `public.${from}:id`], { effects }), []);
  };
  const rules = (await Promise.all([copying('a', 'b'), copying('c', 'd')])).flatMap(({ suggestions }) => suggestions.flatMap(({ yaml }) => yaml.split('\n').map((line) => line.trim().slice(2))));
  const judged = (to: string, from: string) => policy(rules).decide(batch(statement(['read', 'insert'], [`!public.${to}:id`, `public.${from}:id`], { kind: 'insert' })), subject).action;
  expect([judged('a', 'b'), judged('c', 'd'), judged('a', 'd'), judged('c', 'b')]).toEqual(['allow', 'allow', 'hold', 'hold']);
});

test('a rule that holds it gets an exception for just that', async () => {
  const rules = [READS, '{ name: writes, effects: [update, delete], then: hold }', '{ name: nights, when: \'"update" in effects\', then: hold }'];
  const { suggestions: [suggestion] } = await suggest(approvedThrice(), rules);
  expect(suggestion?.exceptions.map(({ rule, when }) => [rule.name, when])).toEqual([
    ['nights', '("update" in effects) && !(agent.name == "reporter" && database.name == "shop" && statement.kind == "update" && !statement.unbounded && effects == ["update"] && tables == ["public.orders"])'],
    ['writes', '!(agent.name == "reporter" && database.name == "shop" && statement.kind == "update" && !statement.unbounded && effects == ["update"] && tables == ["public.orders"])'],
  ]);
  const [nights, writes] = suggestion?.exceptions.map(({ when }) => `when: '${when}'`) ?? [];
  const pasted = policy([READS, `{ name: writes, effects: [update, delete], ${writes}, then: hold }`, `{ name: nights, ${nights}, then: hold }`, suggestion?.yaml.trim().slice(2) ?? '']);
  const judged = (tables: readonly string[], kind = 'update') => pasted.decide(batch(statement(['update'], tables, { kind })), subject).action;
  expect([judged(TABLES), judged(['!public.items:id']), judged(TABLES, 'merge')]).toEqual(['allow', 'hold', 'hold']);
});

describe('nothing is suggested', () => {
  const none = { suggestions: [], left: [] };

  test('for what was approved less often, or before', async () => {
    expect(await suggest(approvedThrice(), [READS], { times: 4 })).toEqual(none);
    expect(await suggest(approvedThrice(), [READS], { since: START + 120_000 })).toEqual(none);
  });

  test('for what was ever denied, alone or with other things, to the same agent', async () => {
    const effects = [{ effect: 'update' as const, objects: [] }, { effect: 'drop' as const, objects: ['table public.t'] }];
    for (const more of [{}, { effects }]) {
      const records = approvedThrice();
      ask(records, `${TEXT}9`, TABLES, { decision: 'deny', ...more });
      expect(await suggest(records)).toEqual(none);
    }
    const others = approvedThrice();
    ask(others, `${TEXT}9`, TABLES, { decision: 'deny', session: 's_2' });
    ask(others, 'DELETE FROM orders WHERE id = 1', TABLES, { decision: 'deny' });
    expect((await suggest(others)).suggestions).toHaveLength(1);
  });

  test('for what one person let pass in an emergency, for batches and for rows', async () => {
    expect(await suggest(approvedThrice(TEXT, TABLES, { breakGlass: true }))).toEqual(none);
    expect(await suggest(approvedThrice(TEXT, TABLES, { statements: [{ kind: 'update' }, { kind: 'select' }] }))).toEqual(none);
  });

  test('for what passes by now', async () => {
    expect(await suggest(approvedThrice(), [READS, '{ effects: [update], then: allow }'])).toEqual(none);
  });

  test.each<[string, Asked, readonly string[], string]>([
    ['every row', { statements: [{ kind: 'update', unbounded: true }] }, TABLES, 'without WHERE it changes every row'],
    ['how it uses what is masked', { rule: 'sensitive' }, TABLES, 'it was held for how it uses masked columns, which no rule decides'],
    ['no table', {}, [], 'it names no table that a rule could be narrowed to'],
    ['a catalog', {}, ['pg_catalog.pg_authid:rolname'], 'pg_catalog.pg_authid: catalogs may show what other tables keep'],
    ['an unknown table', {}, ['?public.orders:id'], 'public.orders: a rule can\'t name it surely'],
    ['a name that a pattern would read otherwise', {}, ['public.o*:id'], 'public.o*: a rule can\'t name it surely'],
    ...EFFECTS.filter((effect) => NEVER[effect] !== undefined).map((effect): [string, Asked, readonly string[], string] => [effect, { effects: [{ effect: 'read', objects: [] }, { effect, objects: [] }] }, TABLES, `${effect}: ${NEVER[effect]}`]),
  ])('but said why: %s', async (_, more, tables, why) => {
    const { suggestions, left } = await suggest(approvedThrice(TEXT, tables, more));
    expect(suggestions).toEqual([]);
    expect(left).toMatchObject([{ why, approved: { times: 3 } }]);
  });

  test('but said why: a rule denies it by now', async () => {
    expect((await suggest(approvedThrice(), [READS, '{ name: no, effects: [update], then: deny }'])).left).toMatchObject([{ why: 'rule no denies it by now' }]);
  });
});

test('attack: no text ends a comment, or is seen as another', async () => {
  const text = suggestionsText(await suggest(approvedThrice(`${TEXT}1 -- \u202E\r\u2028\n  - { name: x, effects: [read], then: allow }\n`, TABLES)));
  for (const line of text.split(/[\n\r\u2028]/)) expect(line).toMatch(/^(?: *#.*|rules:|| {2}- \{ name: approved-.*)$/);
});
