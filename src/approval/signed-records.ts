/**
 * Signed records in the approval store, the newest of each name. Each replica keeps those that it has seen, so taking one out of the store, or putting an old
 * one back, changes nothing here; and it gives the store back what that lacks.
 */

import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import type { JwsType } from './jws.ts';
import { sign, signerOf, verify } from './jws.ts';
import type { DecisionKeys } from './keys.ts';
import type { ApprovalStore, Shelf } from './store.ts';

export interface RecordParts {
  readonly store: ApprovalStore;
  readonly keys: DecisionKeys;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

/** `at`: milliseconds since 1970; of two records of a name the later counts. */
interface Dated {
  readonly at: number;
}

export interface RecordKind<R extends Dated> {
  readonly shelf: Shelf;
  readonly type: JwsType;
  readonly schema: z.ZodType<R>;
  readonly name: (record: R) => string;
  /** After that it says nothing any more, and is forgotten. Milliseconds since 1970; undefined for never. */
  readonly until?: (record: R) => number | undefined;
  /** Records that this process has known before it was started again. */
  readonly past?: AsyncIterable<string> | undefined;
  /** Called once for each record that is newer than all of its name before. */
  readonly learned: (record: R, by: Learned<R>) => void;
}

interface Learned<R> {
  readonly before: R | undefined;
  readonly jws: string;
  /** It is of the past. */
  readonly known: boolean;
}

interface Known<R> {
  readonly record: R;
  readonly jws: string;
}

/** A message may get lost unnoticed: so often the store is asked anyway. */
const ROUND_MS = 10_000;

export class SignedRecords<R extends Dated> {
  /** When the past is known and the store has been asked for the first time, whether it answered or not. */
  readonly begun: Promise<void>;
  readonly #parts: RecordParts;
  readonly #kind: RecordKind<R>;
  readonly #known = new Map<string, Known<R>>();
  #unlisten: () => void = () => {};
  #round: { cancel(): void } | undefined;
  #closed = false;

  /** Follows the store from then on, until `close`. */
  constructor(parts: RecordParts, kind: RecordKind<R>) {
    this.#parts = parts;
    this.#kind = kind;
    this.begun = this.#begin();
  }

  close(): void {
    this.#closed = true;
    this.#unlisten();
    this.#round?.cancel();
  }

  get(name: string): R | undefined {
    return this.#known.get(name)?.record;
  }

  /**
   * Here at once, then everywhere.
   * @param make the record; with the `at` it is given it is newer than all that are known of the name
   * @returns false while the store doesn't have it, which gets it as soon as it answers
   */
  async put(name: string, make: (at: number) => R): Promise<boolean> {
    const { clock, keys, log } = this.#parts;
    const record = make(Math.max(clock.now(), (this.get(name)?.at ?? 0) + 1));
    const known = { record, jws: await sign(this.#kind.type, record, keys) };
    if (!this.#learn(known)) return true;
    try {
      await this.#store(known);
      return true;
    } catch (error) {
      log.error({ err: error, record }, `${this.#kind.shelf}: the store doesn't answer, so other replicas don't know yet; they are told when it does`);
      return false;
    }
  }

  async #begin(): Promise<void> {
    const { past, shelf } = this.#kind;
    try {
      if (past !== undefined) for await (const jws of past) await this.#read(jws, true);
    } catch (error) {
      this.#parts.log.error({ err: error }, `${shelf}: what was recorded before can't be read; only the store says now what was`);
    }
    if (this.#closed) return;
    const follow = (): void => void this.#follow();
    this.#unlisten = this.#parts.store.listen({ changed: () => {}, resync: follow, recorded: (changed) => { if (changed === shelf) follow(); } });
    await this.#goRound();
  }

  /** False for what isn't news. */
  #learn({ record, jws }: Known<R>, known = false): boolean {
    const name = this.#kind.name(record);
    const before = this.get(name);
    if (this.#isOver(record) || (before !== undefined && before.at >= record.at)) return false;
    this.#known.set(name, { record, jws });
    this.#kind.learned(record, { before, jws, known });
    return true;
  }

  #isOver(record: R): boolean {
    return (this.#kind.until?.(record) ?? Infinity) <= this.#parts.clock.now();
  }

  /** Each signer has a place of its own for a name: two who don't believe each other would put theirs in the other's place for ever. */
  async #store({ record, jws }: Known<R>): Promise<void> {
    const { name, shelf, until } = this.#kind;
    const over = until?.(record);
    await this.#parts.store.putRecord(shelf, `${signerOf(jws)} ${name(record)}`, jws, over === undefined ? undefined : over - this.#parts.clock.now());
  }

  /** Takes what the store has, and gives it what it lacks. */
  async #follow(): Promise<void> {
    const { store, log } = this.#parts;
    const { shelf } = this.#kind;
    for (const [name, { record }] of this.#known) if (this.#isOver(record)) this.#known.delete(name);
    try {
      const stored = new Set(await store.records(shelf));
      const known = new Set([...this.#known.values()].map(({ jws }) => jws));
      for (const jws of stored) if (!known.has(jws)) await this.#read(jws);
      for (const one of this.#known.values()) if (!stored.has(one.jws) && !this.#closed) await this.#store(one);
    } catch {
      log.warn({}, `${shelf}: the store doesn't answer; it is asked again shortly`);
    }
  }

  async #read(jws: string, known = false): Promise<void> {
    const { type, schema, shelf } = this.#kind;
    try {
      const record = schema.safeParse(await verify(type, jws, this.#parts.keys));
      if (record.success) this.#learn({ record: record.data, jws }, known);
    } catch (error) {
      this.#parts.log.error({ err: error }, `${shelf}: there is a record that isn't signed by a process of ours; ignored. Somebody may be writing to the store`);
    }
  }

  #goRound(): Promise<void> {
    this.#round = this.#parts.clock.after(ROUND_MS, () => void this.#goRound());
    return this.#follow();
  }
}
