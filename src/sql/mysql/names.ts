/** Names of relations and functions as the server finds them. */

import type { CatalogData, RelationData } from '../catalog.ts';

/** Schemas whose names, and those of what is in them, never depend on case (sql_show.cc: is_infoschema_db). */
const CASELESS: ReadonlySet<string> = new Set(['information_schema', 'performance_schema']);

export class Names {
  readonly #exact: boolean;
  readonly #relations = new Map<string, RelationData>();
  readonly #called = new Set<string>();
  readonly #functions = new Set<string>();
  readonly #columns = new WeakMap<RelationData, ReadonlyMap<string, string>>();

  constructor(data: CatalogData) {
    this.#exact = data.mysql?.lowerCaseTableNames === 0;
    for (const relation of data.relations) {
      this.#relations.set(this.#key(relation.schema, relation.name), relation);
      this.#called.add(relation.name.toLowerCase());
    }
    for (const routine of data.functions) this.#functions.add(JSON.stringify([routine.schema.toLowerCase(), routine.name.toLowerCase()]));
  }

  relation(schema: string | undefined, name: string): RelationData | undefined {
    return schema === undefined ? undefined : this.#relations.get(this.#key(schema, name));
  }

  /** Is any relation called so, in whatever schema? @param lower the name in lower case */
  isCalled(lower: string): boolean {
    return this.#called.has(lower);
  }

  /** Is there a function of this name that didn't come with the server: stored in this schema, or loaded from a library? */
  hasFunction(schema: string | undefined, name: string): boolean {
    if (this.#functions.size === 0) return false;
    const has = (where: string): boolean => this.#functions.has(JSON.stringify([where, name.toLowerCase()]));
    return has('') || (schema !== undefined && has(schema.toLowerCase()));
  }

  /** Columns by their names in lower case; empty when they aren't known. */
  columns(relation: RelationData): ReadonlyMap<string, string> {
    let columns = this.#columns.get(relation);
    if (columns === undefined) this.#columns.set(relation, (columns = new Map(relation.columns.map(({ name }) => [name.toLowerCase(), name]))));
    return columns;
  }

  #key(schema: string, name: string): string {
    const exact = this.#exact && !CASELESS.has(schema.toLowerCase());
    return JSON.stringify(exact ? [schema, name] : [schema.toLowerCase(), name.toLowerCase()]);
  }
}
