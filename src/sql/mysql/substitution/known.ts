/** What a sight makes of the catalog's relations: found out once for each sight. */

import type { MaskedRelation, Sight } from '../../../masking/sight.ts';
import type { CatalogData, RelationData } from '../../catalog.ts';
import type { Names } from '../names.ts';
import type { Tracer } from './lineage.ts';
import { fold } from './origins.ts';
import type { Looked } from './flow.ts';
import type { Origin, Shape } from './origins.ts';
import { Obstacle } from './tree.ts';

export interface Known {
  readonly relation: RelationData;
  /** Undefined: nothing of it is masked. */
  readonly masked: MaskedRelation | undefined;
  readonly looked: Looked;
  /** As a write's target. */
  readonly own: Looked;
  /** Why it can't be read at all. */
  readonly obstacle: string | undefined;
}

export class Knowledge {
  readonly sight: Sight;
  readonly #names: Names;
  readonly #tracer: Tracer;
  readonly #known = new Map<RelationData, Known>();
  /** `schema.table.column` of what is masked. */
  readonly #columns = new Map<string, Origin>();
  readonly #tables: ReadonlySet<string>;
  /** Folded names of relations that mustn't be read as they are. */
  readonly tainted: ReadonlySet<string>;
  /** Masked relations that the catalog doesn't have, by folded `schema.name`. */
  readonly #lost = new Set<string>();

  constructor(data: CatalogData, names: Names, tracer: Tracer, sight: Sight) {
    this.sight = sight;
    this.#names = names;
    this.#tracer = tracer;
    const { relations } = sight.data;
    this.#tables = new Set(relations.map(full));
    for (const relation of relations) {
      if (names.relation(relation.schema, relation.name) === undefined) this.#lost.add(fold(full(relation)));
      for (const masked of relation.columns) this.#columns.set(`${full(relation)}.${masked.name}`, { relation: full(relation), column: masked.name, masked, own: false });
    }
    const views = data.relations.filter((relation) => relation.kind === 'v' && !relation.system && this.of(relation).obstacle !== undefined);
    this.tainted = new Set([...relations, ...views].map(({ name }) => fold(name)));
  }

  /** @throws {Obstacle} when it is masked, and nothing is known of it */
  find(schema: string | undefined, name: string): Known | undefined {
    const relation = this.#names.relation(schema, name);
    if (relation !== undefined) return this.of(relation);
    if (schema !== undefined && this.#lost.has(fold(`${schema}.${name}`))) throw new Obstacle(`Nothing is known of ${schema}.${name}, which has masked columns.`);
    return undefined;
  }

  of(relation: RelationData): Known {
    let known = this.#known.get(relation);
    if (known === undefined) this.#known.set(relation, (known = this.#find(relation)));
    return known;
  }

  #find(relation: RelationData): Known {
    const masked = this.sight.relation(relation.schema, relation.name);
    const rows = new Set<Origin>();
    let obstacle: string | undefined;
    if (relation.kind === 'v' && !relation.system) obstacle = this.#through(relation, masked, rows);
    if (masked !== undefined && relation.columns.length === 0) obstacle = `The columns of ${full(relation)} aren't known, and some of them are masked.`;
    const shape = (own: boolean): Shape => ({ columns: relation.columns.map(({ name }) => ({ name, plain: true, of: new Set(this.#origin(relation, masked, name, own)) })), vague: relation.columns.length === 0 });
    return { relation, masked, looked: { shape: shape(false), rows }, own: { shape: shape(true), rows }, obstacle };
  }

  #origin(relation: RelationData, masked: MaskedRelation | undefined, column: string, own: boolean): Origin[] {
    const origin = masked === undefined ? undefined : this.#columns.get(`${full(relation)}.${column}`);
    return origin === undefined ? [] : [own ? this.#owned(origin) : origin];
  }

  readonly #own = new Map<Origin, Origin>();

  #owned(origin: Origin): Origin {
    let own = this.#own.get(origin);
    if (own === undefined) this.#own.set(origin, (own = { ...origin, own: true }));
    return own;
  }

  /** Why a view can't be read though what it shows itself is masked: it reads masked columns in its own way, on real values. */
  #through(view: RelationData, masked: MaskedRelation | undefined, rows: Set<Origin>): string | undefined {
    const name = full(view);
    const traced = this.#tracer.trace(view);
    if (traced === undefined) return this.#tables.size === 0 ? undefined : `What view ${name} reads can't be told, so it isn't sure that it shows nothing that is masked; select from its tables instead.`;
    if (![...traced.tables].some((table) => this.#tables.has(table))) return undefined;
    for (const { relation, column } of traced.rows) {
      const origin = this.#columns.get(`${relation}.${column}`);
      if (origin !== undefined) rows.add(origin);
    }
    const [chosen] = rows;
    if (chosen !== undefined) return `View ${name} chooses, joins or groups its rows by the masked column ${chosen.relation}.${chosen.column}; select from its tables instead.`;
    for (const [index, { name: column }] of view.columns.entries()) {
      if (masked !== undefined && this.sight.column(masked, column) !== undefined) continue;
      const shown = [...(traced.columns[index] ?? [])].find((origin) => this.#columns.has(`${origin.relation}.${origin.column}`));
      if (shown !== undefined) return `View ${name} shows the masked column ${shown.relation}.${shown.column} as ${column}; select from its tables instead.`;
    }
    return undefined;
  }
}

export const full = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;
