import { moment } from './moment.ts';

/** From the one moment up to the other, without it. Milliseconds since 1970. */
export interface Period {
  readonly since?: number;
  readonly until?: number;
}

/** Of `--since` and `--until`. Throws Failure. */
export function period({ since, until }: { readonly since?: string; readonly until?: string }): Period {
  return { ...(since !== undefined && { since: moment(since) }), ...(until !== undefined && { until: moment(until) }) };
}
