/**
 * Makes the sights of one database.
 *
 * **Which columns.** Those that a line of the policy's `sensitive` could mean, unless it unmasks one of the agent's groups; where several lines
 * do, only what all of them allow. Then all through which these could be seen: see exposure.ts and system-relations.ts.
 *
 * **Renames.** In PostgreSQL a column is its OID and number. One that was seen under a name that the policy masks is masked under any other name,
 * as long as this object lives. MySQL and MariaDB have no such identity: who may rename a column there can take the mask off it, so a policy
 * should hold `alter`, and name columns by patterns that a rename doesn't leave.
 */

import { createHash } from 'node:crypto';
import type { SensitiveColumns } from './sensitive.ts';
import { columnPattern } from '../policy/pattern.ts';
import type { CatalogData, ColumnData, RelationData } from '../sql/catalog.ts';
import { exposed, qualified } from './exposure.ts';
import type { Lineage } from './exposure.ts';
import { guardOf } from './guard.ts';
import type { MaskTerms, Target } from './mask.ts';
import { makeMask, misfit } from './masks.ts';
import type { Dialect } from './masks.ts';
import { Sight } from './sight.ts';
import type { MaskedColumn, MaskedRelation, SightData } from './sight.ts';
import { showsValues } from './system-relations.ts';
import type { Terms } from './terms.ts';

export interface Renamed {
  /** `schema.name.column`, as the policy knows it and as it is now. */
  readonly before: string;
  readonly now: string;
}

export interface SightsOptions {
  readonly protocol: Dialect;
  /** 32 bytes, the same for all replicas: equal values then have equal hashes everywhere. */
  readonly hashKey: Buffer;
  /** Without it what a view shows is unknown. */
  readonly lineage?: Lineage;
  /** A column is masked only because of a name it had before. Once for each name. */
  readonly onRename?: (renamed: Renamed) => void;
}

export interface SightPolicy {
  readonly version: string;
  readonly sensitive: readonly SensitiveColumns[];
}

/** More sights than this are forgotten: policies and groups are few. */
const MAX_KEPT = 512;

interface Name {
  readonly table: string;
  readonly column: string;
}

/** Builds sights for one database; interned: the same content is the same object. */
export class Sights {
  readonly #options: SightsOptions;
  readonly #made = new Map<string, Sight | undefined>();
  readonly #interned = new Map<string, Sight>();
  /** By OID and number, oldest last. */
  readonly #names = new Map<string, readonly Name[]>();
  readonly #told = new Set<string>();
  #catalog: CatalogData | undefined;

  constructor(options: SightsOptions) {
    this.#options = options;
  }

  /**
   * What an agent sees; undefined: nothing is masked for its groups in this database.
   * @param version grows when the catalog changed
   * @param extra further lines, such as those of the rules that mask
   */
  sight(catalog: CatalogData, version: number, policy: SightPolicy, agent: { readonly groups: readonly string[] }, extra: readonly SensitiveColumns[] = []): Sight | undefined {
    const all = [...policy.sensitive, ...extra];
    const counts = all.map(({ unmask }) => !unmask.some((group) => agent.groups.includes(group)));
    const key = JSON.stringify([version, policy.version, counts.map(Number).join(''), extra]);
    if (this.#made.has(key)) return this.#made.get(key);
    this.learn(catalog);
    const made = this.#make(catalog, all.filter((_, at) => counts[at]));
    if (this.#made.size >= MAX_KEPT) this.#made.clear();
    this.#made.set(key, made);
    return made;
  }

  /** Relations and columns that show what the patterns name as it is, under whatever name it was ever seen. */
  showing(catalog: CatalogData, patterns: readonly string[]): ReadonlyMap<RelationData, ReadonlySet<string>> {
    this.learn(catalog);
    const line: SensitiveColumns = { columns: patterns, mask: 'redact', filtered: 'hold', derived: 'mask', copied: 'hold', unmask: [], hideNulls: false };
    const found = exposed(catalog, [line], { names: (relation, column) => this.#namesOf(relation, column), lineage: this.#options.lineage ?? (() => undefined), records: () => [] });
    return new Map([...found].map(([relation, columns]) => [relation, new Set(columns.keys())]));
  }

  #make(catalog: CatalogData, sensitive: readonly SensitiveColumns[]): Sight | undefined {
    const { protocol, lineage = () => undefined } = this.#options;
    const found = exposed(catalog, sensitive, {
      names: (relation, column) => this.#namesOf(relation, column),
      lineage,
      records: ({ schema, name, columns }) => showsValues(protocol, schema, name, columns.map((column) => column.name)),
    });
    this.#report(sensitive, found);
    if (found.size === 0) return undefined;
    return this.#intern([...found].map(([relation, terms]) => (relation.columns.length === 0 ? withoutColumns(protocol, relation, terms) : this.#masked(relation, terms))).toSorted(byName));
  }

  #intern(relations: readonly MaskedRelation[]): Sight {
    const key = createHash('sha256').update(JSON.stringify(relations)).digest('hex');
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    if (this.#interned.size >= MAX_KEPT) this.#interned.clear();
    const sight = new Sight({ key, relations } satisfies SightData);
    this.#interned.set(key, sight);
    return sight;
  }

  #masked(relation: RelationData, terms: ReadonlyMap<string, Terms>): MaskedRelation {
    const { protocol, hashKey } = this.#options;
    const anchor = anchorOf(relation, terms);
    const columns = relation.columns.flatMap((column) => {
      const of = terms.get(column.name);
      return of === undefined ? [] : [maskedColumn(protocol, { column, hashKey, ...(anchor === undefined ? {} : { anchor }) }, of)];
    });
    const masked = { schema: relation.schema, name: relation.name, oid: relation.oid, columns };
    const guard = protocol === 'postgres' ? guardOf(masked) : undefined;
    return guard === undefined ? masked : { ...masked, guard };
  }

  /** Remembers what columns are called, so that a later name doesn't make another column of them. To be called with each catalog read; `sight` does it, too. */
  learn(catalog: CatalogData): void {
    if (this.#options.protocol === 'mysql' || this.#catalog === catalog) return;
    this.#catalog = catalog;
    for (const relation of catalog.relations) {
      if (relation.system) continue;
      const table = qualified(relation);
      for (const { name, number } of relation.columns) {
        const key = `${relation.oid}.${number}`;
        const known = this.#names.get(key);
        if (known?.[0]?.table === table && known[0].column === name) continue;
        this.#names.set(key, [{ table, column: name }, ...(known ?? []).filter((old) => old.table !== table || old.column !== name)]);
      }
    }
  }

  #namesOf(relation: RelationData, column: ColumnData): readonly Name[] {
    return this.#names.get(`${relation.oid}.${column.number}`) ?? [{ table: qualified(relation), column: column.name }];
  }

  #report(sensitive: readonly SensitiveColumns[], found: ReturnType<typeof exposed>): void {
    const { onRename } = this.#options;
    if (onRename === undefined) return;
    for (const [relation, columns] of found) {
      for (const column of relation.columns) {
        const [now, ...before] = this.#namesOf(relation, column);
        if (now === undefined || before.length === 0 || !columns.has(column.name) || matches(sensitive, now)) continue;
        const old = before.find((name) => matches(sensitive, name));
        const key = old === undefined ? undefined : JSON.stringify([relation.oid, old, now]);
        if (old === undefined || key === undefined || this.#told.has(key)) continue;
        this.#told.add(key);
        onRename({ before: `${old.table}.${old.column}`, now: `${now.table}.${now.column}` });
      }
    }
  }
}

function matches(sensitive: readonly SensitiveColumns[], name: Name): boolean {
  return sensitive.some(({ columns }) => columns.map(columnPattern).some((pattern) => pattern.column.maybe(name.column) && pattern.table.maybe(name.table)));
}

/** Never NULL in a row. One that isn't masked is better: an account may then be kept from reading the masked ones. */
export function anchorOf(relation: RelationData, masked: { has(column: string): boolean }): string | undefined {
  const never = [...relation.primaryKey ?? [], ...relation.columns.filter(({ notNull }) => notNull === true).map(({ name }) => name)];
  return never.find((name) => !masked.has(name)) ?? never[0];
}

/** A mask that doesn't fit is NULL. */
function maskedColumn(protocol: Dialect, target: Target, terms: Terms): MaskedColumn {
  const fits = misfit(protocol, target, terms) === undefined;
  const asked: MaskTerms = fits ? terms : { mask: 'null', hideNulls: true };
  const { name, number, type } = target.column;
  const { filtered, derived, copied } = terms;
  return { name, number, type, mask: asked.mask, ...makeMask(protocol, target, asked), hideNulls: terms.hideNulls, filtered, derived, copied };
}

/** MySQL's own relations have no columns in the catalog: they are named by what they are called, in small letters. */
function withoutColumns(protocol: Dialect, { schema, name, oid }: RelationData, exposures: ReadonlyMap<string, Terms>): MaskedRelation {
  const columns = [...exposures].map(([column, terms], at) => maskedColumn(protocol, { column: { name: column, number: -1 - at, type: 'longtext' }, hashKey: EMPTY_KEY }, terms));
  return { schema, name, oid, columns };
}

const EMPTY_KEY = Buffer.alloc(32);

function byName(a: MaskedRelation, b: MaskedRelation): number {
  return compare(a.schema, b.schema) || compare(a.name, b.name) || a.oid - b.oid;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
