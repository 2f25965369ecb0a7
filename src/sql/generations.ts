/**
 * A bounded cache of two generations: what is asked for moves to the young one, and when that is full the old one is
 * forgotten. A hit among the young costs one Map lookup, less than keeping an order of use.
 */
export class Generations<V> {
  readonly #entries: number;
  readonly #characters: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #held = 0;

  /** @param limits of one generation: entries, and characters of all keys together */
  constructor(limits: { readonly entries: number; readonly characters: number }) {
    this.#entries = limits.entries;
    this.#characters = limits.characters;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#entries || this.#held + key.length > this.#characters) this.#turn();
    if (!this.#young.has(key)) this.#held += key.length;
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#held = 0;
  }

  /** Entries held, both generations. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#held = 0;
  }
}
