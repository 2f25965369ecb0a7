/** Bytes on their way out, as ranges of the buffers they came in; neighbours are merged, nothing is copied. */
export class Slices {
  #done: Buffer[] = [];
  #bytes = 0;
  #buffer: Buffer | undefined;
  #start = 0;
  #end = 0;

  get bytes(): number {
    return this.#bytes + (this.#end - this.#start);
  }

  /** Adds `buffer[start, end)`. */
  range(buffer: Buffer, start: number, end: number): void {
    if (this.#buffer === buffer && this.#end === start) {
      this.#end = end;
      return;
    }
    this.#close();
    this.#buffer = buffer;
    this.#start = start;
    this.#end = end;
  }

  add(buffer: Buffer): void {
    this.range(buffer, 0, buffer.length);
  }

  /** All that was added, in order; the slices are empty afterwards. */
  take(): Buffer[] {
    this.#close();
    const taken = this.#done;
    this.#done = [];
    this.#bytes = 0;
    return taken;
  }

  #close(): void {
    if (this.#buffer === undefined) return;
    if (this.#end > this.#start) {
      const whole = this.#start === 0 && this.#end === this.#buffer.length;
      this.#done.push(whole ? this.#buffer : this.#buffer.subarray(this.#start, this.#end));
      this.#bytes += this.#end - this.#start;
    }
    this.#buffer = undefined;
    this.#start = 0;
    this.#end = 0;
  }
}
