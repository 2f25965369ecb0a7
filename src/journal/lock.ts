import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JournalRefused } from './failures.ts';

export interface Lock {
  release(): void;
}

/**
 * One writer per directory. SQLite's exclusive transaction is the kernel's own record lock: unlike a file with a
 * process id in it, it is gone in the moment its process is, and holds between containers that share the volume.
 * The file `lock` stays and says nothing. Throws JournalRefused `locked` or `directory`.
 */
export function lockDirectory(dir: string): Lock {
  const database = lockFile(dir);
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new JournalRefused('locked', `Another process is writing the journal in ${dir}.`, {
      hint: 'Stop it, or give this one its own journal directory.', cause,
    });
  }
  return { release: () => database.close() };
}

function lockFile(dir: string): DatabaseSync {
  try {
    return new DatabaseSync(join(dir, 'lock'), { timeout: 0 });
  } catch (cause) {
    throw new JournalRefused('directory', `The journal directory ${dir} can't be written to.`, { hint: 'Look at its owner and mode.', cause });
  }
}
