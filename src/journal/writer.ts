import { amount, keep, PLACEHOLDER } from './backlog.ts';
import type { Entry, Outage } from './backlog.ts';
import { canonical } from './canonical.ts';
import { sealer } from './checkpoint.ts';
import type { Seal } from './checkpoint.ts';
import { endedAlone } from './commitments.ts';
import type { Commitments } from './commitments.ts';
import { Encoder } from './encoder.ts';
import type { Journal, JournalEvent, JournalNote, PlainOutcome, StatementEvent } from './events.ts';
import { journalClosed, JournalRefused, JournalUnavailable, systemCode } from './failures.ts';
import { endedJson, ranJson } from './hot.ts';
import type { Lock } from './lock.ts';
import { SegmentMemory } from './memory.ts';
import type { JournalOptions } from './options.ts';
import type { Head } from './record.ts';
import type { RetainedJournal, Retention } from './retention.ts';
import type { SegmentFiles } from './segment.ts';
import { Stamp } from './stamp.ts';

/** How often writing is tried again while it fails. */
export const RETRY_MS = 250;
/** Longest event, bytes of JSON. */
const MAX_EVENT_BYTES = 1 << 28;
/** How long what nobody waits for may wait for company. */
const SOON_MS = 5;
/** After so many batches of one caller each, the next caller isn't made to wait for company. */
const ALONE_BATCHES = 16;
/** Two callers closer than this aren't alone. */
const ALONE_MS = 0.1;

interface Down {
  readonly outage: Outage;
  failure: JournalUnavailable;
  triedAt: number;
}

/**
 * Group commit: entries wait in `#pending`, whose place decides their numbers, and are chained and written together
 * in the check phase. While `#down`, the first of them stands for the outage record, so that numbers stay true.
 */
export class SegmentedJournal implements Journal, RetainedJournal {
  readonly #options: JournalOptions;
  readonly #lock: Lock;
  readonly #files: SegmentFiles;
  readonly #seal: Seal;
  readonly #encoder = new Encoder();
  /** Looked at whenever a segment is full. */
  retention: Retention | undefined;
  #head: Head;
  /** Of the segment that is written to. */
  #commitments: Commitments | undefined;
  #pending: Entry[] = [];
  #callbacks: ((failure?: Error) => void)[] = [];
  #scheduled = false;
  /** Batches of one caller each, since the last of several: waiting for company to share a write with is waiting in vain by then. */
  #alone = 0;
  #flushedAt: number;
  /** Plain outcomes that no record was made of yet. */
  #ended: PlainOutcome[] = [];
  #soonTimer: { cancel(): void } | undefined;
  #closed = false;
  #down: Down | undefined;
  #lostSync: unknown;
  readonly #memory = new SegmentMemory((kind, json) => this.#add({ kind, time: this.#time(), json, about: 0 }));
  #unsigned = 0;
  #checkpointDue = false;
  #checkpointTimer: { cancel(): void } | undefined;
  #retryTimer: { cancel(): void } | undefined;
  #nextSync: Promise<void> | undefined;
  #syncing: Promise<void> = Promise.resolve();
  readonly #stamp: Stamp;

  /** @param at where the last process has stopped, in that segment */
  constructor(options: JournalOptions, lock: Lock, at: { readonly head: Head; readonly commitments?: Commitments | undefined }, files: SegmentFiles) {
    this.#options = options;
    this.#stamp = new Stamp(options.clock);
    this.#lock = lock;
    this.#head = at.head;
    this.#commitments = at.commitments;
    this.#files = files;
    this.#seal = sealer(options.signingKey);
    this.#flushedAt = options.clock.monotonic();
    if (at.head.sequence > 0) this.#unsignedRecords(1);
  }

  get writable(): boolean {
    return this.#down === undefined && !this.#closed;
  }

  append(event: JournalEvent): number {
    if (event.kind === 'statement' && event.fate === 'run' && event.request === undefined) return this.#ran(event);
    this.#addEnded();
    this.#schedule();
    const json = this.#memory.json(event);
    const time = this.#time();
    if (event.kind !== 'outcome') return this.#add({ kind: event.kind, time, json, about: event.kind === 'continue' ? event.statement : 0 });
    const { rows, bytes, error } = event;
    return this.#add({ kind: event.kind, time, json, about: event.statement, outcome: { count: 1, rows, bytes, errors: error === undefined ? 0 : 1 } });
  }

  ended(outcome: PlainOutcome): void {
    if (this.#closed) throw journalClosed();
    this.#ended.push(outcome);
    this.#soon();
  }

  note(note: JournalNote): void {
    this.#schedule();
    this.#add({ kind: note.kind, time: this.#time(), json: canonical(note), about: 0 });
  }

  written(callback: (failure?: Error) => void): void {
    this.#callbacks.push(callback);
    if (this.#alone < ALONE_BATCHES) return this.#schedule();
    if (this.#options.clock.monotonic() - this.#flushedAt > ALONE_MS) return this.#flush();
    this.#alone = 0;
    this.#schedule();
  }

  durable(): Promise<void> {
    this.#nextSync ??= this.#syncAfter(this.#syncing);
    return this.#nextSync;
  }

  sealed(): Promise<void> {
    this.#checkpointDue = true;
    return this.durable();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#checkpointDue = this.#unsigned > 0 || this.#pending.length > 0 || this.#ended.length > 0;
    if (this.#down !== undefined) this.#down.triedAt = Number.NEGATIVE_INFINITY;
    this.#flush();
    this.#closed = true;
    this.#checkpointTimer?.cancel();
    this.#soonTimer?.cancel();
    this.#retryTimer?.cancel();
    try {
      await this.durable();
    } finally {
      this.#files.close();
      await this.retention?.close();
      this.#lock.release();
    }
  }

  #add(entry: Entry): number {
    if (this.#closed) throw journalClosed();
    if (entry.json.length > MAX_EVENT_BYTES / 4 && Buffer.byteLength(entry.json) > MAX_EVENT_BYTES) {
      throw new JournalRefused('not_recordable', 'A record can hold no more than 256 MiB.', { hint: 'Lower limits.message in the configuration.' });
    }
    this.#pending.push(entry);
    return this.#head.sequence + this.#pending.length;
  }

  /** A statement let through unasked: one of many in its record. Whoever appends it asks for `written` at once. */
  #ran(event: StatementEvent): number {
    this.#soon();
    const judged = this.#memory.judged(event);
    return this.#add({ kind: 'statement', time: this.#time(), json: ranJson(event.session, judged, event.parameters), about: 0, ran: true });
  }

  #addEnded(): void {
    const ended = this.#ended;
    if (ended.length === 0) return;
    this.#ended = [];
    const entries = ended.map(endedJson);
    this.#add({ kind: 'outcomes', time: this.#time(), json: endedAlone(entries.join(',')), leaves: entries.map(endedAlone), about: 0, outcome: amount(ended) });
  }

  #time(): string {
    // One time for a batch: its records are written together.
    return this.#pending.length > 0 && this.#down === undefined ? this.#stamp.last : this.#stamp.now();
  }

  #soon(): void {
    this.#soonTimer ??= this.#options.clock.after(SOON_MS, () => {
      this.#soonTimer = undefined;
      if (this.#ended.length > 0 || this.#pending.length > 0) this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    if (callbacks.length > 0) this.#alone = callbacks.length === 1 ? this.#alone + 1 : 0;
    this.#flushedAt = this.#options.clock.monotonic();
    if (!this.#closed) this.#addEnded();
    const failure = this.#closed ? this.#down?.failure : this.#commit();
    for (const callback of callbacks) {
      try {
        callback(failure);
      } catch (error) {
        // One caller's mistake is nobody else's: it surfaces as uncaught once all have been called.
        setImmediate(() => { throw error; });
      }
    }
  }

  /** Writes what is pending, all or nothing. */
  #commit(): JournalUnavailable | undefined {
    if (this.#lostSync !== undefined) return this.#failSync();
    const down = this.#down;
    if (down !== undefined) {
      if (this.#options.clock.monotonic() - down.triedAt < RETRY_MS) return this.#settle(down);
      // The outage record goes first and alone: a cheap question, however much is waiting.
      const failure = this.#write([{ ...PLACEHOLDER, time: this.#time(), json: canonical({ kind: 'outage', ...down.outage }) }], false);
      if (failure !== undefined) return failure;
      this.#up();
    }
    if (this.#pending.length === 0 && !this.#checkpointDue) return undefined;
    return this.#write(this.#pending, true);
  }

  /** @param whole nothing is pending beyond these, so that a checkpoint may take the next number. */
  #write(entries: readonly Entry[], whole: boolean): JournalUnavailable | undefined {
    const encoder = this.#encoder;
    let sealed = false;
    try {
      encoder.begin(this.#head, this.#files.fresh ? undefined : this.#commitments);
      for (const entry of entries) encoder.add(entry);
      encoder.end();
      sealed = whole && this.#sealDue(entries.length);
      if (sealed) this.#addCheckpoint();
      this.#files.write(encoder.bytes, this.#head.sequence + 1);
    } catch (error) {
      return this.#fail(error);
    }
    this.#head = encoder.head;
    this.#commitments = encoder.commitments;
    this.#signed(sealed, entries.length);
    this.#pending = this.#pending.slice(entries.length);
    if (this.#files.size >= this.#options.segmentBytes && whole) this.#rotate();
    return undefined;
  }

  #sealDue(records: number): boolean {
    return this.#checkpointDue || this.#unsigned + records >= this.#options.checkpointRecords
      // A segment that ends is archived: its last record is a signature.
      || this.#files.size + this.#encoder.bytes.length >= this.#options.segmentBytes;
  }

  #addCheckpoint(): void {
    const { head: { sequence, hash }, commitments } = this.#encoder;
    const time = this.#time();
    this.#encoder.seal(this.#seal({ previous: hash, sequence: sequence + 1, time, ...commitments.made }), time);
  }

  #signed(sealed: boolean, records: number): void {
    if (!sealed) return this.#unsignedRecords(records);
    this.#unsigned = 0;
    this.#checkpointDue = false;
    this.#checkpointTimer?.cancel();
    this.#checkpointTimer = undefined;
  }

  #unsignedRecords(records: number): void {
    this.#unsigned += records;
    this.#checkpointTimer ??= this.#options.clock.after(this.#options.checkpointMs, () => {
      this.#checkpointTimer = undefined;
      this.#checkpointDue = true;
      this.#schedule();
    });
  }

  #rotate(): void {
    this.#files.rotate();
    this.#memory.clear();
    // Closes the old file in time; whoever needs certainty asks for it.
    this.durable().catch(() => undefined);
    this.retention?.check();
  }

  #fail(error: unknown): JournalUnavailable {
    const code = systemCode(error);
    const failure = new JournalUnavailable(code, error);
    if (this.#down === undefined) {
      this.#options.log?.error({ code, err: error }, 'the journal can\'t be written; nothing runs until it can');
      this.#down = { outage: { since: this.#time(), code, voided: {}, dropped: {} }, failure, triedAt: 0 };
      this.#pending.unshift(PLACEHOLDER);
    }
    const down = this.#down;
    down.failure = failure;
    down.triedAt = this.#options.clock.monotonic();
    const damaged = this.#files.takeDamage();
    if (damaged !== undefined) down.outage.damaged = damaged;
    this.#retryTimer ??= this.#options.clock.after(RETRY_MS, () => {
      this.#retryTimer = undefined;
      this.#schedule();
      if (this.#down !== undefined) this.#down.triedAt = Number.NEGATIVE_INFINITY;
    });
    return this.#settle(down);
  }

  /** Drops what is void of the pending entries, and keeps the rest for later. */
  #settle(down: Down): JournalUnavailable {
    this.#pending = [PLACEHOLDER, ...keep(this.#pending.slice(1), this.#head.sequence + 1, down.outage)];
    this.#memory.clear();
    return down.failure;
  }

  #up(): void {
    this.#down = undefined;
    this.#retryTimer?.cancel();
    this.#retryTimer = undefined;
    this.#options.log?.warn({}, 'the journal can be written again');
  }

  /** After a failed fdatasync nobody knows what of the file will survive a power cut: leave it, go on in another. */
  #failSync(): JournalUnavailable {
    const error = this.#lostSync;
    this.#lostSync = undefined;
    this.#files.rotate();
    return this.#fail(error);
  }

  async #syncAfter(earlier: Promise<void>): Promise<void> {
    await earlier.catch(() => undefined);
    await new Promise<void>((resolve, reject) => {
      this.written((failure) => {
        // Here and not after an await: who asks from now on has written more than this sync covers.
        this.#nextSync = undefined;
        if (failure !== undefined) return reject(failure);
        this.#syncing = this.#files.sync().catch((error: unknown) => this.#syncFailed(error));
        this.#syncing.then(resolve, reject);
      });
    });
  }

  #syncFailed(error: unknown): never {
    this.#lostSync = error;
    this.#schedule();
    throw new JournalUnavailable(systemCode(error), error);
  }
}
