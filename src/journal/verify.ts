import { setTimeout as pause } from 'node:timers/promises';
import type { KeyObject } from 'node:crypto';
import { keysById } from './checkpoint.ts';
import { EventChecks } from './verify-events.ts';
import type { Witnessed } from './verify-events.ts';
import { RecordChecks } from './verify-record.ts';
import { FrontChecks } from './verify-front.ts';
import type { Retired } from './verify-front.ts';
import { NO_HASH } from './record.ts';
import type { Head } from './record.ts';
import { isGone, SegmentScan, segmentsOf } from './scan.ts';
import type { RawRecord, SegmentFile, Tail } from './scan.ts';
import type { Damage } from './segment.ts';
import { headBefore } from './survey.ts';

const SETTLE_TRIES = 5;
const SETTLE_MS = 20;
const RETIRED_TRIES = 10;

export interface VerifyOptions {
  readonly dir: string;
  /** Ed25519; several after a rotation of keys. A private key serves as its public one. */
  readonly publicKey: KeyObject | readonly KeyObject[];
  /** Keys decisions, freezes and sign-outs were signed with; without them these are counted as unchecked. */
  readonly decisionKeys?: readonly KeyObject[];
  /** Heads of earlier reports: a journal cut back behind one of them can't pass. */
  readonly expect?: readonly Head[];
}

export interface Problem {
  readonly file: string;
  /** Byte at which the first bad record begins. */
  readonly offset: number;
  /** The number it has or should have. */
  readonly sequence: number;
  readonly why: string;
}

export interface Report extends Witnessed {
  readonly ok: boolean;
  readonly segments: number;
  /** Those that are there. */
  readonly records: number;
  readonly checkpoints: number;
  /** Records after the last checkpoint: chained, but not signed. */
  readonly unsigned: number;
  /** Last good record; keep it to prove later that nothing was cut off. */
  readonly head: Head;
  /** Absent: it begins with record 1. */
  readonly retired?: Retired;
  /** The first thing that is wrong; nothing after it is looked at. */
  readonly problem?: Problem;
}

/**
 * Follows the chain from the first record to the last and checks every signature, in memory that doesn't grow with
 * the journal but for one large text each and one line per request. Needs the files and the public key only.
 * What files alone can't show is that the end was cut off: that is what `expect` is for.
 */
export async function verifyJournal(options: VerifyOptions): Promise<Report> {
  for (let tries = 1; ; tries++) {
    try {
      return await verified(options);
    } catch (error) {
      // A segment was retired meanwhile: the journal begins elsewhere.
      if (!isGone(error) || tries === RETIRED_TRIES) throw error;
    }
  }
}

async function verified(options: VerifyOptions): Promise<Report> {
  const segments = await segmentsOf(options.dir);
  const [first] = segments;
  const before = first === undefined || first.first === 1 ? undefined : await headBefore(first) ?? { sequence: first.first - 1, hash: NO_HASH };
  const verifier = new Verifier(options, before);
  let problem: Problem | undefined;
  for (const [i, segment] of segments.entries()) {
    problem = await verifier.segment(segment, segments[i + 1]);
    if (problem !== undefined) break;
  }
  return verifier.report(segments, problem);
}

class Verifier {
  readonly #expect: Map<number, string>;
  readonly #events: EventChecks;
  readonly #records: RecordChecks;
  readonly #front: FrontChecks;
  readonly #before: Head;
  #head: Head;
  /** What the next segment's first record has to own up to. */
  #damage: Damage | undefined;

  /** @param before the record before the first that is there */
  constructor(options: VerifyOptions, before: Head = { sequence: 0, hash: NO_HASH }) {
    this.#before = before;
    this.#head = before;
    this.#front = new FrontChecks(before);
    const keys = Array.isArray(options.publicKey) ? (options.publicKey as readonly KeyObject[]) : [options.publicKey as KeyObject];
    this.#records = new RecordChecks(keysById(keys));
    this.#events = new EventChecks(options.decisionKeys);
    this.#expect = new Map(options.expect?.map(({ sequence, hash }) => [sequence, hash]));
  }

  async segment(segment: SegmentFile, next: SegmentFile | undefined): Promise<Problem | undefined> {
    const expected = this.#head.sequence + 1;
    const at = (offset: number, why: string): Problem => ({ file: segment.name, offset, sequence: this.#head.sequence + 1, why });
    if (segment.first > expected) return at(0, `a segment is missing: records ${expected} to ${segment.first - 1} aren't there`);
    if (segment.first < expected) return at(0, `the segment is out of order: it should begin with record ${expected}`);
    this.#records.newSegment();
    const scan = await SegmentScan.open(segment.path);
    try {
      return (await this.#chain(scan, segment, next)) ?? (await this.#end(scan, segment, next));
    } finally {
      this.#front.segmentEnds(this.#head);
      await scan.close();
    }
  }

  async #chain(scan: SegmentScan, segment: SegmentFile, next: SegmentFile | undefined): Promise<Problem | undefined> {
    for (let batch = await scan.batch(); batch.length > 0; batch = await scan.batch()) {
      for (const raw of batch) {
        if (this.#head.sequence + 1 === next?.first) {
          this.#damage = { file: segment.name, offset: raw.offset };
          return undefined;
        }
        const why = await this.#record(raw, scan.seed ?? Buffer.alloc(0));
        if (why !== undefined) return { file: segment.name, offset: raw.offset, sequence: this.#head.sequence + 1, why };
      }
    }
    return undefined;
  }

  /** What is wrong with it, if anything. */
  async #record(raw: RawRecord, seed: Buffer): Promise<string | undefined> {
    try {
      return await this.#follow(raw, seed);
    } catch (error) {
      // Fields of other types than any writer gives them.
      if (error instanceof TypeError) return 'it isn\'t written as records are';
      throw error;
    }
  }

  async #follow(raw: RawRecord, seed: Buffer): Promise<string | undefined> {
    const result = this.#records.check(raw.json, this.#head, seed);
    if (typeof result === 'string') return result;
    const { head, record, whole } = result;
    const declared = this.#damage;
    this.#damage = undefined;
    if (declared !== undefined) {
      const said = record.event.kind === 'outage' ? record.event.damaged : undefined;
      if (said?.file !== declared.file || said.offset !== declared.offset) return `${declared.file} goes on at byte ${declared.offset} with something that doesn't belong there`;
    }
    const expected = this.#expect.get(head.sequence);
    if (expected !== undefined && expected !== head.hash) return 'it isn\'t the record that was here when the journal was verified before';
    const checking = this.#events.check(record, whole);
    const wrong = (typeof checking === 'object' ? await checking : checking) ?? this.#front.check(record);
    if (wrong === undefined) this.#head = head;
    return wrong;
  }

  async #end(scan: SegmentScan, segment: SegmentFile, next: SegmentFile | undefined): Promise<Problem | undefined> {
    if (this.#damage !== undefined) return undefined;
    const tail = await this.#settled(scan, segment, next);
    if ('why' in tail) return tail;
    const at = (why: string): Problem => ({ file: segment.name, offset: tail.offset, sequence: this.#head.sequence + 1, why });
    if (next !== undefined && this.#head.sequence + 1 !== next.first) {
      return at(`records ${this.#head.sequence + 1} to ${next.first - 1} aren't there${tail.bytes > 0 ? ', only something that is no record' : ''}`);
    }
    if (tail.state === 'clean') return undefined;
    if (next !== undefined) {
      this.#damage = { file: segment.name, offset: tail.offset };
      return undefined;
    }
    return at(tail.state === 'torn'
      ? `the last record is cut short (${tail.bytes} bytes): a crash leaves this, and the next start of the proxy cuts it off and records that`
      : 'the length of the record is wrong');
  }

  /** A writer may be at work: what isn't whole is looked at again, and what is cut short once it has had time to be finished. */
  async #settled(scan: SegmentScan, segment: SegmentFile, next: SegmentFile | undefined): Promise<Tail | Problem> {
    let tail = await scan.tail();
    if (next !== undefined) return tail;
    for (let tries = 0; tail.state !== 'clean' && tries < SETTLE_TRIES; tries++) {
      if (tail.state === 'torn') await pause(SETTLE_MS);
      const before = this.#head.sequence;
      const problem = await this.#chain(scan, segment, undefined);
      if (problem !== undefined) return problem;
      tail = await scan.tail();
      // As long as records keep coming, somebody is writing.
      if (this.#head.sequence > before) tries = -1;
    }
    return tail;
  }

  report(segments: readonly SegmentFile[], found: Problem | undefined): Report {
    const problem = found ?? this.#beginning(segments[0]) ?? this.#cut();
    const { checkpoints, unsigned } = this.#records;
    const retired = this.#front.retired(this.#expect.keys());
    return {
      ok: problem === undefined, segments: segments.length, records: this.#head.sequence - this.#before.sequence, checkpoints, unsigned, head: this.#head,
      ...this.#events.counts, ...(retired && { retired }), ...(problem && { problem }),
    };
  }

  #beginning(segment: SegmentFile | undefined): Problem | undefined {
    const { sequence, hash } = this.#before;
    const at = (sequence: number, why: string): Problem => ({ file: segment?.name ?? '', offset: 0, sequence, why });
    if (this.#front.problem !== undefined) return at(1, this.#front.problem);
    const same = (this.#expect.get(sequence) ?? hash) === hash;
    return same ? undefined : at(sequence, 'the last record that was retired isn\'t the one that was there when the journal was verified before');
  }

  #cut(): Problem | undefined {
    const cut = [...this.#expect.keys()].find((sequence) => sequence > this.#head.sequence);
    return this.#damage === undefined && cut === undefined ? undefined : {
      file: '', offset: 0, sequence: this.#head.sequence + 1,
      why: `the journal ends before record ${cut ?? this.#head.sequence + 1}, which was there when it was verified before`,
    };
  }
}
