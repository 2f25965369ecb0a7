import { Failure } from '../runtime/failure.ts';

/** A write failed: what was to run must not. `code` is the system's (ENOSPC, EIO, …). */
export class JournalUnavailable extends Failure {
  constructor(code: string, cause: unknown) {
    super(code, `The journal can't be written (${code}), so nothing may run.`, {
      hint: code === 'ENOSPC' ? 'Make room on the disk of the journal directory; it goes on by itself.' : 'Look at the disk of the journal directory; it goes on by itself when writing works again.',
      cause,
    });
  }
}

/** The directory can't be opened for writing, or read any further. */
export class JournalRefused extends Failure {
  declare readonly code: 'locked' | 'damaged' | 'directory' | 'closed' | 'not_recordable' | 'moved';
}

export const journalClosed = (): JournalRefused => new JournalRefused('closed', 'The journal is closed; nothing can be recorded any more.');

export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EUNKNOWN';
}
