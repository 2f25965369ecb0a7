/** How a session has the server read names without a schema: its search_path, as far as that can be told. */

import type { CatalogData } from '../catalog.ts';
import type { Reading } from '../facts.ts';

export interface PostgresReading extends Reading {
  /** Schemas in their order, pg_catalog before them unless it is among them; undefined: not known. */
  readonly path: readonly string[] | undefined;
}

type UsualPath = Pick<CatalogData, 'searchPath' | 'searchPathSetting' | 'account'>;

/** Names of schemas as a list that no quoting, and no `$user`, makes mean something else. */
const PLAIN = /^\s*[a-z_][a-z0-9_]*\s*(?:,\s*[a-z_][a-z0-9_]*\s*)*$/;

/** More search paths than this aren't used in good faith. */
const KEPT = 256;

export class Readings {
  readonly #known = new Map<string, PostgresReading>();

  /** The same path gives the same object. @param usual what sessions start with */
  reading(settings: ReadonlyMap<string, string>, usual: UsualPath): PostgresReading {
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

function pathOf(settings: ReadonlyMap<string, string>, { searchPath, searchPathSetting, account }: UsualPath): readonly string[] | undefined {
  // `$user` is whoever the session acts as. Servers report the login's account, too.
  const acting = settings.get('session_authorization');
  if (settings.has('role') || (acting !== undefined && acting !== account)) return undefined;
  const path = settings.get('search_path');
  // Servers from 18 on report the setting, also where nobody has changed it.
  if (path === undefined || path === searchPathSetting) return searchPath;
  if (path.trim() === '') return [];
  return PLAIN.test(path) ? path.split(',').map((name) => name.trim()) : undefined;
}
