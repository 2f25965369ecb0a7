/** How a session has the server read names without a schema: its search_path, as far as that can be told. */

import type { Reading } from '../facts.ts';

export interface PostgresReading extends Reading {
  /** Schemas in their order, pg_catalog before them unless it is among them; undefined: not known. */
  readonly path: readonly string[] | undefined;
}

/** Names of schemas as a list that no quoting, and no `$user`, makes mean something else. */
const PLAIN = /^\s*[a-z_][a-z0-9_]*\s*(?:,\s*[a-z_][a-z0-9_]*\s*)*$/;

/** More search paths than this aren't used in good faith. */
const KEPT = 256;

export class Readings {
  readonly #known = new Map<string, PostgresReading>();

  /** The same path gives the same object. @param usual the path that sessions start with */
  reading(settings: ReadonlyMap<string, string>, usual: readonly string[] | undefined): PostgresReading {
    const path = pathOf(settings, usual);
    const key = path === undefined ? 'search_path unknown' : `search_path ${JSON.stringify(path)}`;
    let reading = this.#known.get(key);
    if (reading === undefined) {
      reading = { key, path };
      if (this.#known.size >= KEPT) this.#known.clear();
      this.#known.set(key, reading);
    }
    return reading;
  }
}

function pathOf(settings: ReadonlyMap<string, string>, usual: readonly string[] | undefined): readonly string[] | undefined {
  // `$user` is whoever the session acts as.
  if (settings.has('role') || settings.has('session_authorization')) return undefined;
  const path = settings.get('search_path');
  if (path === undefined) return usual;
  if (path.trim() === '') return [];
  return PLAIN.test(path) ? path.split(',').map((name) => name.trim()) : undefined;
}
