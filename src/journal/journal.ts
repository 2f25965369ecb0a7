import { mkdirSync } from 'node:fs';
import type { Journal } from './events.ts';
import { JournalRefused } from './failures.ts';
import { lockDirectory } from './lock.ts';
import { recover } from './recover.ts';
import { SegmentFiles } from './segment.ts';
import type { JournalOptions } from './options.ts';
import { Retention } from './retention.ts';
import { SegmentedJournal } from './writer.ts';

export type { JournalOptions } from './options.ts';

/** Locks the directory, made when absent, mends what a crash left, and goes on where the last process stopped. Throws JournalRefused. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  try {
    mkdirSync(options.dir, { recursive: true, mode: 0o750 });
  } catch (cause) {
    throw new JournalRefused('directory', `The journal directory ${options.dir} can't be made.`, { hint: 'Name another in journal.dir.', cause });
  }
  const lock = lockDirectory(options.dir);
  try {
    const { head, last, commitments, retired, cut } = await recover(options.dir);
    const journal = new SegmentedJournal(options, lock, { head, commitments }, new SegmentFiles(options.dir, last));
    for (const piece of cut) {
      options.log?.warn(piece, 'the last record was never finished; its beginning is cut off');
      journal.note({ kind: 'recovered', ...piece });
    }
    if (options.keep !== undefined) journal.retention = new Retention(options, options.keep, journal, retired);
    journal.retention?.check();
    return journal;
  } catch (error) {
    lock.release();
    throw error;
  }
}
