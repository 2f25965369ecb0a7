import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { segmentName } from './record.ts';

const datasync = promisify(fdatasync);

interface OpenFile {
  readonly fd: number;
  readonly name: string;
  /** Bytes that count: all of whole records. */
  size: number;
}

/** Where a file's end could not be cut back. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
}

/** The file being written, and those before it that aren't on the disk yet. Writes all of a batch or nothing. */
export class SegmentFiles {
  readonly #dir: string;
  #current: OpenFile | undefined;
  /** Left behind by rotation; closed once synced. */
  #unsynced: OpenFile[] = [];
  #directoryDirty = false;

  constructor(dir: string, last?: { readonly name: string; readonly size: number }) {
    this.#dir = dir;
    if (last !== undefined) this.#current = { fd: openSync(join(dir, last.name), 'r+'), ...last };
  }

  /** True when the next write begins a file, whose header the batch must then bring. */
  get fresh(): boolean {
    return this.#current === undefined;
  }

  get size(): number {
    return this.#current?.size ?? 0;
  }

  /**
   * @param first sequence number of the batch's first record: the name of the file, if it begins one.
   * @throws the system's error, with nothing of the batch in the file; or with `damage` returned by the next `takeDamage`.
   */
  write(batch: Buffer, first: number): void {
    const file = this.#current ?? this.#create(first);
    try {
      writeAll(file, batch);
    } catch (error) {
      this.#undo(file);
      throw error;
    }
    file.size += batch.length;
    this.#current = file;
  }

  #create(first: number): OpenFile {
    const name = segmentName(first);
    // Whatever is there under this name was never committed, and nobody else writes here.
    const fd = openSync(join(this.#dir, name), 'w', 0o640);
    this.#directoryDirty = true;
    return { fd, name, size: 0 };
  }

  #damage: Damage | undefined;

  /** What the first record of the next file has to declare. */
  takeDamage(): Damage | undefined {
    const damage = this.#damage;
    this.#damage = undefined;
    return damage;
  }

  #undo(file: OpenFile): void {
    if (file !== this.#current) return this.#discard(file);
    try {
      ftruncateSync(file.fd, file.size);
    } catch {
      this.#damage = { file: file.name, offset: file.size };
      this.rotate();
    }
  }

  #discard(file: OpenFile): void {
    try {
      closeSync(file.fd);
      unlinkSync(join(this.#dir, file.name));
    } catch {
      // The next attempt has the same name and starts the file anew.
    }
  }

  /** Ends the current file: the next write begins another. */
  rotate(): void {
    if (this.#current !== undefined) this.#unsynced.push(this.#current);
    this.#current = undefined;
  }

  /** All that was written so far is on the disk when it resolves. One call at a time. */
  async sync(): Promise<void> {
    const closed = this.#unsynced;
    if (this.#directoryDirty) {
      this.#directoryDirty = false;
      syncDirectory(this.#dir);
    }
    await Promise.all([...closed, ...(this.#current === undefined ? [] : [this.#current])].map((file) => datasync(file.fd)));
    this.#unsynced = this.#unsynced.filter((file) => !closed.includes(file));
    for (const file of closed) closeSync(file.fd);
  }

  close(): void {
    this.rotate();
    for (const file of this.#unsynced) closeSync(file.fd);
    this.#unsynced = [];
  }
}

function writeAll(file: OpenFile, batch: Buffer): void {
  // At an explicit position: a half-written batch is overwritten, never followed, by the next attempt.
  for (let done = 0; done < batch.length;) done += writeSync(file.fd, batch, done, batch.length - done, file.size + done);
}

function syncDirectory(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
