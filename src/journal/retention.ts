import { open, stat, unlink } from 'node:fs/promises';
import type { JournalNote } from './events.ts';
import { systemCode } from './failures.ts';
import type { JournalOptions, Keep } from './options.ts';
import { isGone, segmentsOf } from './scan.ts';
import type { SegmentFile } from './scan.ts';
import { survey } from './survey.ts';
import type { Survey } from './survey.ts';

/** What may be over its age without a segment having been filled. */
export const CHECK_MS = 600_000;
/** Segments of one tombstone: of many that are due, the first go before the last are read. */
const AT_ONCE = 16;

/** The journal, as far as its retention writes it. */
export interface RetainedJournal {
  note(note: JournalNote): void;
  /** Resolves when all that was appended so far is signed and on the disk. */
  sealed(): Promise<void>;
}

type Why = 'age' | 'size';

interface Due {
  readonly segment: SegmentFile;
  readonly survey: Survey;
  /** Undefined: its tombstone is written, and a crash or the file's mode has kept it. */
  readonly why: Why | undefined;
}

/**
 * Takes closed segments from the front, oldest first, once a tombstone in the journal says so, is signed and on the disk. Killed in between, the
 * files that are left are taken at the next start, by that tombstone or another.
 */
export class Retention {
  readonly #options: JournalOptions;
  readonly #keep: Keep;
  readonly #journal: RetainedJournal;
  /** The newest record that a tombstone speaks of. */
  #retired: number;
  /** Closed segments don't change. By name. */
  readonly #surveys = new Map<string, Survey>();
  #checking: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #timer: { cancel(): void } | undefined;
  #complaint = '';

  /** @param retired the newest record that a tombstone of the segment being written speaks of */
  constructor(options: JournalOptions, keep: Keep, journal: RetainedJournal, retired: number) {
    this.#options = options;
    this.#keep = keep;
    this.#journal = journal;
    this.#retired = retired;
  }

  check(): void {
    if (this.#closed) return;
    this.#again = this.#checking !== undefined;
    this.#checking ??= this.#check();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#checking;
  }

  /** Never rejects: what is in the way is told once, and tried again. */
  async #check(): Promise<void> {
    this.#timer?.cancel();
    try {
      await this.#retire();
      this.#complaint = '';
    } catch (error) {
      this.#complain(error);
    }
    this.#checking = undefined;
    if (this.#closed) return;
    if (this.#again) return this.check();
    this.#timer = this.#options.clock.after(CHECK_MS, () => this.check());
  }

  async #retire(): Promise<void> {
    for (let due = await this.#due(); due.length > 0; due = await this.#due()) {
      await this.#tell(due.filter(({ why }) => why !== undefined));
      for (const { segment } of due) await this.#remove(segment);
    }
  }

  async #due(): Promise<Due[]> {
    const segments = await segmentsOf(this.#options.dir);
    const due: Due[] = [];
    let bytes = this.#keep.bytes === undefined ? 0 : await total(segments);
    for (const [i, next] of segments.slice(1, 1 + AT_ONCE).entries()) {
      if (!this.#mayGo(next, bytes)) break;
      const segment = segments[i];
      const survey = segment && await this.#survey(segment, next);
      if (this.#closed || segment === undefined || survey === undefined) break;
      const why = this.#why(survey, bytes);
      if (why === undefined && survey.last.sequence > this.#retired) break;
      due.push({ segment, survey, why: survey.last.sequence > this.#retired ? why : undefined });
      bytes -= survey.bytes;
    }
    return due;
  }

  /** Before all of a segment is read: without an age, what fits stays, unless a tombstone has named it. */
  #mayGo(next: SegmentFile, bytes: number): boolean {
    const { ageMs, bytes: most = Infinity } = this.#keep;
    return ageMs !== undefined || bytes > most || next.first - 1 <= this.#retired;
  }

  #why({ until }: Survey, bytes: number): Why | undefined {
    const age = this.#options.clock.now() - Date.parse(until);
    const { ageMs = Infinity, bytes: most = Infinity, leastMs } = this.#keep;
    return age > ageMs ? 'age' : bytes > most && age > leastMs ? 'size' : undefined;
  }

  async #survey(segment: SegmentFile, next: SegmentFile): Promise<Survey | undefined> {
    const known = this.#surveys.get(segment.name) ?? await survey(segment, next);
    if (known !== undefined) this.#surveys.set(segment.name, known);
    return known;
  }

  async #tell(due: readonly Due[]): Promise<void> {
    const tombstone = tombstoneOf(due);
    if (tombstone === undefined) return;
    this.#journal.note(tombstone);
    await this.#journal.sealed();
    this.#retired = tombstone.last;
  }

  async #remove({ name, path }: SegmentFile): Promise<void> {
    await unlink(path).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
    // In this order also after a power cut: what is left must have no gap.
    await syncDirectory(this.#options.dir);
    this.#surveys.delete(name);
  }

  #complain(error: unknown): void {
    const code = systemCode(error);
    if (this.#closed || code === this.#complaint) return;
    this.#complaint = code;
    this.#options.log?.warn({ code, err: error }, 'what the journal keeps no longer can\'t be removed; it is tried again');
  }
}

function tombstoneOf(due: readonly Due[]): Extract<JournalNote, { kind: 'retired' }> | undefined {
  const [oldest, newest] = [due[0], due.at(-1)];
  if (oldest === undefined || newest?.why === undefined) return undefined;
  const surveys = due.map(({ survey }) => survey);
  const { sequence: last, hash } = newest.survey.last;
  return {
    kind: 'retired', first: oldest.segment.first, last, hash, segments: due.length, bytes: surveys.reduce((sum, { bytes }) => sum + bytes, 0),
    since: surveys.map(({ since }) => since).toSorted()[0] ?? '', until: surveys.map(({ until }) => until).toSorted().at(-1) ?? '', why: newest.why,
  };
}

/** Not at once as SegmentFiles does it: statements run meanwhile. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function total(segments: readonly SegmentFile[]): Promise<number> {
  const sizes = await Promise.all(segments.map(async ({ path }) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
