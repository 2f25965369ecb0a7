/** How much of the journal stays: never less than what the process that writes it finds again there. */

import { longestSignInMs } from '../identity/lifetimes.ts';
import type { Keep } from '../journal/options.ts';
import type { ConfigFile } from './schema.ts';
import { formatDuration } from './units.ts';
import type { Path } from './yaml.ts';

type Needs = Pick<ConfigFile, 'approvals' | 'identity'>;

function needs({ approvals, identity }: Needs): readonly (readonly [ms: number, why: string])[] {
  return [
    [longestSignInMs(identity?.session), 'a sign-in may last so long, and at a start the journal says which were ended'],
    [approvals.within, 'a request may wait so long (approvals.within), and the journal would no longer have it when it is decided'],
  ];
}

const leastMs = (config: Needs): number => Math.max(...needs(config).map(([ms]) => ms));

export function keepOf(config: Needs & Pick<ConfigFile, 'journal'>): { readonly keep?: Keep } {
  const { keep: ageMs, keep_size: bytes } = config.journal;
  if (ageMs === undefined && bytes === undefined) return {};
  return { keep: { ...(ageMs !== undefined && { ageMs }), ...(bytes !== undefined && { bytes }), leastMs: leastMs(config) } };
}

export function checkKeep(config: ConfigFile, report: (path: Path, message: string) => void): void {
  const { keep = Infinity, keep_size: bytes = Infinity, segment } = config.journal;
  for (const [ms, why] of needs(config)) {
    if (keep < ms) report(['journal', 'keep'], `records must stay for ${formatDuration(ms)} at least: ${why}`);
  }
  // One that is full and one that is being written; only whole ones go.
  if (bytes < 2 * segment) report(['journal', 'keep_size'], 'only whole segments are removed, and there may be two at any time: keep_size must be twice journal.segment (64MiB unless it says otherwise) at least');
}
