/** What a session must do about a statement beside letting it through, worked out once for its facts. Pure. */

import type { RecordedStatement } from '../journal/events.ts';
import type { Aftermath } from '../protocol/statement.ts';
import type { Effect, Facts, SessionNameUse } from '../sql/facts.ts';
import { redefines } from './redefine.ts';

/** Effects after which the catalog is another. */
const CHANGES_CATALOG = new Set<Effect>(['create', 'alter', 'drop', 'unknown']);
/** Effects of what runs unseen, and may have changed settings or, rarely, the catalog. */
const SETS_ANYTHING = new Set<Effect>(['routine', 'dynamic', 'unknown']);

export interface Traits {
  /** False for nearly all statements: then nothing else here is true of it. */
  readonly remarkable: boolean;
  readonly changesCatalog: boolean;
  readonly setsAnything: boolean;
  readonly redefines: boolean;
  readonly commits: boolean;
  /** May it have the database ask the client for data? */
  readonly imports: boolean;
  readonly after: Aftermath;
  /** Names of settings, of the whole batch and of what it runs by name. */
  readonly sets: readonly string[];
  /** Session objects named, by command of the batch; empty when none names anything. */
  readonly names: readonly (readonly SessionNameUse[])[];
  /** For the journal. */
  readonly recorded: readonly RecordedStatement[];
}

const NO_NAMES: readonly never[] = [];
/** Facts are cached and never change. */
const known = new WeakMap<Facts, Traits>();

export function traitsOf(facts: Facts): Traits {
  let traits = known.get(facts);
  if (traits === undefined) known.set(facts, (traits = work(facts)));
  return traits;
}

function work(facts: Facts): Traits {
  const { statements, effects } = facts;
  const does = (which: ReadonlySet<Effect>): boolean => effects.some(({ effect }) => which.has(effect));
  const names = statements.some((statement) => statement.names.length > 0);
  const settings = statements.flatMap((statement) => statement.settings);
  const sets = [...new Set(settings.map(({ name }) => name))];
  const untold = settings.some(({ value }) => value === undefined);
  const setsAnything = does(SETS_ANYTHING);
  const traits = {
    changesCatalog: does(CHANGES_CATALOG), setsAnything, redefines: redefines(facts),
    imports: effects.some(({ effect }) => effect === 'import' || effect === 'unknown'),
    after: aftermath(setsAnything || untold, names || sets.length > 0), sets: sets.length > 0 ? sets : NO_NAMES,
    commits: statements.some(({ transaction }) => transaction === 'commit'),
    names: names ? statements.map((statement) => statement.names) : NO_NAMES, recorded: recorded(facts),
  };
  const follows = statements.some(({ settings, transaction }) => settings.length > 0 || transaction !== undefined);
  return { ...traits, remarkable: traits.changesCatalog || traits.setsAnything || traits.redefines || follows || traits.names.length > 0 };
}

function aftermath(unseen: boolean, sets: boolean): Aftermath {
  if (unseen) return 'unknown';
  return sets ? 'told' : 'same';
}

/** With effects and tables of its own where the batch has more. */
function recorded({ statements, effects, tables }: Facts): readonly RecordedStatement[] {
  const [only] = statements;
  const whole = statements.length === 1 && only?.effects.length === effects.length && only.tables.length === tables.length;
  return statements.map(({ kind, unbounded, effects, tables }) => ({ kind, ...(unbounded && { unbounded }), ...(!whole && { effects, tables }) }));
}
