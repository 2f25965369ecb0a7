/**
 * The second look at a substituted text, by other means than it was made: both trees are gone through side by side. They must be
 * the same but for the substitutions that are allowed, and whatever is left must not read a relation with masked columns.
 * Shares no code with what makes the text.
 */

import type { RawStmt } from 'libpg-query';
import type { Catalog, RelationData } from '../../catalog.ts';
import type { Sight } from '../../../masking/sight.ts';
import type { Parser } from '../parser.ts';

export interface Known {
  readonly parser: Parser;
  readonly catalog: Catalog;
  readonly sight: Sight;
  readonly path: readonly string[] | undefined;
}

/** Completes "could not be verified: …". */
class Objection extends Error {}

type Tree = Readonly<Record<string, unknown>>;

interface Place {
  /** WITH queries in sight. */
  readonly ctes: ReadonlySet<string>;
  /** Within a view's definition every name is qualified. */
  readonly path: readonly string[] | undefined;
}

/** Undefined when all is well. @throws what the parser throws */
export function verify(known: Known, before: readonly RawStmt[], text: string): string | undefined {
  const after = known.parser.parse(text).stmts ?? [];
  try {
    if (after.length !== before.length) throw new Objection('it has another number of statements');
    for (const [index, raw] of before.entries()) new Verification(known).statement(raw.stmt as Tree, after[index]?.stmt as Tree);
    return undefined;
  } catch (error) {
    if (error instanceof Objection) return error.message;
    throw error;
  }
}

/** Where things stand in the text, which differs. */
const PLACES: ReadonlySet<string> = new Set(['location', 'list_start', 'list_end', 'rexpr_list_start', 'rexpr_list_end', 'name_location', 'stmt_location', 'stmt_len']);
const SYSTEM: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);
/** Lists of relations whose rows aren't read there. */
const NAMED_ONLY: ReadonlySet<string> = new Set(['lockedRels', 'relations', 'inhRelations']);
const bare = (tree: unknown): string => JSON.stringify(tree, (key, value: unknown) => (PLACES.has(key) ? undefined : value)) ?? '';
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
const inner = (value: unknown, kind: string): Tree | undefined => (isTree(value) && isTree(value[kind]) ? value[kind] : undefined);
const quoted = (name: unknown): string => `"${String(name).split('"').join('""')}"`;
const wordOf = (node: unknown): string => {
  const text = inner(node, 'String')?.['sval'];
  return inner(node, 'A_Star') === undefined ? (typeof text === 'string' ? text : '') : '*';
};
const words = (list: unknown): readonly string[] => (Array.isArray(list) ? list.map((each) => wordOf(each)) : []);

class Verification {
  readonly #known: Known;
  readonly #touchy = new Map<RelationData, boolean>();
  readonly #dropped: string[] = [];
  readonly #moved: string[] = [];

  constructor(known: Known) {
    this.#known = known;
  }

  statement(before: Tree, after: Tree): void {
    this.#same(before, after, '', { ctes: new Set(), path: this.#known.path });
    if (this.#dropped.toSorted().join('\n') !== this.#moved.toSorted().join('\n')) throw new Objection('a condition isn\'t where it was');
  }

  #same(before: unknown, after: unknown, key: string, place: Place): void {
    if (Array.isArray(before) && Array.isArray(after)) return this.#lists(before, after, key, place);
    if (!isTree(before) || !isTree(after)) {
      if (before !== after) throw new Objection(`${key} differs`);
      return;
    }
    if (NAMED_ONLY.has(key)) {
      if (bare(before) !== bare(after)) throw new Objection(`${key} differs`);
      return;
    }
    if (this.#special(before, after, place)) return;
    this.#fields(before, after, this.#cteScope(before, after, place));
  }

  #lists(before: readonly unknown[], after: readonly unknown[], key: string, place: Place): void {
    const more = key === 'groupClause' ? after.length - before.length : 0;
    if (after.length - more !== before.length || more < 0) throw new Objection(`${key} has another length`);
    for (const added of after.slice(0, more)) if (words(inner(added, 'ColumnRef')?.['fields']).length !== 2) throw new Objection('GROUP BY has something more');
    for (const [index, each] of before.entries()) this.#same(each, after[more + index], key, place);
  }

  /** @returns the place within, with the WITH queries of this statement */
  #cteScope(before: Tree, after: Tree, place: Place): Place {
    const clause = before['withClause'];
    const other = after['withClause'];
    if (!isTree(clause) || !isTree(other)) return place;
    const [old, now] = [clause['ctes'], other['ctes']];
    if (!Array.isArray(old) || !Array.isArray(now) || old.length !== now.length || clause['recursive'] !== other['recursive']) throw new Objection('WITH differs');
    const names = old.map((each) => String(inner(each, 'CommonTableExpr')?.['ctename']));
    const ctes = new Set(clause['recursive'] === true ? [...place.ctes, ...names] : place.ctes);
    for (const [index, each] of old.entries()) {
      this.#same(each, now[index], 'ctes', { ...place, ctes: new Set(ctes) });
      ctes.add(names[index] ?? '');
    }
    return { ...place, ctes };
  }

  #fields(before: Tree, after: Tree, place: Place): void {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of keys) if (!PLACES.has(key) && key !== 'withClause') this.#same(before[key], after[key], key, place);
    if ((before['withClause'] === undefined) !== (after['withClause'] === undefined)) throw new Objection('WITH differs');
  }

  /** Nodes that may differ. True when they were judged. */
  #special(before: Tree, after: Tree, place: Place): boolean {
    const read = inner(before, 'RangeVar') ?? inner(inner(before, 'RangeTableSample')?.['relation'], 'RangeVar');
    if (read !== undefined) {
      this.#read(before, read, after, place);
      return true;
    }
    if (typeof before['relname'] === 'string') {
      this.#named(before, after, place);
      return true;
    }
    const copied = inner(before, 'CopyStmt');
    if (copied !== undefined && isTree(copied['relation']) && copied['is_from'] !== true) {
      this.#copied(copied, inner(after, 'CopyStmt'), place);
      return true;
    }
    return this.#column(before, after) || this.#condition(before, after);
  }

  /** A relation in FROM, or the like. */
  #read(before: Tree, range: Tree, after: Tree, place: Place): void {
    const subquery = inner(after, 'RangeSubselect');
    if (subquery === undefined) {
      const now = inner(after, 'RangeVar') ?? inner(inner(after, 'RangeTableSample')?.['relation'], 'RangeVar');
      if (now === undefined) throw new Objection('a relation became something else');
      this.#named(range, now, place);
      this.#unmasked(now, place);
      const sample = inner(before, 'RangeTableSample');
      if (sample !== undefined) this.#fields({ ...sample, relation: undefined }, { ...inner(after, 'RangeTableSample'), relation: undefined }, place);
      return;
    }
    const relation = this.#meant(range, place);
    if (relation === undefined || (range['schemaname'] === undefined && place.ctes.has(String(range['relname'])))) throw new Objection(`${String(range['relname'])} was substituted`);
    const alias = inner(range, 'alias');
    const expected = { aliasname: alias?.['aliasname'] ?? range['relname'], ...(alias?.['colnames'] === undefined ? {} : { colnames: alias['colnames'] }) };
    if (subquery['lateral'] === true || bare(subquery['alias']) !== bare(expected)) throw new Objection('an alias differs');
    const select = inner(subquery['subquery'], 'SelectStmt');
    if (select === undefined) throw new Objection('a subquery is no SELECT');
    if (this.#isMasked(relation, range, inner(before, 'RangeTableSample'), select)) return;
    if (relation.kind !== 'v' || relation.system || relation.definition === undefined || relation.barrier !== undefined) throw new Objection(`${relation.name} isn't masked as it should be`);
    const [definition] = this.#known.parser.parse(relation.definition).stmts ?? [];
    this.#same(definition?.stmt, subquery['subquery'], 'definition', { ctes: new Set(), path: [] });
  }

  /** Is it the relation's columns in their order, the masked ones by their masks? */
  #isMasked(relation: RelationData, range: Tree, sample: Tree | undefined, select: Tree): boolean {
    const masked = this.#known.sight.relation(relation.schema, relation.name);
    if (masked === undefined) return false;
    const columns = relation.columns.map((column) => {
      const mask = this.#known.sight.column(masked, column.name);
      return mask === undefined ? quoted(column.name) : `${mask.sql.join(quoted(column.name))} AS ${quoted(column.name)}`;
    });
    const { guard } = masked;
    const text = `SELECT ${columns.join(', ')} FROM ${range['inh'] === true ? '' : 'ONLY '}${quoted(relation.schema)}.${quoted(relation.name)}${guard === undefined ? '' : ` WHERE ${guard}`}`;
    const wanted = wantedOf(this.#known, text);
    const targets = (select['targetList'] ?? []) as readonly unknown[];
    const more = targets.slice(columns.length).map((each) => words(inner(inner(each, 'ResTarget')?.['val'], 'ColumnRef')?.['fields']).join('.'));
    if (!more.every((name) => SYSTEM.has(name))) return false;
    const from = wanted['fromClause'] as readonly unknown[];
    const expected = {
      ...wanted, whereClause: undefined, targetList: columns.length === 0 ? undefined : wanted['targetList'],
      fromClause: sample === undefined ? from : [{ RangeTableSample: { ...sample, relation: from[0] } }],
    };
    const { whereClause, ...rest } = select;
    const shown = { ...rest, targetList: columns.length === 0 ? undefined : targets.slice(0, columns.length) };
    if (canonical(shown) !== canonical(expected)) return false;
    for (const condition of withoutGuard(whereClause, wanted['whereClause'])) this.#inside(condition);
    return true;
  }

  /** Conditions that moved inside: the operator named, the constant of a type. */
  #inside(where: unknown): void {
    const and = inner(where, 'BoolExpr');
    const args = and?.['args'];
    if (and !== undefined && and['boolop'] === 'AND_EXPR' && Array.isArray(args)) {
      for (const each of args) this.#inside(each);
      return;
    }
    const choices = and?.['boolop'] === 'OR_EXPR' && Array.isArray(args) ? args : [where];
    const parts = choices.map((each) => {
      const compared = inner(each, 'A_Expr');
      const column = words(inner(compared?.['lexpr'], 'ColumnRef')?.['fields']);
      if (compared?.['kind'] !== 'AEXPR_OP' || words(compared['name']).join('.') !== 'pg_catalog.=' || column.length !== 1) throw new Objection('a condition is there that wasn\'t');
      return { column: column[0], value: valueOf(compared['rexpr']) };
    });
    if (parts.some(({ column }) => column !== parts[0]?.column)) throw new Objection('a condition is there that wasn\'t');
    this.#moved.push(JSON.stringify([parts[0]?.column, ...parts.map(({ value }) => value)]));
  }

  #condition(before: Tree, after: Tree): boolean {
    const compared = inner(before, 'A_Expr');
    const truth = inner(inner(after, 'A_Const'), 'boolval');
    if (compared === undefined || truth?.['boolval'] !== true) return false;
    if (words(compared['name']).join('.') !== '=') throw new Objection('a condition is gone');
    const [left, right] = [compared['lexpr'], compared['rexpr']];
    const items = inner(right, 'List')?.['items'];
    const values = compared['kind'] === 'AEXPR_IN' && Array.isArray(items) ? items : [inner(left, 'ColumnRef') === undefined ? left : right];
    if (compared['kind'] !== 'AEXPR_IN' && compared['kind'] !== 'AEXPR_OP') throw new Objection('a condition is gone');
    const column = words((inner(left, 'ColumnRef') ?? inner(right, 'ColumnRef'))?.['fields']).at(-1);
    this.#dropped.push(JSON.stringify([column, ...values.map(valueOf)]));
    return true;
  }

  /** `schema.t.c` -> `t.c`; a row and its cast to its table's type. */
  #column(before: Tree, after: Tree): boolean {
    const old = inner(before, 'ColumnRef');
    if (old === undefined) return false;
    const cast = inner(after, 'TypeCast');
    const now = inner(cast?.['arg'] ?? after, 'ColumnRef');
    const [from, to] = [words(old['fields']), words(now?.['fields'])];
    if (cast !== undefined) {
      const type = cast['typeName'] as Tree;
      const names = words(type['names']);
      if (names.length !== 2 || type['typmods'] !== undefined || type['arrayBounds'] !== undefined || this.#known.catalog.relations(names[0], names[1] ?? '').length === 0) throw new Objection('a cast was added');
    }
    const dropped = from.length - to.length;
    if (now === undefined || dropped < 0 || (dropped > 0 && to.length < 2) || JSON.stringify(from.slice(dropped)) !== JSON.stringify(to)) throw new Objection(`column ${from.join('.')} became another`);
    return true;
  }

  #copied(before: Tree, after: Tree | undefined, place: Place): void {
    if (after === undefined) throw new Objection('COPY became something else');
    const range = before['relation'] as Tree;
    const query = inner(after['query'], 'SelectStmt');
    if (query === undefined) {
      this.#fields({ ...before, relation: undefined }, { ...after, relation: undefined }, place);
      this.#named(range, after['relation'] as Tree, place);
      return this.#unmasked(after['relation'] as Tree, place);
    }
    this.#fields({ ...before, relation: undefined, attlist: undefined }, { ...after, query: undefined }, place);
    const relation = this.#meant(range, place);
    const masked = relation === undefined ? undefined : this.#known.sight.relation(relation.schema, relation.name);
    if (relation === undefined || masked === undefined) throw new Objection('COPY was substituted');
    const names = before['attlist'] === undefined ? relation.columns.filter((column) => column.generated === undefined).map((column) => column.name) : words(before['attlist']);
    const shown = { ...relation, columns: names.flatMap((name) => relation.columns.filter((column) => column.name === name)) };
    if (!this.#isMasked(shown, { ...range, inh: false }, undefined, query)) throw new Objection('COPY isn\'t masked as it should be');
  }

  /** The same name, or with the schema of the relation that it means. */
  #named(before: Tree, after: Tree, place: Place): void {
    const { schemaname: old, catalogname: _, ...rest } = before;
    const { schemaname: now, catalogname: __, ...others } = after;
    if (canonical(rest) !== canonical(others)) throw new Objection('a relation became another');
    if (old === now) return;
    if (old !== undefined && !(old === 'pg_temp' && String(now).startsWith('pg_temp_'))) throw new Objection('a relation became another');
    if (this.#meant(before, place)?.schema !== now) throw new Objection('a relation got another schema');
  }

  #meant(range: Tree, place: Place): RelationData | undefined {
    const schema = range['schemaname'];
    const found = this.#known.catalog.relations(typeof schema === 'string' ? schema : undefined, String(range['relname'])).filter(({ kind }) => 'rpvmfSt'.includes(kind));
    if (schema !== undefined || place.path === undefined) return found.length === 1 ? found[0] : undefined;
    for (const name of place.path.includes('pg_catalog') ? place.path : ['pg_catalog', ...place.path]) {
      const first = found.find((relation) => relation.schema === name);
      if (first !== undefined) return first;
    }
    const temporary = found.filter((relation) => relation.schema.startsWith('pg_temp'));
    return temporary.length === 1 ? temporary[0] : undefined;
  }

  /** What is read as it is must not be able to mean anything with masked columns. */
  #unmasked(range: Tree, place: Place): void {
    const schema = range['schemaname'];
    const name = String(range['relname']);
    if (schema === undefined && place.ctes.has(name)) return;
    const candidates = this.#known.catalog.relations(typeof schema === 'string' ? schema : undefined, name);
    const first = schema === undefined ? this.#meant(range, place) : undefined;
    for (const relation of first === undefined || place.path === undefined ? candidates : [first]) if (this.#isTouchy(relation)) throw new Objection(`${relation.schema}.${relation.name} is read without its masks`);
  }

  #isTouchy(relation: RelationData): boolean {
    const known = this.#touchy.get(relation);
    if (known !== undefined) return known;
    this.#touchy.set(relation, true);
    const touchy = this.#known.sight.relation(relation.schema, relation.name) !== undefined || (relation.kind === 'v' && !relation.system && this.#readsTouchy(relation));
    this.#touchy.set(relation, touchy);
    return touchy;
  }

  /** What isn't in the sight shows and uses nothing masked; still, only a view that can't be read through is left as it is. */
  #readsTouchy({ definition, barrier, readable }: RelationData): boolean {
    if (barrier !== undefined || readable === false) return false;
    if (definition === undefined) return true;
    const named = (value: unknown): boolean => {
      if (typeof value !== 'object' || value === null) return false;
      const { relname, schemaname } = value as Tree;
      if (typeof relname === 'string' && this.#known.catalog.relations(typeof schemaname === 'string' ? schemaname : undefined, relname).some((each) => typeof schemaname === 'string' && this.#isTouchy(each))) return true;
      return Object.values(value).some(named);
    };
    return named(this.#known.parser.parse(definition).stmts);
  }
}

/** The conditions, of which the first must be the guard where there is one. */
function withoutGuard(where: unknown, guard: unknown): readonly unknown[] {
  const and = inner(where, 'BoolExpr');
  const all = and?.['boolop'] === 'AND_EXPR' && Array.isArray(and['args']) ? and['args'] : where === undefined ? [] : [where];
  if (guard === undefined) return all;
  if (canonical(all[0]) !== canonical(guard)) throw new Objection('a guard is missing');
  return all.slice(1);
}

/** Trees of what is expected, by their texts: the same for each statement over a relation. */
const WANTED = new WeakMap<Sight, Map<string, Tree>>();
const MOST_WANTED = 1000;

function wantedOf({ parser, sight }: Known, text: string): Tree {
  const known = WANTED.get(sight) ?? new Map<string, Tree>();
  WANTED.set(sight, known);
  const found = known.get(text) ?? inner(parser.parse(text).stmts?.[0]?.stmt, 'SelectStmt') ?? {};
  if (known.size >= MOST_WANTED) known.clear();
  known.set(text, found);
  return found;
}

/** A constant or parameter without the types it was cast to. */
function valueOf(node: unknown): string {
  const cast = inner(node, 'TypeCast');
  if (cast !== undefined) return valueOf(cast['arg']);
  if (inner(node, 'A_Const') === undefined && inner(node, 'ParamRef') === undefined) throw new Objection('a condition isn\'t with a constant');
  return bare(node);
}

/** Without places, fields in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, held: unknown) => {
    if (PLACES.has(key)) return undefined;
    return isTree(held) ? Object.fromEntries(Object.entries(held).toSorted(([a], [b]) => (a < b ? -1 : 1))) : held;
  }) ?? '';
}
