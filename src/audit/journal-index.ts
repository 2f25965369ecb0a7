import { JournalRefused } from '../journal/failures.ts';
import { segmentsOf } from '../journal/scan.ts';
import { JournalTail } from '../journal/tail.ts';
import type { AuditEntry } from './entry.ts';
import type { Found } from './find.ts';
import { isBroken, openIndexFile, removeIndexFile } from './index-file.ts';
import type { SearchQuery } from './query.ts';
import { SqliteIndex } from './sqlite-index.ts';

/** The index of a journal's directory, kept up with the journal and mended where it doesn't fit. */
export class JournalIndex {
  readonly #dir: string;
  #index: SqliteIndex;
  /** Undefined until the index has said how far it is. */
  #tail: JournalTail | undefined;
  #growing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(dir: string) {
    this.#dir = dir;
    this.#index = new SqliteIndex(openIndexFile(dir));
  }

  /** False: the directory can't be written, and the index is gone when it's closed. */
  get kept(): boolean {
    return this.#index.kept;
  }

  /**
   * Reads the journal on to its end. Throws JournalRefused `damaged` where it can't be read on; what comes before can be found.
   * @param rest what to wait for after each chunk, which took so many milliseconds
   */
  grow(signal?: AbortSignal, rest?: (ms: number) => Promise<void>): Promise<void> {
    if (this.#growing === undefined) {
      this.#growing = this.#mending(() => this.#grow(signal, rest)).finally(() => { this.#growing = undefined; });
      return this.#growing;
    }
    // What is under way may be past the place where something was written just now.
    this.#next ??= this.#growing.catch(() => undefined).then(() => {
      this.#next = undefined;
      return this.grow(signal, rest);
    });
    return this.#next;
  }

  search(query: SearchQuery): Promise<Found> {
    return this.#mending(async () => this.#index.search(query));
  }

  entry(sequence: number): Promise<AuditEntry | undefined> {
    return this.#mending(async () => this.#index.entry(sequence));
  }

  async close(): Promise<void> {
    for (let last = this.#growing; last !== undefined; last = this.#next ?? this.#growing) await last.catch(() => undefined); // whoever asked for it is told
    await this.#forgetTail();
    this.#index.close();
  }

  async #grow(signal?: AbortSignal, rest?: (ms: number) => Promise<void>): Promise<void> {
    for (;;) {
      const began = performance.now();
      const tail = (this.#tail ??= new JournalTail(this.#dir, this.#index.position()));
      const from = tail.position;
      const chunk = await tail.next();
      if (chunk === undefined) break;
      if (!this.#index.add(chunk, from)) await this.#forgetTail();
      await rest?.(performance.now() - began);
      if (signal?.aborted === true) return;
    }
    const [oldest] = await segmentsOf(this.#dir);
    if (oldest !== undefined) this.#index.forgetBefore(oldest.first);
  }

  async #forgetTail(): Promise<void> {
    await this.#tail?.close();
    this.#tail = undefined;
  }

  /** What is of another journal, or broken, is made anew, once. */
  async #mending<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof JournalRefused && error.code === 'moved') this.#index.clear();
      else if (isBroken(error)) this.#remake();
      else throw error;
      await this.#forgetTail();
      return await work();
    }
  }

  #remake(): void {
    this.#index.close();
    if (this.kept) removeIndexFile(this.#dir);
    this.#index = new SqliteIndex(openIndexFile(this.#dir));
  }
}
