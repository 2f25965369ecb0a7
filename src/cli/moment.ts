import { Failure } from '../runtime/failure.ts';
import { visibleLine } from '../runtime/visible.ts';

/** Milliseconds since 1970, of what a person wrote. Throws Failure. */
export function moment(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new Failure('bad_time', `"${visibleLine(text)}" is no time.`, { hint: 'Write it like 2026-03-01T08:00:00Z.' });
}
