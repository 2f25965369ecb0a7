/** Facts of things that run together. Pure. */

import { EFFECTS, type EffectUse, type Facts, type StatementFacts, type TableUse } from '../sql/facts.ts';

/** Union of all; the statements are those of `of`, or of all. */
export function mergeFacts(all: readonly Facts[], of?: Facts): Facts {
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  const doubt = all.find((facts) => facts.doubt !== undefined)?.doubt;
  const refused = all.find((facts) => facts.refused !== undefined)?.refused;
  return {
    statements: of?.statements ?? all.flatMap((facts) => facts.statements),
    effects: mergeEffects(all.flatMap((facts) => facts.effects)),
    tables: mergeTables(all.flatMap((facts) => facts.tables)),
    unbounded: all.some((facts) => facts.unbounded),
    unresolved: all.some((facts) => facts.unresolved),
    integersFree: false,
    ...(doubt === undefined ? {} : { doubt }),
    ...(refused === undefined ? {} : { refused }),
  };
}

/** Facts of something only known by a name that means nothing to us. */
export function withDynamic(statement: StatementFacts, because: string): Facts {
  return { statements: [statement], effects: [{ effect: 'dynamic', objects: [], because }], tables: [], unbounded: false, unresolved: false, integersFree: false };
}

/** The same facts without the doubt about these objects (`cursor c`, `prepared statement p`), which were looked at. */
export function withoutDynamic(facts: Facts, known: ReadonlySet<string>): Facts {
  if (known.size === 0) return facts;
  return { ...facts, effects: resolved(facts.effects, known), statements: facts.statements.map((statement) => ({ ...statement, effects: resolved(statement.effects, known) })) };
}

function resolved(uses: readonly EffectUse[], known: ReadonlySet<string>): EffectUse[] {
  return uses.flatMap((use) => {
    if (use.effect !== 'dynamic') return [use];
    const left = use.objects.filter((object) => !known.has(object));
    return left.length === 0 && use.objects.length > 0 ? [] : [{ ...use, objects: left }];
  });
}

/** The same facts while what names mean is being changed: by the same transaction, not yet committed, or by somebody else just now. */
export function withRoutine(facts: Facts): Facts {
  if (facts.effects.every(({ effect }) => effect === 'transaction' || effect === 'session')) return facts;
  const because = 'functions, types, operators or views were just defined that can\'t be looked at before they are committed';
  return { ...facts, effects: mergeEffects([...facts.effects, { effect: 'routine', objects: [], because }]) };
}

function mergeEffects(uses: readonly EffectUse[]): EffectUse[] {
  return EFFECTS.flatMap((effect): EffectUse[] => {
    const same = uses.filter((use) => use.effect === effect);
    if (same.length === 0) return [];
    const because = same.find((use) => use.because !== undefined)?.because;
    return [{ effect, objects: [...new Set(same.flatMap((use) => use.objects))].toSorted(), ...(because === undefined ? {} : { because }) }];
  });
}

function mergeTables(uses: readonly TableUse[]): TableUse[] {
  const merged = new Map<string, TableUse>();
  for (const use of uses) {
    const other = merged.get(use.name);
    merged.set(use.name, other === undefined ? use : {
      name: use.name, read: use.read || other.read, written: use.written || other.written, known: use.known && other.known,
      columns: [...new Set([...use.columns, ...other.columns])].toSorted(),
    });
  }
  return [...merged.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
