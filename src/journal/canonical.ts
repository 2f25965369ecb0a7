/**
 * Canonical JSON: one text for one value, and one value for one text.
 *
 * As RFC 8785: no white space, keys in UTF-16 code unit order, numbers as ECMAScript writes them. Unlike it,
 * a lone surrogate isn't an error but its escape (`\ud800`), as JSON.stringify has it since ES2019, so the
 * text is always well-formed and encodes to UTF-8 without loss. Properties that are undefined are left out.
 */

const MEMOED = 4096;
const plain = /^[ !#-[\]-~]*$/;

/** @throws {TypeError} for what JSON can't say without loss: NaN, infinities, bigint, functions, undefined in arrays, instances of classes. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return finite(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null) return 'null';
  if (typeof value !== 'object') throw new TypeError(`${typeof value} has no JSON form`);
  return Array.isArray(value) ? list(value) : members(value as Record<string, unknown>);
}

function finite(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  return String(value);
}

/** Testing for plain ASCII first is twice as fast as JSON.stringify on the short strings records are made of. */
function quoted(text: string): string {
  return text.length < 128 && plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

function list(values: readonly unknown[]): string {
  let json = '[';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) json += ',';
    json += canonical(values[i]);
  }
  return `${json}]`;
}

function members(object: Record<string, unknown>): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('only plain objects have a canonical form');
  const { sorted, labels } = order(Object.keys(object));
  let json = '';
  for (let i = 0; i < sorted.length; i++) {
    const value = object[sorted[i] as string];
    if (value === undefined) continue;
    json += (json === '' ? '{' : ',') + labels[i] + canonical(value);
  }
  return json === '' ? '{}' : `${json}}`;
}

interface KeyOrder {
  readonly keys: readonly string[];
  readonly sorted: readonly string[];
  /** `"key":`, in the order of `sorted`. */
  readonly labels: readonly string[];
}

/** Objects of one kind are made by one piece of code, so their keys come in the same order: sorting them once is enough. */
const orders = new Map<string, KeyOrder>();

function order(keys: string[]): KeyOrder {
  // The first key and the count find the candidate; comparing all keys decides.
  const slot = `${keys.length}${keys[0]}${keys.at(-1)}`;
  const known = orders.get(slot);
  if (known !== undefined && same(known.keys, keys)) return known;
  const sorted = keys.toSorted(byCodeUnit);
  const made = { keys, sorted, labels: sorted.map((key) => `${JSON.stringify(key)}:`) };
  // Keys may be the agent's (connection attributes), so the memory has a bound.
  if (known !== undefined || orders.size < MEMOED) orders.set(slot, made);
  return made;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
