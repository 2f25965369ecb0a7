/** Masks: what stands in the place of a column's values, as SQL and on the wire. */

import { constantText, redacted } from './constants.ts';
import { LEAST_LENGTH, looks } from './mask.ts';
import type { MadeMask, MaskTerms, Misfit, Target } from './mask.ts';
import { mysqlMask } from './masks-mysql.ts';
import { postgresMask } from './masks-postgres.ts';
import { mysqlShape, postgresShape } from './shapes.ts';
import type { Shape } from './shapes.ts';
import { MASKS } from './sight.ts';
import type { MaskName } from './sight.ts';

export type Dialect = 'postgres' | 'mysql';

export function shapeOf(dialect: Dialect, type: string): Shape {
  return dialect === 'postgres' ? postgresShape(type) : mysqlShape(type);
}

/** Undefined when the mask fits the column. */
export function misfit(dialect: Dialect, { column, anchor }: Pick<Target, 'column' | 'anchor'>, terms: MaskTerms): Misfit | undefined {
  const shape = shapeOf(dialect, column.type);
  if (terms.mask === 'null') return undefined;
  const say = (why: string): Misfit => ({ mask: terms.mask, sentence: `${why}; it is masked as NULL. Masks that fit ${column.type}: ${fitting(shape).join(', ')}` });
  if (dialect === 'mysql' && terms.hideNulls && column.notNull !== true && anchor === undefined) {
    return say('hide_nulls needs a column in the same table that is never NULL, such as a primary key');
  }
  if (terms.mask === 'constant' && terms.value !== undefined) {
    return constantText(shape, terms.value) === undefined ? say(`"${terms.value}" isn't plainly a value of ${column.type}`) : undefined;
  }
  if (fits(shape, terms.mask)) return undefined;
  if (looks(terms.mask) && shape.family === 'text') return say(`what the mask ${terms.mask} makes needs ${LEAST_LENGTH[terms.mask]} characters or more, which ${column.type} hasn't`);
  return say(`the mask ${terms.mask} doesn't fit ${column.type}`);
}

/** Those of MASKS that fit the type. */
export function fitting(shape: Shape): readonly MaskName[] {
  return MASKS.filter((mask) => fits(shape, mask));
}

function fits(shape: Shape, mask: MaskName): boolean {
  if (mask === 'null') return true;
  if (!looks(mask)) return redacted(shape) !== undefined;
  if (mask === 'hash' && shape.family === 'uuid') return true;
  return shape.family === 'text' && (shape.length === undefined || shape.length >= LEAST_LENGTH[mask]);
}

/** The mask, which must fit. */
export function makeMask(dialect: Dialect, target: Target, terms: MaskTerms): MadeMask {
  const shape = shapeOf(dialect, target.column.type);
  const constant = looks(terms.mask) || terms.mask === 'null' ? undefined : terms.mask === 'constant' && terms.value !== undefined ? constantText(shape, terms.value) : redacted(shape);
  return (dialect === 'postgres' ? postgresMask : mysqlMask)(target, shape, terms, constant);
}
