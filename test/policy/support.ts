import { EFFECTS } from '../../src/sql/facts.ts';
import type { Effect, EffectUse, Facts, StatementFacts, TableUse } from '../../src/sql/facts.ts';
import { policyFrom } from '../../src/policy/load.ts';
import type { CompiledPolicy } from '../../src/policy/decide.ts';
import type { PolicyContext } from '../../src/policy/context.ts';
import type { Subject } from '../../src/policy/verdict.ts';

export const subject: Subject = {
  agent: { name: 'reporter', owner: 'dana@example.com', groups: ['analytics'] },
  database: { name: 'shop', protocol: 'postgres' },
  text: 'select 1',
  transaction: { open: false, ageMs: 0 },
  now: new Date('2026-05-04T12:00:00Z'),
};

/** `public.customers:id,email` is read, a `!` before the name means written, `?` unknown to the catalog; no columns means `*`. */
export function table(text: string): TableUse {
  const [name = '', columns] = text.replace(/^[!?&]+/, '').split(':');
  const flags = /^[!?&]*/.exec(text)?.[0] ?? '';
  const columnList = columns === undefined ? ['*'] : columns.split(',').filter((column) => column !== '');
  return { name, read: !flags.includes('!') || flags.includes('&'), written: flags.includes('!'), columns: columnList, known: !flags.includes('?') };
}

/** One statement: `read`, or `drop table public.a` for an effect with an object. */
export function statement(effects: readonly string[], tables: readonly string[] = [], more: Partial<StatementFacts> = {}): StatementFacts {
  const uses = effects.map((text): EffectUse => {
    const [effect = '', ...object] = text.split(' ');
    return { effect: effect as Effect, objects: object.length === 0 ? [] : [object.join(' ')] };
  });
  return { kind: 'select', start: 0, end: 0, effects: uses, tables: tables.map(table), unbounded: false, settings: [], names: [], ...more };
}

export function batch(...statements: readonly StatementFacts[]): Facts {
  const effects = EFFECTS.flatMap((effect): EffectUse[] => {
    const uses = statements.flatMap((one) => one.effects.filter((use) => use.effect === effect));
    return uses.length === 0 ? [] : [{ effect, objects: [...new Set(uses.flatMap((use) => use.objects))].toSorted() }];
  });
  return { statements, effects, tables: statements.flatMap((one) => one.tables), unbounded: statements.some((one) => one.unbounded), unresolved: false, integersFree: true };
}

/** @param rules YAML of the list's items, one a line; `{ name: … }` gets a name where it has none. */
export function policy(rules: readonly string[], head = '', context?: PolicyContext): CompiledPolicy {
  const items = rules.map((rule, index) => `  - ${/\bname"?:/.test(rule) ? rule : rule.replace('{', `{ name: r${index},`)}`);
  const holds = head.includes('holds:') ? '' : 'holds: { approvers: [dba] }\n';
  return policyFrom([{ file: 'policy.yaml', text: `version: 1\n${holds}${head}\nrules:\n${items.join('\n') || '  []'}\n` }], context);
}
