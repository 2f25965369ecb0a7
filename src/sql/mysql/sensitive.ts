/** Built-in functions that do more than compute, by what they do. A name that is neither here nor in harmless.ts isn't vetted: sleep and benchmark, which only keep the server busy, and those that wait for replication. */

import type { Effect } from '../facts.ts';

export interface Sensitive {
  readonly effects: readonly Effect[];
  /** Completes "load_file …". */
  readonly because: string;
}

const LOCK: Sensitive = { effects: ['lock'], because: 'takes or releases a lock that all sessions share' };

export const SENSITIVE: ReadonlyMap<string, Sensitive> = new Map([
  ['load_file', { effects: ['server_io'], because: 'reads a file of the server' }],
  ['get_lock', LOCK],
  ['release_lock', LOCK],
  ['release_all_locks', LOCK],
  ['nextval', { effects: ['update'], because: 'advances a sequence' }],
  ['setval', { effects: ['alter'], because: 'sets a sequence, which no rollback takes back' }],
]);
