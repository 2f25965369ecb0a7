/** What a sight makes of the catalog's relations: found out once for each sight. */

import type { MaskedRelation, Sight } from '../../../masking/sight.ts';
import type { CatalogData, RelationData } from '../../catalog.ts';
import type { Names } from '../names.ts';
import type { MysqlReading } from '../reading.ts';
import type { Tracer } from './lineage.ts';
import { fold } from './origins.ts';
import { tellingIndexes } from './telling.ts';
import { ViewForms } from './views.ts';
import type { Definitions, ViewForm } from './views.ts';
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
  /** A subquery stands in its place wherever it is read. */
  readonly replaced: boolean;
  /** Why it can't be read as it is, even within such a subquery. */
  readonly telling: string | undefined;
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

  readonly #forms: ViewForms;
  /** By `schema.name`. */
  readonly #byName: ReadonlyMap<string, RelationData>;

  constructor(data: CatalogData, names: Names, tracer: Tracer, sight: Sight, definitions: Omit<Definitions, 'readable'>) {
    this.sight = sight;
    this.#names = names;
    this.#tracer = tracer;
    this.#byName = new Map(data.relations.map((relation) => [full(relation), relation]));
    this.#forms = new ViewForms({ ...definitions, readable: (view) => this.#isReadable(view) });
    const { relations } = sight.data;
    this.#tables = new Set(relations.map(full));
    for (const relation of relations) {
      if (names.relation(relation.schema, relation.name) === undefined) this.#lost.add(fold(full(relation)));
      for (const masked of relation.columns) this.#columns.set(`${full(relation)}.${masked.name}`, { relation: full(relation), column: masked.name, masked, own: false });
    }
    const views = data.relations.filter((relation) => relation.kind === 'v' && !relation.system && (this.of(relation).replaced || this.of(relation).obstacle !== undefined));
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
    const isView = relation.kind === 'v' && !relation.system;
    if (isView) obstacle = this.#through(relation, masked, rows);
    if (masked !== undefined && relation.columns.length === 0) obstacle = `The columns of ${full(relation)} aren't known, and some of them are masked.`;
    const shape = (own: boolean): Shape => ({ columns: relation.columns.map(({ name }) => ({ name, plain: true, of: new Set(this.#origin(relation, masked, name, own)) })), vague: relation.columns.length === 0 });
    const replaced = masked !== undefined || (isView && obstacle === undefined && this.#readsMasked(relation).length > 0);
    return { relation, masked, looked: { shape: shape(false), rows }, own: { shape: shape(true), rows }, obstacle, replaced, telling: isView ? this.#telling(relation) : undefined };
  }

  /** What may stand in a view's place; undefined: nothing. */
  form(view: RelationData, reading: MysqlReading, explains: boolean): ViewForm | undefined {
    return this.#forms.form(view, reading, explains);
  }

  /** @param qualified `schema.name` */
  isReplacedView(qualified: string): boolean {
    const relation = this.#byName.get(qualified);
    return relation?.kind === 'v' && this.of(relation).replaced;
  }

  /** Tables with masked columns that a view reads. */
  #readsMasked(view: RelationData): string[] {
    return [...(this.#tracer.trace(view)?.tables ?? [])].filter((table) => this.#tables.has(table));
  }

  /** No hint reaches the tables of a view that is read as it is. */
  #telling(view: RelationData): string | undefined {
    for (const table of this.#readsMasked(view)) {
      const relation = this.#byName.get(table);
      const masked = relation === undefined ? undefined : this.sight.relation(relation.schema, relation.name);
      const [index] = relation === undefined || masked === undefined ? [] : tellingIndexes(relation, masked);
      if (index !== undefined) return `View ${full(view)} ${view.barrier ?? 'can\'t be read by its definition here'}, and index ${index} of ${table} might give its rows in the order of masked values; select from its tables instead.`;
    }
    return undefined;
  }

  #isReadable(view: RelationData): boolean {
    const tables = this.#tracer.trace(view)?.tables;
    return tables !== undefined && [...tables].every((table) => this.#byName.get(table)?.readable !== false);
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
