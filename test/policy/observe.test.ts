import { expect, test } from 'vitest';
import { keptHidden, said } from '../../src/policy/observe.ts';
import { withRows } from '../../src/policy/budgets.ts';
import { batch, policy, statement, subject } from './support.ts';

const READS = '{ name: reads, effects: [read], then: allow }';
const OBSERVE = 'mode: observe\n';
const MASKED = `${OBSERVE}sensitive: [{ columns: [customers.email], mask: email }]`;

test('what would be held or denied passes, and says what it would have been', () => {
  const observing = policy([READS, '{ name: no, effects: [drop], then: deny }'], OBSERVE);
  const enforcing = policy([READS, '{ name: no, effects: [drop], then: deny }']);
  for (const [effects, rule] of [[['update'], 'default'], [['drop'], 'no']] as const) {
    const facts = batch(statement(effects, ['!public.a']));
    const verdict = observing.decide(facts, subject);
    expect(verdict).toMatchObject({ action: 'allow', observed: { rule } });
    expect(said(verdict)).toEqual(enforcing.decide(facts, subject));
  }
  expect(observing.decide(batch(statement(['read'])), subject)).toEqual(enforcing.decide(batch(statement(['read'])), subject));
  expect(observing.observes && !enforcing.observes).toBe(true);
});

test('masks stay, whatever would have stopped it', () => {
  const facts = batch(statement(['read'], ['public.customers:email', 'public.notes:text']));
  for (const rule of ['{ name: no, tables: [customers], then: deny }', '{ name: no, tables: [customers], then: hold }']) {
    expect(policy([READS, '{ name: veil, tables: [notes], then: mask }', rule], MASKED).decide(facts, subject)).toMatchObject({
      action: 'mask', mask: ['public.customers', 'public.notes'], masking: [{ columns: ['notes.*'] }], observed: { rule: 'no' },
    });
  }
});

test('what no policy may let pass is denied', () => {
  expect(policy([READS], OBSERVE).decide({ ...batch(statement(['read'])), refused: 'it changes lexing' }, subject)).toMatchObject({ action: 'deny', rule: 'refused' });
});

test('budgets of rows are there, and only observed', () => {
  const verdict = policy([READS, '{ name: large, effects: [read], rows_over: 10, then: deny }'], OBSERVE).decide(batch(statement(['read'])), subject);
  expect(verdict.budgets).toEqual([{ rule: 'large', action: 'deny', per: 'statement', rows: 10, observed: true }]);
  expect(withRows(said(verdict), 11)).toMatchObject({ action: 'deny', rule: 'large' });
});

test.each(['create', 'alter', 'privilege', 'maintenance', 'routine', 'dynamic', 'server_io', 'replication', 'admin', 'unknown'])('for who sees masks %s is enforced: masks don\'t follow there', (effect) => {
  const facts = batch(statement(['read', effect], ['public.customers:email']));
  expect(keptHidden(policy([READS], MASKED).decide(facts, subject), facts)).toMatchObject({ action: 'hold', rule: 'default', mask: ['public.customers'] });
  const allowing = policy(['{ effects: [read, create, alter, privilege, maintenance, routine, dynamic, server_io, replication, admin], then: allow }'], MASKED);
  if (effect !== 'unknown') expect(keptHidden(allowing.decide(facts, subject), facts)).toMatchObject({ action: 'mask' });
});

test('where masks follow, it runs', () => {
  const facts = batch(statement(['read', 'delete'], ['&!public.customers:email']));
  expect(keptHidden(policy([READS], MASKED).decide(facts, subject), facts)).toMatchObject({ action: 'mask', observed: { action: 'hold' } });
});
