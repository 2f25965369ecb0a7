/** Views seen through: their definitions as they are read, found out once for a catalog and a sight. */

import type { Node } from 'libpg-query';
import type { Catalog, RelationData } from '../../catalog.ts';
import { applyEdits } from '../../../masking/substitution.ts';
import type { MaskedColumn, Sight } from '../../../masking/sight.ts';
import { utf16Offsets } from '../offsets.ts';
import type { Parser } from '../parser.ts';
import { open, strings } from '../tree.ts';
import { Analysis } from './analysis.ts';
import type { Surroundings, ViewForm } from './analysis.ts';
import { Obstacle, NOTHING, Uses } from './model.ts';
import type { Origin } from './model.ts';
import { plainName } from './names.ts';
import { substitutePlaces } from './places.ts';
import { query } from './statements.ts';

export class SeenViews {
  readonly #parser: Parser;
  readonly #catalog: Catalog;
  readonly #sight: Sight;
  readonly #forms = new Map<RelationData, ViewForm | undefined>();
  readonly #origins = new Map<MaskedColumn, Origin>();
  readonly #everyView: boolean;

  /** @param everyView also views that can't be inlined are looked into, for what they show */
  constructor(parser: Parser, catalog: Catalog, sight: Sight, everyView = false) {
    this.#parser = parser;
    this.#catalog = catalog;
    this.#sight = sight;
    this.#everyView = everyView;
  }

  origin = (relation: RelationData, column: MaskedColumn): Origin => {
    const known = this.#origins.get(column);
    if (known !== undefined) return known;
    const made: Origin = { relation: plainName(relation), column };
    this.#origins.set(column, made);
    return made;
  };

  around(path: readonly string[] | undefined, lookups: boolean): Surroundings {
    return { catalog: this.#catalog, sight: this.#sight, path, view: (view) => this.form(view), query, origin: this.origin, lookups };
  }

  form(view: RelationData): ViewForm | undefined {
    if (this.#forms.has(view)) return this.#forms.get(view);
    this.#forms.set(view, undefined);
    const form = this.#look(view);
    this.#forms.set(view, form);
    return form;
  }

  #look(view: RelationData): ViewForm {
    const blind = (barrier: string): ViewForm => ({ reads: true, text: undefined, barrier, columns: undefined, taint: NOTHING, uses: new Uses() });
    try {
      return this.analyse(view, view.definition ?? '');
    } catch (error) {
      if (error instanceof Obstacle) return blind(`can't be seen through: ${error.message}`);
      return blind('its definition could not be understood');
    }
  }

  /** @throws {Obstacle} and what the parser throws */
  analyse(view: RelationData, definition: string): ViewForm {
    const text = definition.trimEnd().replace(/;$/, '');
    const [raw, more] = this.#parser.parse(text).stmts ?? [];
    if (raw === undefined || more !== undefined) throw new Obstacle('its definition isn\'t known');
    const analysis = new Analysis(this.around([], false), text, utf16Offsets(text, Buffer.byteLength(text)));
    const { columns, taint } = query(analysis, raw.stmt, undefined, undefined, false);
    if (analysis.showsTexts !== undefined) throw new Obstacle(`it calls ${analysis.showsTexts}, which shows texts of statements`);
    const reads = analysis.places.size > 0;
    const barrier = this.#everyView ? undefined : this.#barrier(view, raw.stmt, [...analysis.places.values()].map(({ relation }) => relation));
    substitutePlaces(analysis);
    const edits = [...analysis.edits.values()].toSorted((a, b) => a.start - b.start || a.end - b.end);
    const named = columns?.length === view.columns.length ? columns.map((column, index) => ({ ...column, name: view.columns[index]?.name ?? column.name })) : undefined;
    return { reads, text: barrier === undefined ? applyEdits(text, edits) : undefined, barrier, columns: named, taint, uses: analysis.uses };
  }

  #barrier(view: RelationData, definition: Node | undefined, read: readonly RelationData[]): string | undefined {
    if (view.barrier !== undefined) return view.barrier;
    const closed = [view, ...read, ...this.#readBy(definition)].find((relation) => relation.readable === false);
    if (closed !== undefined) return `reads ${plainName(closed)}, which the proxy's own account may not read`;
    const shadowed = unqualifiedCode(definition).find((name) => this.#catalog.functions(undefined, name).length > 0 || this.#catalog.operators(undefined, name).length > 0 || this.#catalog.types(undefined, name).length > 0);
    return shadowed === undefined ? undefined : `uses ${shadowed}, of which there is more than one`;
  }

  #readBy(definition: unknown): RelationData[] {
    if (typeof definition !== 'object' || definition === null) return [];
    const { relname, schemaname } = definition as { relname?: unknown; schemaname?: unknown };
    const own = typeof relname === 'string' && typeof schemaname === 'string' ? this.#catalog.relations(schemaname, relname) : [];
    return [...own, ...Object.values(definition).flatMap((each) => this.#readBy(each))];
  }
}

/** Functions, operators and types that a definition names without a schema: what they mean depends on the session. */
function unqualifiedCode(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const here = Array.isArray(value) ? undefined : open(value as Node);
  const names = here === undefined ? undefined : namesOf(here.kind, here.content as Record<string, Node[]>);
  const typeName = (value as { typeName?: { names?: Node[] } }).typeName;
  const type = typeName?.names?.length === 1 ? strings(typeName.names) : [];
  return [...(names?.length === 1 ? names : []), ...type, ...Object.values(value).flatMap(unqualifiedCode)];
}

function namesOf(kind: string, content: Record<string, Node[]>): string[] | undefined {
  if (kind === 'FuncCall') return strings(content['funcname']);
  if (kind === 'A_Expr') return strings(content['name']);
  return kind === 'SubLink' ? strings(content['operName']) : undefined;
}
