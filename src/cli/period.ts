import { Failure } from '../runtime/failure.ts';
import { visibleLine } from '../runtime/visible.ts';

/** From the one moment up to the other, without it. Milliseconds since 1970. */
export interface Period {
  readonly since?: number;
  readonly until?: number;
}

/** Of `--since` and `--until`. Throws Failure. */
export function period({ since, until }: { readonly since?: string; readonly until?: string }): Period {
  return { ...(since !== undefined && { since: moment(since) }), ...(until !== undefined && { until: moment(until) }) };
}

/** Throws Failure `bad_time`. */
export function moment(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new Failure('bad_time', `"${visibleLine(text)}" is no time.`, { hint: 'Write it like 2026-03-01T08:00:00Z.' });
}
