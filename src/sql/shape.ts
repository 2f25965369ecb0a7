/**
 * Texts that differ only in integer constants have the same facts, if no fact was found by looking at one. Only texts
 * without quotes, comments, dollars and anything else in which digits could mean something different have a shape.
 */

import type { Facts } from './facts.ts';

/** Longer texts are rarely repeated with other numbers. */
const LONGEST = 2048;

const SIMPLE = /^[A-Za-z0-9_ \t\r\n.,()=<>*+;-]*$/;

/** A number that touches neither a name nor a point, and fits an int4 whatever its digits. */
const INTEGER = /(?<![\w.])\d{1,9}(?![\w.])/g;

/** The text with its integers taken out; undefined when it has none or isn't simple enough. */
export function shapeOf(text: string): string | undefined {
  if (text.length > LONGEST || !SIMPLE.test(text) || text.includes('--')) return undefined;
  const shape = text.replace(INTEGER, '?');
  return shape === text && !shape.includes('?') ? undefined : shape;
}

/** Facts of one text, kept for others of its shape: by the text's length, since their only statement ends elsewhere. */
export interface Shaped {
  readonly facts: Facts;
  readonly length: number;
  readonly byLength: Map<number, Facts>;
}

/** Undefined when the facts aren't a shape's: several statements, or a fact that depends on a number. */
export function shaped(text: string, facts: Facts): Shaped | undefined {
  if (!facts.integersFree || facts.doubt !== undefined || facts.statements.length !== 1) return undefined;
  return { facts, length: text.length, byLength: new Map([[text.length, facts]]) };
}

/** The facts as they are for this text; the same object for every text of the same length. */
export function unshaped({ facts, length, byLength }: Shaped, text: string): Facts {
  const known = byLength.get(text.length);
  if (known !== undefined) return known;
  const [statement] = facts.statements;
  if (statement === undefined) return facts;
  const moved: Facts = { ...facts, statements: [{ ...statement, end: statement.end + text.length - length }] };
  byLength.set(text.length, moved);
  return moved;
}
