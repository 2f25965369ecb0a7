/** One text being substituted: what is known around it, what was found so far, and the edits to make. */

import type { Node, RangeVar } from 'libpg-query';
import type { Catalog, RelationData } from '../../catalog.ts';
import type { Edit } from '../../../masking/substitution.ts';
import type { MaskedColumn, Sight } from '../../../masking/sight.ts';
import { Obstacle, Uses } from './model.ts';
import type { Column, Ctes, Origin, Origins, Place, Scope } from './model.ts';
import { plainName, qualifiedName, resolve } from './names.ts';
import { Tokens } from './tokens.ts';

/** A query's answer. */
export interface Answer {
  /** Undefined when they can't be told. */
  readonly columns: readonly Column[] | undefined;
  /** Everything any column shows. */
  readonly taint: Origins;
}

/** A view seen through. */
export interface ViewForm {
  readonly reads: boolean;
  /** Its definition as it is read; undefined with a reason why it can't stand in the view's place. */
  readonly text: string | undefined;
  readonly barrier: string | undefined;
  readonly columns: readonly Column[] | undefined;
  readonly taint: Origins;
  readonly uses: Uses;
}

export interface Surroundings {
  readonly catalog: Catalog;
  readonly sight: Sight;
  readonly path: readonly string[] | undefined;
  /** Of views only; undefined while that very view is being looked at. */
  readonly view: (view: RelationData) => ViewForm | undefined;
  /** Any query or write with rows to return: SELECT, INSERT, …. */
  readonly query: (analysis: Analysis, node: Node | undefined, scope: Scope | undefined, ctes: Ctes | undefined, nested: boolean) => Answer;
  readonly origin: (relation: RelationData, column: MaskedColumn) => Origin;
  /** Column lookups may move inside. */
  readonly lookups: boolean;
}

/** Far more than a text within the limits needs, unless it is made to be slow. */
const MOST_STEPS = 100_000;

export class Analysis {
  readonly around: Surroundings;
  readonly tokens: Tokens;
  readonly uses = new Uses();
  readonly places = new Map<RangeVar, Place>();
  /** By where they start. */
  readonly edits = new Map<string, Edit>();
  /** Names of relations without masked columns: qualified when anything is substituted. */
  readonly qualifications = new Map<string, Edit>();
  readonly #offset: (bytes: number) => number;
  readonly #touchy = new Map<RelationData, boolean>();
  #steps = 0;
  lookups: boolean;
  /** A relation with masked columns that something in it writes to. */
  written: RelationData | undefined;
  /** A function in it that shows texts of statements. */
  showsTexts: string | undefined;

  constructor(around: Surroundings, text: string, offset: (bytes: number) => number) {
    this.around = around;
    this.tokens = new Tokens(text);
    this.#offset = offset;
    this.lookups = around.lookups;
  }

  step(): void {
    if (++this.#steps > MOST_STEPS) throw new Obstacle('The statement is too involved to be read through masks.');
  }

  query(node: Node | undefined, scope: Scope | undefined, ctes: Ctes | undefined): Answer {
    this.step();
    return this.around.query(this, node, scope, ctes, true);
  }

  /** The token that begins at a location of the tree. */
  tokenAt(location: number | undefined): number {
    const index = location === undefined || location < 0 ? this.tokens.indexAt(0) : this.tokens.indexAt(this.#offset(location));
    if (index < 0) throw new Obstacle('A name of the statement could not be found in its text.');
    return index;
  }

  edit(start: number, end: number, text: string): void {
    this.edits.set(`${start}-${end}`, { start, end, text });
  }

  /** Does reading it show masked columns? */
  isTouchy = (relation: RelationData): boolean => {
    const known = this.#touchy.get(relation);
    if (known !== undefined) return known;
    const touchy = this.around.sight.relation(relation.schema, relation.name) !== undefined || (relation.kind === 'v' && !relation.system && this.#isSubstituted(relation));
    this.#touchy.set(relation, touchy);
    return touchy;
  };

  /** A view that can't be inlined is read as it is, if it shows and uses nothing masked. */
  #isSubstituted(view: RelationData): boolean {
    const form = this.around.view(view);
    if (form?.barrier === undefined) return form?.reads !== false;
    return form.taint.size > 0 || form.uses.list().length > 0 || form.columns?.every(({ of }) => of.size === 0) !== true;
  }

  resolve(range: RangeVar): RelationData | undefined {
    return resolve(this.around.catalog, this.around.path, range, this.isTouchy);
  }

  /** A relation without masked columns, or a write's target. */
  qualify(range: RangeVar, relation: RelationData): void {
    if (range.schemaname !== undefined && range.schemaname !== 'pg_temp') return;
    const first = this.tokenAt(range.location);
    const start = this.tokens.get(first)?.start ?? 0;
    const end = this.tokens.get(this.tokens.endOfName(first))?.end ?? start;
    this.qualifications.set(`${start}-${end}`, { start, end, text: qualifiedName(relation) });
  }

  /** The columns of a relation as they are seen: masked ones with themselves as their origin. */
  columnsOf(relation: RelationData): readonly Column[] {
    const masked = this.around.sight.relation(relation.schema, relation.name);
    return relation.columns.map(({ name }) => {
      const column = masked === undefined ? undefined : this.around.sight.column(masked, name);
      return { name, of: column === undefined ? new Set<Origin>() : new Set([this.around.origin(relation, column)]), bare: column !== undefined };
    });
  }

  readonly nameOf = plainName;
}
