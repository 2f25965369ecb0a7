/**
 * A sight: which columns of one database an agent sees only as masks, and as which. Plain data with an index over it, so that it can be
 * handed to another thread; the same policy, groups and catalog give the same object, so that it can key caches.
 *
 * Identity is the catalog's (OID and column number; in MySQL database, table and column): how a statement names things never counts.
 */

import type { WireMask } from './wire-mask.ts';

export const MASKS = ['redact', 'null', 'hash', 'last4', 'partial', 'email', 'constant'] as const;
export type MaskName = (typeof MASKS)[number];

export interface MaskedColumn {
  readonly name: string;
  /** As ColumnData.number. */
  readonly number: number;
  /** As ColumnData.type. */
  readonly type: string;
  readonly mask: MaskName;
  /**
   * The mask as SQL of the database's dialect, of the column's exact type, cut where the column itself stands: joined with
   * the column as SQL between the pieces it is the whole expression. One piece: the mask looks at nothing.
   */
  readonly sql: readonly string[];
  /** The same at the wire; see cells.ts. Undefined: NULL. */
  readonly wire?: WireMask;
  /** Masks NULL, too. */
  readonly hideNulls: boolean;
  /** What the policy says of uses other than a plain output; see policy/model.ts. */
  readonly filtered: 'equality' | 'mask' | 'hold' | 'deny';
  readonly derived: 'mask' | 'hold' | 'deny';
  readonly copied: 'hold' | 'deny';
}

/** A relation with masked columns, or with columns through which masked ones could be seen (a view's, a parent's, a catalog's). */
export interface MaskedRelation {
  readonly schema: string;
  readonly name: string;
  /** 0 where the server has none (MySQL). */
  readonly oid: number;
  readonly columns: readonly MaskedColumn[];
  /** SQL of a condition that fails what reads the relation when these are no longer its columns; see guard.ts. */
  readonly guard?: string;
}

export interface SightData {
  /** Differs whenever anything in it does. */
  readonly key: string;
  readonly relations: readonly MaskedRelation[];
}

export class Sight {
  readonly data: SightData;
  readonly #byName: ReadonlyMap<string, MaskedRelation>;
  readonly #byOid: ReadonlyMap<number, MaskedRelation>;
  readonly #names: ReadonlySet<string>;
  readonly #bare: ReadonlySet<string>;
  readonly #columns: ReadonlyMap<MaskedRelation, { readonly byName: ReadonlyMap<string, MaskedColumn>; readonly byNumber: ReadonlyMap<number, MaskedColumn> }>;

  constructor(data: SightData) {
    this.data = data;
    this.#byName = new Map(data.relations.map((relation) => [nameKey(relation.schema, relation.name), relation]));
    this.#byOid = new Map(data.relations.filter(({ oid }) => oid !== 0).map((relation) => [relation.oid, relation]));
    this.#names = new Set(data.relations.map(({ schema, name }) => `${schema}.${name}`));
    this.#bare = new Set(data.relations.map(({ name }) => name));
    this.#columns = new Map(data.relations.map((relation) => [relation, {
      byName: new Map(relation.columns.map((column) => [column.name, column])),
      byNumber: new Map(relation.columns.map((column) => [column.number, column])),
    }]));
  }

  get key(): string {
    return this.data.key;
  }

  /** By the catalog's names, exactly. */
  relation(schema: string, name: string): MaskedRelation | undefined {
    return this.#byName.get(nameKey(schema, name));
  }

  /** Could `schema.name`, as facts give it, be one of these, or stand before one as a temporary relation that is being made? */
  names(qualified: string): boolean {
    return this.#names.has(qualified) || this.#bare.has(qualified.replace(/^pg_temp[^.]*\./, ''));
  }

  byOid(oid: number): MaskedRelation | undefined {
    return this.#byOid.get(oid);
  }

  column(relation: MaskedRelation, name: string): MaskedColumn | undefined {
    return this.#columns.get(relation)?.byName.get(name);
  }

  columnNumbered(relation: MaskedRelation, number: number): MaskedColumn | undefined {
    return this.#columns.get(relation)?.byNumber.get(number);
  }
}

const nameKey = (schema: string, name: string): string => JSON.stringify([schema, name]);
