/** Small readers of the parser's JSON, which leaves out whatever is zero, false, empty or the first of an enumeration. */

import type { Node, RoleSpec, TypeName } from 'libpg-query';

/** Every node kind with the type of its content: `{SelectStmt: SelectStmt, …}`. */
export type Kinds = { [N in Node as keyof N & string]: N[keyof N] };
export type Kind = keyof Kinds;

/** The kind and content of a wrapped node; undefined for the `{}` of an absent one. */
export function open(node: Node | undefined): { readonly kind: string; readonly content: unknown } | undefined {
  for (const kind in node) return { kind, content: (node as Record<string, unknown>)[kind] };
  return undefined;
}

/** The content of a wrapped node if it is of that kind. */
export function as<K extends Kind>(kind: K, node: Node | undefined): Kinds[K] | undefined {
  return node === undefined ? undefined : (node as { [P in K]?: Kinds[K] })[kind];
}

/** The names in a qualified name's list; `*` stands for a star. */
export function strings(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => as('String', node)?.sval ?? (as('A_Star', node) === undefined ? '' : '*'));
}

/** A qualified name as schema and name; a database name before them is dropped, since it can only be the current one's. */
export function qualified(parts: readonly string[]): { readonly schema: string | undefined; readonly name: string } {
  return { schema: parts.at(-2), name: parts.at(-1) ?? '' };
}

/** The text of a constant: a string as it is, numbers as digits, truth values as words. Undefined when it isn't one or is NULL. */
export function constant(node: Node | undefined): string | undefined {
  const value = as('A_Const', node) ?? as('TypeCast', node);
  if (value === undefined) return as('String', node)?.sval ?? as('Float', node)?.fval ?? digits(as('Integer', node)) ?? word(as('Boolean', node));
  if ('arg' in value || 'typeName' in value) return keepsText(value.typeName) ? constant(value.arg) : undefined;
  const literal = value as Kinds['A_Const'];
  if (literal.sval !== undefined) return literal.sval.sval ?? '';
  return literal.fval?.fval ?? digits(literal.ival) ?? word(literal.boolval);
}

/** Types that a string passes through unchanged; others cut it (varchar(3)) or make something else of it. */
const UNCHANGING: ReadonlySet<string> = new Set(['text', 'regclass', 'bool']);

const keepsText = (type: TypeName | undefined): boolean => UNCHANGING.has(strings(type?.names).at(-1) ?? '') && type?.typmods === undefined && type?.arrayBounds === undefined;

const digits = (integer: { ival?: number } | undefined): string | undefined => (integer === undefined ? undefined : String(integer.ival ?? 0));
const word = (truth: { boolval?: boolean } | undefined): string | undefined => (truth === undefined ? undefined : truth.boolval === true ? 'true' : 'false');

/** A role as it is named in the statement: its name, or `current_user`, `public`, …. */
export function roleName(role: RoleSpec | undefined): string {
  if (role === undefined) return '';
  return role.rolename ?? (role.roletype ?? '').replace('ROLESPEC_', '').toLowerCase();
}

export function roleNames(roles: readonly Node[] | undefined): string[] {
  return (roles ?? []).map((node) => roleName(as('RoleSpec', node)));
}

export const typeText = (type: TypeName | undefined): string => strings(type?.names).join('.');

/** Object types whose name in the tree isn't the one in SQL. */
const SQL_WORDS: Readonly<Record<string, string>> = {
  OBJECT_MATVIEW: 'materialized view', OBJECT_FDW: 'foreign data wrapper', OBJECT_FOREIGN_SERVER: 'server', OBJECT_OPCLASS: 'operator class',
  OBJECT_OPFAMILY: 'operator family', OBJECT_STATISTIC_EXT: 'statistics', OBJECT_LARGEOBJECT: 'large object', OBJECT_TSCONFIGURATION: 'text search configuration',
  OBJECT_TSDICTIONARY: 'text search dictionary', OBJECT_TSPARSER: 'text search parser', OBJECT_TSTEMPLATE: 'text search template', OBJECT_PARAMETER_ACL: 'parameter',
  OBJECT_TABCONSTRAINT: 'constraint', OBJECT_DOMCONSTRAINT: 'domain constraint', OBJECT_DEFACL: 'default privileges',
};

/** `OBJECT_FOREIGN_TABLE` -> `foreign table`. */
export const objectWord = (type: string | undefined): string => SQL_WORDS[type ?? ''] ?? (type ?? '').replace('OBJECT_', '').toLowerCase().replaceAll('_', ' ');
