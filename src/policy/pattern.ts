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

/** More stars than this make matching slow and say nothing that fewer don't. */
export const MAX_STARS = 4;

export function wordPattern(pattern: string): NamePattern {
  if (!pattern.includes('*')) {
    const lower = pattern.toLowerCase();
    return { surely: (name) => name === pattern, maybe: (name) => name === pattern || name.toLowerCase() === lower };
  }
  const exact = glob(pattern, 'u');
  const loose = glob(pattern, 'iu');
  return { surely: (name) => exact.test(name), maybe: (name) => loose.test(name) };
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
  const bare = name.replaceAll(/["`]/g, '');
  const ways: (readonly [string | undefined, string])[] = bare.includes('.') ? [] : [[undefined, bare]];
  for (let dot = bare.indexOf('.'); dot >= 0; dot = bare.indexOf('.', dot + 1)) {
    const before = bare.slice(0, dot);
    ways.push([before, bare.slice(dot + 1)], [before.slice(before.lastIndexOf('.') + 1), bare.slice(dot + 1)]);
  }
  return ways;
}

function glob(pattern: string, flags: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
  return new RegExp(`^${escaped.join('[^]*')}$`, flags);
}
