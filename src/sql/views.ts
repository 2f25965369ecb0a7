/** What reading each view does, found out once for a catalog. */

import type { RelationData } from './catalog.ts';

export class Views<Findings> {
  readonly #read: (view: RelationData) => Findings;
  /** Undefined while the view is being looked at. */
  readonly #known = new Map<RelationData, Findings | undefined>();

  /** @param read looks at the view's definition, and through this at the views in it */
  constructor(read: (view: RelationData) => Findings) {
    this.#read = read;
  }

  /** Undefined while that view is being looked at. Throws what `read` throws. */
  findings(view: RelationData): Findings | undefined {
    if (this.#known.has(view)) return this.#known.get(view);
    this.#known.set(view, undefined);
    try {
      const found = this.#read(view);
      this.#known.set(view, found);
      return found;
    } catch (error) {
      // Left as being looked at, the view would seem to read nothing from now on.
      this.#known.delete(view);
      throw error;
    }
  }
}
