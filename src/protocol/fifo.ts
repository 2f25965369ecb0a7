/** First in, first out. Shifting an array is linear in V8 beyond some length; this isn't. */
export class Fifo<T> {
  #entries: T[] = [];
  #first = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  get head(): T | undefined {
    return this.#entries[this.#first];
  }

  /** Oldest first. */
  all(): T[] {
    return this.#entries.slice(this.#first);
  }

  push(entry: T): void {
    this.#entries.push(entry);
  }

  shift(): T | undefined {
    const entry = this.#entries[this.#first];
    if (this.length === 0) return undefined;
    this.#first++;
    if (this.#first === this.#entries.length) {
      this.#entries = [];
      this.#first = 0;
    } else if (this.#first > 256) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return entry;
  }

  /** Puts another in the place of the oldest. */
  protected putHead(entry: T): void {
    this.#entries[this.#first] = entry;
  }

  /** Takes the newest off again. */
  pop(): T | undefined {
    return this.length === 0 ? undefined : this.#entries.pop();
  }
}
