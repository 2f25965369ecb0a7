import type { JournalRecord } from './events.ts';
import { JournalRefused } from './failures.ts';
import { kindMark } from './kinds.ts';
import { damaged, wholeRecords } from './read.ts';
import { recordHash } from './record.ts';
import { References } from './references.ts';
import { isGone, parseRecord, SegmentScan, segmentsOf } from './scan.ts';
import type { RawRecord, SegmentFile } from './scan.ts';

/** How far somebody has read: the last record, where it lies and what it was. */
export interface Position {
  /** Name of the file. */
  readonly segment: string;
  readonly offset: number;
  /** The last number the record takes. */
  readonly sequence: number;
  readonly hash: string;
}

export interface Chunk {
  readonly records: readonly JournalRecord[];
  readonly position: Position;
}

interface OpenSegment {
  readonly file: SegmentFile;
  readonly scan: SegmentScan;
  /** What lies behind the next segment's beginning was never committed. */
  readonly next: SegmentFile | undefined;
  /** Read, but not taken yet. */
  ahead: readonly RawRecord[];
}

const REFERRED_TO = [kindMark('judged'), kindMark('text')];

/**
 * Reads a journal's records on from where somebody stopped, in another process perhaps, and over what is appended meanwhile. Before each
 * round the last record that was read is looked at again: when it isn't there any more, `JournalRefused` with the code `moved` says that it's another
 * journal, an older copy of it, or that what was read was taken back.
 */
export class JournalTail {
  readonly #dir: string;
  #position: Position | undefined;
  #open: OpenSegment | undefined;
  /** Of the segment that `#position` lies in, up to there. */
  #references: { readonly segment: string; readonly known: References } | undefined;

  constructor(dir: string, position?: Position) {
    this.#dir = dir;
    this.#position = position;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /** Undefined when there is no more at the moment. Throws JournalRefused `moved` or `damaged`; what comes before the damage was given by then. */
  async next(): Promise<Chunk | undefined> {
    try {
      return await this.#orClosed();
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    // Retired since it was listed: the journal begins elsewhere.
    return this.#orClosed();
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.scan.close();
  }

  async #orClosed(): Promise<Chunk | undefined> {
    try {
      return await this.#next();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #next(): Promise<Chunk | undefined> {
    this.#open ??= await this.#begin();
    while (this.#open !== undefined) {
      const chunk = await this.#read(this.#open);
      if (chunk !== undefined) return chunk;
      const { next } = this.#open;
      await this.close();
      if (next !== undefined) this.#open = await this.#goOn(next);
    }
    return undefined;
  }

  async #begin(): Promise<OpenSegment | undefined> {
    const segments = await segmentsOf(this.#dir);
    const position = this.#position;
    const at = position === undefined ? -1 : segments.findIndex(({ name }) => name === position.segment);
    const [file, next] = segments.slice(Math.max(at, 0), Math.max(at, 0) + 2);
    if (file === undefined || position === undefined) return file && this.#enter(file, next);
    if (at !== -1) return this.#return(file, next, position);
    // All that was read has been removed since.
    return (await this.#follows(file)) ? this.#enter(file, next) : this.#moved();
  }

  async #goOn(file: SegmentFile): Promise<OpenSegment> {
    const { sequence = 0 } = this.#position ?? {};
    if (this.#position !== undefined && file.first <= sequence) return this.#moved();
    if (!(await this.#follows(file))) throw damaged(`${file.path} doesn't go on where the file before it ends, at record ${sequence}.`);
    return this.#enter(file, (await segmentsOf(this.#dir)).find(({ first }) => first > file.first));
  }

  /** Does the segment follow the last record that was read? One in which nothing is written yet may. */
  async #follows(file: SegmentFile): Promise<boolean> {
    const position = this.#position;
    if (position === undefined) return true;
    const scan = await SegmentScan.open(file.path);
    try {
      const [first] = await scan.batch();
      const record = first && parseRecord(first.json);
      return file.first === position.sequence + 1 && (record === undefined || record.previous === position.hash);
    } finally {
      await scan.close();
    }
  }

  async #enter(file: SegmentFile, next: SegmentFile | undefined): Promise<OpenSegment> {
    this.#references = { segment: file.name, known: new References() };
    return { file, next, scan: await SegmentScan.open(file.path), ahead: [] };
  }

  /** A segment from the last record on that was read of it. What the rest of it refers to is found again, once. */
  async #return(file: SegmentFile, next: SegmentFile | undefined, position: Position): Promise<OpenSegment> {
    const held = this.#references?.segment === file.name ? this.#references.known : undefined;
    const known = held ?? new References();
    const scan = await SegmentScan.open(file.path, held && position.offset);
    for (let batch = await scan.batch(); batch.length > 0; batch = await scan.batch()) {
      const at = batch.findIndex(({ offset }) => offset >= position.offset);
      for (const { json } of held !== undefined ? [] : batch.slice(0, at === -1 ? batch.length : at + 1)) remember(json, known);
      if (at === -1) continue;
      if (batch[at]?.offset !== position.offset || recordHash(batch[at].json) !== position.hash) break;
      this.#references = { segment: file.name, known };
      return { file, next, scan, ahead: batch.slice(at + 1) };
    }
    await scan.close();
    return this.#moved();
  }

  async #read(open: OpenSegment): Promise<Chunk | undefined> {
    const batch = open.ahead.length > 0 ? open.ahead : await open.scan.batch();
    const records: JournalRecord[] = [];
    let read: Omit<Position, 'segment' | 'hash'> & { readonly json: Buffer } | undefined;
    open.ahead = [];
    for (const [index, raw] of batch.entries()) {
      try {
        const { last, records: whole } = wholeRecords(open.file, raw, this.#references?.known ?? new References());
        if (open.next !== undefined && last >= open.next.first) break;
        for (const record of whole) records.push(record);
        read = { offset: raw.offset, sequence: last, json: raw.json };
      } catch (error) {
        if (read === undefined) throw error;
        open.ahead = batch.slice(index);
        break;
      }
    }
    if (read === undefined) return undefined;
    const { json, ...place } = read;
    this.#position = { segment: open.file.name, ...place, hash: recordHash(json) };
    return { records, position: this.#position };
  }

  #moved(): never {
    throw new JournalRefused('moved', `The journal in ${this.#dir} isn't the one that was read before.`);
  }
}

function remember(json: Buffer, references: References): void {
  if (!REFERRED_TO.some((mark) => json.includes(mark))) return;
  const record = parseRecord(json);
  if (record !== undefined) references.add(record);
}
