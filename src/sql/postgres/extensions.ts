/**
 * Extensions whose C code was looked at: it computes on its arguments and does nothing else. Membership is what pg_depend
 * records, so a user's function of the same name in the same schema gains nothing by it. Members in other languages
 * aren't vetted: their text can be replaced. Left out on purpose: dblink, tablefunc, xml2, file_fdw, adminpack (they run SQL or touch files).
 */
const COMPUTING: ReadonlySet<string> = new Set([
  'btree_gin', 'btree_gist', 'citext', 'cube', 'fuzzystrmatch', 'hstore', 'intarray', 'isn', 'ltree', 'pg_trgm', 'pgcrypto', 'seg', 'unaccent', 'uuid-ossp', 'vector',
]);

/** Extensions whose operators and types only compute, even if some function of theirs does more. */
const COMPUTING_OPERATORS: ReadonlySet<string> = new Set([...COMPUTING, 'earthdistance', 'postgis']);

export function vetsFunction(member: { readonly extension?: string; readonly language: string }): boolean {
  return member.extension !== undefined && member.language === 'c' && COMPUTING.has(member.extension);
}

export function vetsOperator(member: { readonly extension?: string }): boolean {
  return member.extension !== undefined && COMPUTING_OPERATORS.has(member.extension);
}
