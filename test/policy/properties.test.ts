import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EFFECTS } from '../../src/sql/facts.ts';
import { said } from '../../src/policy/observe.ts';
import { ACTIONS } from '../../src/policy/verdict.ts';
import type { Verdict } from '../../src/policy/verdict.ts';
import { batch, policy, statement, subject } from './support.ts';

const NAMES = ['public.a', 'public.b', 'app.a', 'public.a.b', 'A'];
const some = <T>(values: readonly T[], max = 3): fc.Arbitrary<T[]> => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: max });
const WORDS = EFFECTS.slice(0, 12);

const table = fc.record({ flags: fc.constantFrom('', '!', '!&', '?'), name: fc.constantFrom(...NAMES), columns: fc.constantFrom('', ':', ':x', ':x,y') }).map(({ flags, name, columns }) => `${flags}${name}${columns}`);
const effect = fc.record({ effect: fc.constantFrom(...WORDS, 'unknown'), object: fc.constantFrom('', ' public.a', ' table public.a', ' index public.a', ' function public.f') }).map((use) => use.effect + use.object);
const facts = fc
  .array(fc.record({ effects: fc.array(effect, { maxLength: 3 }), tables: fc.array(table, { maxLength: 3 }), unbounded: fc.boolean(), kind: fc.constantFrom('select', 'delete') }), { maxLength: 3 })
  .map((all) => batch(...all.map(({ effects, tables, unbounded, kind }) => statement(effects, tables, { unbounded, kind }))));

const conditions = {
  tables: fc.option(some(['a', 'public.a', 'public.*', '*']), { nil: undefined }),
  kinds: fc.option(some(['select', 'delete']), { nil: undefined }),
  unbounded: fc.option(fc.boolean(), { nil: undefined }),
  when: fc.option(fc.constantFrom('"read" in effects', 'statement.unbounded', 'agent.groups[9] == "x"', 'tables.exists(t, t == "public.a")'), { nil: undefined }),
};
// The same approvers everywhere: what happens when two rules share none is a rule of its own, see decide.test.ts.
const rule = (actions: readonly string[]): fc.Arbitrary<object> =>
  // eslint-disable-next-line unicorn/no-thenable -- the key of the file format
  fc.record({ then: fc.constantFrom(...actions), effects: some(WORDS), ...conditions }).map((shape) => Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)));

const HEAD = 'sensitive: [{ columns: ["b.x"], mask: redact }]';
const written = (rules: readonly object[]): string[] => rules.map((shape, index) => JSON.stringify({ name: `r${index}`, ...shape }));
const rank = (verdict: Verdict): number => ACTIONS.indexOf(verdict.action);

test('the order of rules never matters', () => {
  const runs = fc.array(rule(ACTIONS), { maxLength: 6 }).chain((rules) => fc.tuple(fc.constant(written(rules)), fc.shuffledSubarray(written(rules), { minLength: rules.length })));
  fc.assert(
    fc.property(runs, facts, ([rules, shuffled], given) => {
      expect(policy(shuffled, HEAD).decide(given, subject)).toEqual(policy(rules, HEAD).decide(given, subject));
    }),
    { numRuns: 400 },
  );
});

test.each(['hold', 'deny', 'mask'])('a further rule that says %s never loosens a verdict', (action) => {
  fc.assert(
    fc.property(fc.array(rule(ACTIONS), { maxLength: 4 }), rule([action]), facts, (rules, further, given) => {
      const before = policy(written(rules), HEAD).decide(given, subject);
      expect(rank(policy(written([...rules, further]), HEAD).decide(given, subject))).toBeGreaterThanOrEqual(rank(before));
    }),
    { numRuns: 400 },
  );
});

test('a further rule that allows never tightens a verdict', () => {
  fc.assert(
    fc.property(fc.array(rule(ACTIONS), { maxLength: 4 }), rule(['allow']), facts, (rules, further, given) => {
      const before = policy(written(rules), HEAD).decide(given, subject);
      expect(rank(policy(written([...rules, further]), HEAD).decide(given, subject))).toBeLessThanOrEqual(rank(before));
    }),
    { numRuns: 400 },
  );
});

test('a further statement in the batch never loosens a verdict', () => {
  // `when` looks at the batch as a whole, so a rule that holds "when there is no read" is loosened by adding one.
  const plain = rule(ACTIONS).map((shape) => Object.fromEntries(Object.entries(shape).filter(([key]) => key !== 'when')));
  fc.assert(
    fc.property(fc.array(plain, { maxLength: 4 }), facts, facts, (rules, one, other) => {
      const judge = policy(written(rules), HEAD);
      expect(rank(judge.decide(batch(...one.statements, ...other.statements), subject))).toBeGreaterThanOrEqual(rank(judge.decide(one, subject)));
    }),
    { numRuns: 400 },
  );
});

test('an unknown effect never passes', () => {
  fc.assert(
    fc.property(fc.array(rule(ACTIONS), { maxLength: 5 }), facts, (rules, given) => {
      const verdict = policy(written(rules), HEAD).decide(batch(...given.statements, statement(['unknown'])), subject);
      expect(['hold', 'deny']).toContain(verdict.action);
    }),
  );
});

test('a policy that observes stops nothing, and says what it would have said', () => {
  fc.assert(
    fc.property(fc.array(rule(ACTIONS), { maxLength: 5 }), facts, (rules, given) => {
      const verdict = policy(written(rules), `mode: observe\n${HEAD}`).decide(given, subject);
      expect(['allow', 'mask']).toContain(verdict.action);
      expect(said(verdict)).toEqual(policy(written(rules), HEAD).decide(given, subject));
      const { mask = [] } = said(verdict);
      expect(verdict.mask ?? []).toEqual(expect.arrayContaining([...mask]));
    }),
    { numRuns: 400 },
  );
});
