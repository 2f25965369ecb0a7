/**
 * Patterns for names: `*` stands for any characters inside one part. `customers` is that relation in any schema,
 * `public.customers` in one, `tmp_*` and `staging.*` are globs.
 *
 * Every pattern answers two questions. `surely`: is this certainly the thing that was meant (asked by rules that allow)?
 * `maybe`: could it be (asked by rules that hold, mask or deny)? They differ where a name can be read in two ways, such as a relation
 * whose own name has a dot, and in upper and lower case.
 */
export interface NamePattern {
  surely(name: string): boolean;
  maybe(name: string): boolean;
}

/** The ways in which a relation's name can be read: schema, where it is told, and relation. */
export type Readings = readonly (readonly [schema: string | undefined, relation: string])[];

export interface TablePattern extends NamePattern {
  /** `maybe` of a name whose readings are at hand. */
  among(readings: Readings): boolean;
}

export const TABLE_PATTERN = /^[^\s.]{1,130}(?:\.[^\s.]{1,130})?$/;
export const COLUMN_PATTERN = /^[^\s.]{1,130}\.[^\s.]{1,130}(?:\.[^\s.]{1,130})?$/;

/** Longer than `database.schema.relation` can be; such a name (a file's path, a text made to be slow to match) could be anything. UTF-16 units. */
const MAX_NAME = 400;

/** More stars than this make matching slow and say nothing that fewer don't. */
export const MAX_STARS = 4;

export function wordPattern(pattern: string): NamePattern {
  const exact = glob(pattern);
  const loose = glob(pattern.toLowerCase());
  return {
    surely: (name) => name.length <= MAX_NAME && exact(name),
    maybe: (name) => name.length > MAX_NAME || loose(name.toLowerCase()),
  };
}

/** Over `schema.relation`, as the catalog resolved it. */
export function tablePattern(pattern: string): TablePattern {
  const [last = '', first] = pattern.split('.').toReversed();
  const relation = wordPattern(last);
  const schema = first === undefined ? undefined : wordPattern(first);
  const among = (all: Readings): boolean =>
    all.some(([inSchema, inRelation]) => relation.maybe(inRelation) && (schema === undefined || inSchema === undefined || schema.maybe(inSchema)));
  return {
    surely(name) {
      if (name.length > MAX_NAME) return false;
      const parts = name.split('.');
      if (parts.length !== 2 || name.includes('"') || name.includes('`')) return false;
      return relation.surely(parts[1] ?? '') && (schema === undefined || schema.surely(parts[0] ?? ''));
    },
    maybe: (name) => among(readings(name)),
    among,
  };
}

/** `email` of `customers.email` or `public.customers.email`: the pattern of the table, and of the column in it. */
export function columnPattern(pattern: string): { readonly table: NamePattern; readonly column: NamePattern } {
  const dot = pattern.lastIndexOf('.');
  return { table: tablePattern(pattern.slice(0, dot)), column: wordPattern(pattern.slice(dot + 1)) };
}

/** Every way in which a name can be schema and relation, or database, schema and relation; without a dot the schema isn't known. */
export function readings(name: string): Readings {
  if (name.length > MAX_NAME) return [[undefined, name]];
  const bare = name.replaceAll(/["`]/g, '');
  const ways: (readonly [string | undefined, string])[] = bare.includes('.') ? [] : [[undefined, bare]];
  for (let dot = bare.indexOf('.'); dot >= 0; dot = bare.indexOf('.', dot + 1)) {
    const before = bare.slice(0, dot);
    ways.push([before, bare.slice(dot + 1)], [before.slice(before.lastIndexOf('.') + 1), bare.slice(dot + 1)]);
  }
  return ways;
}

/** `*` for any letters. Each part between stars is looked for once, after the one before: no backtracking on names that agents choose. */
export function glob(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*');
  const [first = '', ...middle] = parts;
  const last = middle.pop();
  if (last === undefined) return (name) => name === pattern;
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    for (const part of middle) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at + last.length <= name.length;
  };
}
