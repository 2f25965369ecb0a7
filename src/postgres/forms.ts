/** Texts that run in the place of the agent's own: how they are told apart, and where places in them are in the agent's. Pure. */

import { originalOffset } from '../masking/substitution.ts';
import { sentWithin, type Veil } from '../masking/veil.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { StatementText } from '../protocol/statement.ts';
import type { About } from './expected.ts';
import type { Change } from './prepared.ts';

/** What the server gets. */
export const textSent = (source: StatementText, veil: Veil | undefined): string => veil?.form?.text ?? source.text;

/** Is what the server has under a name what is to run now? `part`: it was prepared by SQL in another way (or is another text), so we can't do it again. */
export function fits(prepared: Change, source: StatementText, veil: Veil | undefined): 'yes' | 'no' | 'part' {
  if (prepared.meaning !== source) return 'part';
  if (prepared.within === undefined) return prepared.absent !== true && textSent(source, prepared.veil) === textSent(source, veil) ? 'yes' : 'no';
  if (prepared.veil?.sight.key !== veil?.sight.key) return 'part';
  return sentWithin(prepared.within, prepared.veil, source.text, textSent(source, veil)) ? 'yes' : 'part';
}

export const preparedOtherwise = (name: string): Refusal => ({
  code: 'changed', message: `prepared statement ${JSON.stringify(name)} was prepared under other masks than it has to run with now`,
  hint: 'DEALLOCATE it, and PREPARE it again.',
});

/**
 * A place in what ran, as a place in the agent's text. The server counts characters (code points) from 1.
 * Undefined: it is in neither.
 */
export function originalPosition({ source, veil }: About, position: string): string | undefined {
  const form = veil?.form;
  if (form === undefined) return position;
  const offset = offsetOf(form.text, Number(position) - 1);
  if (offset === undefined) return undefined;
  return String(codePoints(source.text, originalOffset(form.edits, offset)) + 1);
}

/** UTF-16 offset of the code point with that number. */
function offsetOf(text: string, codePoint: number): number | undefined {
  if (!Number.isInteger(codePoint) || codePoint < 0) return undefined;
  let offset = 0;
  for (let left = codePoint; left > 0; left--) {
    if (offset >= text.length) return undefined;
    offset += (text.codePointAt(offset) as number) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** How many code points begin before that UTF-16 offset. */
function codePoints(text: string, end: number): number {
  let count = 0;
  for (let offset = 0; offset < end && offset < text.length; count++) offset += (text.codePointAt(offset) as number) > 0xffff ? 2 : 1;
  return count;
}
