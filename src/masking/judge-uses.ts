/** From how a statement uses masked columns to what the policy says of that. */

import { isMaskOutput } from './mask-output.ts';
import type { MaskedColumn, MaskedRelation, Sight } from './sight.ts';
import type { ColumnUse, Substitution, Use } from './substitution.ts';

export type UseVerdict = { readonly action: 'mask' } | { readonly action: 'hold' | 'deny'; readonly reason: string };

/** The text of a bound parameter (the first is 1); undefined: NULL, or not known. */
export type ParameterText = (number: number) => string | undefined;

type Action = 'mask' | 'hold' | 'deny';

interface Objection {
  readonly action: 'hold' | 'deny';
  readonly use: ColumnUse;
  readonly why: Use | 'mask_written' | 'unknown';
}

/** The most restrictive of what is said of each use. A text that can't be masked is denied, whatever it uses. */
export function judgeUses({ uses, text, obstacle }: Pick<Substitution, 'uses' | 'text' | 'obstacle'>, sight: Sight, parameter: ParameterText = () => undefined): UseVerdict {
  if (obstacle !== undefined) return { action: 'deny', reason: obstacle };
  if (text === undefined) return { action: 'deny', reason: 'It can\'t be run so that masked columns stay masked, and nothing tells why.' };
  const relations = byName(sight);
  const objections = uses.flatMap((use) => judged(use, columnOf(relations, sight, use), parameter));
  if (objections.length === 0) return { action: 'mask' };
  const action = objections.some((objection) => objection.action === 'deny') ? 'deny' : 'hold';
  // Only what decides: after a denial, what would be held is no help.
  return { action, reason: sentences(objections.filter((objection) => objection.action === action)) };
}

function judged(use: ColumnUse, column: MaskedColumn | undefined, parameter: ParameterText): Objection[] {
  if (column === undefined) return [{ action: 'hold', use, why: 'unknown' }];
  const action = actionOf(use.use, column);
  if (action !== 'mask') return [{ action, use, why: use.use }];
  const value = typeof use.value === 'number' ? parameter(use.value) : use.value;
  return use.use === 'written' && value !== undefined && isMaskOutput(column, value) ? [{ action: 'hold', use, why: 'mask_written' }] : [];
}

function actionOf(use: Use, { filtered, derived, copied }: MaskedColumn): Action {
  switch (use) {
    case 'projected': case 'null_test': case 'written': return 'mask';
    case 'derived': return derived;
    case 'lookup': return filtered === 'hold' || filtered === 'deny' ? filtered : 'mask';
    case 'filtered': return filtered === 'mask' || filtered === 'deny' ? filtered : 'hold';
    case 'copied': return copied;
    case 'own': return 'hold';
  }
}

type NamesToRelations = ReadonlyMap<string, readonly MaskedRelation[]>;
const INDEXES = new WeakMap<Sight, NamesToRelations>();

function byName(sight: Sight): NamesToRelations {
  const index = INDEXES.get(sight) ?? Map.groupBy(sight.data.relations, ({ schema, name }) => `${schema}.${name}`);
  INDEXES.set(sight, index);
  return index;
}

/** Undefined also where a dot in a name leaves two relations: nobody knows whose terms count. */
function columnOf(relations: NamesToRelations, sight: Sight, { relation, column }: ColumnUse): MaskedColumn | undefined {
  const [first, second] = relations.get(relation) ?? [];
  return first === undefined || second !== undefined ? undefined : sight.column(first, column);
}

/** One sentence for each kind of use, with the columns used so. */
function sentences(objections: readonly Objection[]): string {
  const groups = Map.groupBy(objections, ({ use, why }) => JSON.stringify([why, use.because ?? DEFAULTS[why]]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const names = [...new Set(group.map(({ use }) => shortName(use)))];
    const subject = first.use.because ?? DEFAULTS[first.why];
    return `${named(names)} ${names.length === 1 ? subject : plural(subject)}: ${advice(first)}.`;
  }).join(' ');
}

/** `customers.email` of `public.customers`, as people write it. */
const shortName = ({ relation, column }: ColumnUse): string => `${relation.slice(relation.indexOf('.') + 1)}.${column}`;

function named(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

const plural = (text: string): string => text.replace(/^(?:is|has|orders|groups|joins|decides|compares|filters)\b/, (verb) => (verb === 'is' ? 'are' : verb === 'has' ? 'have' : verb.replace(/s$/, '')));

const DEFAULTS: Readonly<Record<Objection['why'], string>> = {
  projected: 'is shown',
  null_test: 'is tested for NULL',
  written: 'is written',
  derived: 'is part of an expression in the output',
  lookup: 'is looked up by its value',
  filtered: 'decides which rows there are, or their order',
  copied: 'is written somewhere else',
  own: 'is read by the statement that writes its table',
  mask_written: 'is set to what its mask shows',
  unknown: 'is used in a way that nobody could tell',
};

function advice({ action, why }: Objection): string {
  const forbidden = action === 'deny';
  switch (why) {
    case 'filtered': return forbidden
      ? 'the policy allows no conditions on a masked column but IS [NOT] NULL; leave it out'
      : 'only = with a constant or a parameter, as a condition of its own, or IS [NOT] NULL works on a masked column; leave the rest out, or somebody has to release it';
    case 'lookup': return forbidden ? 'the policy doesn\'t allow to look rows up by a masked column; use another column' : 'the policy has somebody release a look-up by a masked column; use another column where you can';
    case 'derived': return forbidden ? 'the policy allows a masked column only as a plain output; select it as it is' : 'a masked column passes as a plain output only; select it as it is, or somebody has to release it';
    case 'copied': return forbidden ? 'the policy doesn\'t allow to copy a masked column; leave it out' : 'masks would be stored as if they were values; leave the column out, or somebody has to release it';
    case 'own': return 'there its real values would count; use = with a constant or a parameter on it, or other columns, or somebody has to release it';
    case 'mask_written': return 'the value was perhaps read through the mask, and writing it back would destroy the real one; leave the column out of the statement';
    case 'unknown': return 'somebody has to look at it';
    case 'projected': case 'null_test': case 'written': return 'the policy doesn\'t allow it';
  }
}
