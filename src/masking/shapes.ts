/** Types as masks see them: what a value must look like to be one of the type. From the types as the servers print them. */

export type Shape =
  /** `length` in characters, undefined without one. `padded`: spaces at the end mean nothing (`character(n)`). */
  | { readonly family: 'text'; readonly length?: number; readonly padded: boolean }
  | { readonly family: 'integer'; readonly bytes: 1 | 2 | 3 | 4 | 8; readonly unsigned: boolean }
  | { readonly family: 'decimal'; readonly precision?: number; readonly scale?: number }
  | { readonly family: 'float'; readonly bytes: 4 | 8 }
  | { readonly family: 'boolean' | 'date' | 'timetz' | 'interval' | 'uuid' | 'json' | 'jsonb' | 'blob' | 'array' }
  /** `fraction`: digits of seconds; undefined without a limit. `zoned`: PostgreSQL's with time zone. */
  | { readonly family: 'timestamp'; readonly fraction?: number; readonly zoned: boolean }
  | { readonly family: 'time'; readonly fraction?: number }
  /** MySQL's `binary(n)`, always that long. */
  | { readonly family: 'binary'; readonly length: number }
  /** Nothing but NULL is known to be a value of it. */
  | { readonly family: 'other' };

const OTHER: Shape = { family: 'other' };

/** The keywords among PostgreSQL's type names: the server's grammar itself takes them for pg_catalog's. */
const KEYWORD = /^(?:bit|boolean|character|double precision|integer|smallint|bigint|interval|numeric|real|time|timestamp)\b/;
const USERS = /^(?:"(?:[^"]|"")*"|[^".\s([]+)\./;

/** Is it a type of some schema's own, not one that came with the server? @param type as format_type prints it under an empty search_path */
export function isForeign(type: string): boolean {
  return USERS.test(type);
}

/** The type so that no search_path can make it another one. @param type as format_type prints it under an empty search_path */
export function qualifiedType(type: string): string {
  return KEYWORD.test(type) || isForeign(type) ? type : `pg_catalog.${type}`;
}

const POSTGRES: Readonly<Record<string, Shape>> = {
  text: { family: 'text', padded: false },
  'character varying': { family: 'text', padded: false },
  bpchar: { family: 'text', padded: true },
  // 63 bytes; what masks make is ASCII but for few characters.
  name: { family: 'text', length: 63, padded: false },
  smallint: { family: 'integer', bytes: 2, unsigned: false },
  integer: { family: 'integer', bytes: 4, unsigned: false },
  bigint: { family: 'integer', bytes: 8, unsigned: false },
  real: { family: 'float', bytes: 4 },
  'double precision': { family: 'float', bytes: 8 },
  numeric: { family: 'decimal' },
  boolean: { family: 'boolean' },
  date: { family: 'date' },
  uuid: { family: 'uuid' },
  json: { family: 'json' },
  jsonb: { family: 'jsonb' },
  bytea: { family: 'blob' },
};

/** @param type as format_type prints it under an empty search_path */
export function postgresShape(type: string): Shape {
  if (type.endsWith('[]')) return { family: 'array' };
  const known = POSTGRES[type];
  if (known !== undefined) return known;
  const [, base = '', arguments_ = '', rest = ''] = /^([a-z ]+?)(?:\(([\d,-]+)\))?( with(?:out)? time zone)?$/.exec(type) ?? [];
  const [first, second] = arguments_ === '' ? [] : arguments_.split(',').map(Number);
  const fraction = first === undefined ? {} : { fraction: first };
  if (base === 'character varying' && first !== undefined) return { family: 'text', length: first, padded: false };
  if (base === 'character' && first !== undefined) return { family: 'text', length: first, padded: true };
  if (base === 'numeric' && first !== undefined) return { family: 'decimal', precision: first, scale: second ?? 0 };
  if (base === 'timestamp') return { family: 'timestamp', zoned: rest === ' with time zone', ...fraction };
  if (base === 'time') return rest === ' with time zone' ? { family: 'timetz' } : { family: 'time', ...fraction };
  if (/^interval\b/.test(type)) return { family: 'interval' };
  return OTHER;
}

const INTEGERS: Readonly<Record<string, 1 | 2 | 3 | 4 | 8>> = { tinyint: 1, smallint: 2, mediumint: 3, int: 4, bigint: 8 };
const TEXTS: Readonly<Record<string, number | undefined>> = { tinytext: 63, text: undefined, mediumtext: undefined, longtext: undefined };

/** @param type COLUMN_TYPE of information_schema.COLUMNS */
export function mysqlShape(type: string): Shape {
  const [, base = '', arguments_ = '', attributes = ''] = /^([a-z0-9]+)(?:\(([\d,]+)\))?(.*)$/.exec(type.toLowerCase()) ?? [];
  const [first, second] = arguments_ === '' ? [] : arguments_.split(',').map(Number);
  const bytes = INTEGERS[base];
  if (bytes !== undefined) return { family: 'integer', bytes, unsigned: /\bunsigned\b/.test(attributes) };
  if (base in TEXTS) return { family: 'text', padded: false, ...(TEXTS[base] === undefined ? {} : { length: TEXTS[base] }) };
  switch (base) {
    case 'varchar': return { family: 'text', length: first ?? 1, padded: false };
    case 'char': return { family: 'text', length: first ?? 1, padded: true };
    case 'decimal': return { family: 'decimal', precision: first ?? 10, scale: second ?? 0 };
    case 'float': return { family: 'float', bytes: 4 };
    case 'double': return { family: 'float', bytes: 8 };
    case 'date': return { family: 'date' };
    case 'datetime': case 'timestamp': return { family: 'timestamp', zoned: false, fraction: first ?? 0 };
    case 'time': return { family: 'time', fraction: first ?? 0 };
    case 'json': return { family: 'json' };
    case 'binary': return { family: 'binary', length: first ?? 1 };
    case 'varbinary': case 'tinyblob': case 'blob': case 'mediumblob': case 'longblob': return { family: 'blob' };
    default: return OTHER;
  }
}
