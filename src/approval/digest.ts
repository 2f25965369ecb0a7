import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { HashedValue } from '../protocol/parameters.ts';

/** A bound parameter as it came: format 0 is text, 1 is binary, and null is neither. A large one counts by its hash. */
export interface DigestParameter {
  readonly format: number;
  readonly value: Uint8Array | HashedValue | null;
}

/** One of several statements that are held together. */
export interface DigestStatement {
  readonly text: Uint8Array;
  readonly parameters: readonly DigestParameter[];
  readonly types: readonly number[];
}

/** All that decides what the held bytes would do. */
export interface DigestParts {
  readonly agent: string;
  readonly database: string;
  /** The exact bytes of the whole batch; the spliced form where one is to run. */
  readonly batch: Uint8Array;
  /** Undefined where the protocol binds none; not the same as an empty list. */
  readonly parameters?: readonly DigestParameter[];
  /** Types the client declared for its parameters (OIDs at Parse): they choose between overloaded operators. */
  readonly types?: readonly number[];
  /**
   * Where several statements are held together (a pipeline's segment), each with what is its own: two flat lists would
   * not tell whose parameter is whose. `batch` is then what the approver is shown, and the two lists above are left out.
   */
  readonly statements?: readonly DigestStatement[];
  /** Role, search_path or default schema, sql_mode, …: name and value, in any order. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Policy.version */
  readonly policy: string;
}

/**
 * SHA-256 (hex) over an encoding in which no two different inputs look the same: every field has a
 * fixed place, a tag and a length; every list its count; absent, null and empty differ.
 */
export function requestDigest(parts: DigestParts): string {
  const hash = createHash('sha256');
  string(hash, 'countersign request 1');
  string(hash, parts.agent);
  string(hash, parts.database);
  bytes(hash, parts.batch);
  list(hash, parts.parameters, (parameter) => one(hash, parameter));
  list(hash, parts.types, (type) => count(hash, type));
  list(hash, parts.statements, ({ text, parameters, types }) => {
    bytes(hash, text);
    list(hash, parameters, (parameter) => one(hash, parameter));
    list(hash, types, (type) => count(hash, type));
  });
  list(hash, parts.settings.toSorted(byNameThenValue), ([name, value]) => {
    string(hash, name);
    string(hash, value);
  });
  string(hash, parts.policy);
  return hash.digest('hex');
}

const ABSENT = 0;
const LIST = 1;
const BYTES = 2;
const HASHED = 3;

function one(hash: Hash, { format, value }: DigestParameter): void {
  count(hash, format);
  if (value === null) absent(hash);
  else if (value instanceof Uint8Array) bytes(hash, value);
  else hashed(hash, value);
}

function hashed(hash: Hash, { sha256, length }: HashedValue): void {
  hash.update(Uint8Array.of(HASHED));
  count(hash, length);
  string(hash, sha256);
}

function absent(hash: Hash): void {
  hash.update(Uint8Array.of(ABSENT));
}

function list<T>(hash: Hash, items: readonly T[] | undefined, each: (item: T) => void): void {
  if (items === undefined) return absent(hash);
  hash.update(Uint8Array.of(LIST));
  count(hash, items.length);
  items.forEach(each);
}

function bytes(hash: Hash, value: Uint8Array): void {
  hash.update(Uint8Array.of(BYTES));
  count(hash, value.length);
  hash.update(value);
}

/** UTF-16, since UTF-8 makes all lone surrogates the same. */
function string(hash: Hash, value: string): void {
  bytes(hash, Buffer.from(value, 'utf16le'));
}

/** Doubles hold every count and code exactly; what isn't a number still has its own bytes. */
function count(hash: Hash, value: number): void {
  const buffer = Buffer.allocUnsafe(8);
  buffer.writeDoubleBE(value);
  hash.update(buffer);
}

function byNameThenValue(a: readonly [string, string], b: readonly [string, string]): number {
  return compare(a[0], b[0]) || compare(a[1], b[1]);
}

/** By code units, never by locale: two replicas must agree. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
