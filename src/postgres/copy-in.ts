/**
 * COPY … FROM STDIN turns the conversation round: until CopyDone the server reads data, ignores Sync and Flush, and takes
 * anything else for an error that swallows the message. Whether it does so is known only from its reply. So nothing is
 * sent behind a statement that may start a COPY until that reply has come, and we never have to guess what was swallowed.
 *
 *   waiting --CopyInResponse--> reading --CopyDone, CopyFail--> waiting (a batch may copy again) --ended--> over
 *
 * Documentation, "COPY Operations"; server: copyfromparse.c CopyGetData.
 */

import type { StatementText } from '../protocol/statement.ts';
import type { Progress } from './expected.ts';

/**
 * Both words stand in every such statement, and keywords can't be written in another way. (COPY t FROM STDOUT reads from the client, too.)
 * EXECUTE may run one that the protocol prepared.
 */
export function mayCopyIn(source: StatementText): boolean {
  source.mayCopyIn ??= (/std(?:in|out)/i.test(source.text) && /copy/i.test(source.text)) || /execute/i.test(source.text);
  return source.mayCopyIn;
}

/** A statement under way that may copy in. */
export class CopyIn {
  readonly kind: 'query' | 'execute';
  readonly #progress: Progress;

  constructor(progress: Progress, kind: 'query' | 'execute') {
    this.#progress = progress;
    this.kind = kind;
  }

  get state(): 'waiting' | 'reading' | 'over' {
    if (this.#progress.over) return 'over';
    return this.#progress.copying ? 'reading' : 'waiting';
  }

  /** The client has ended its data. */
  finish(): void {
    this.#progress.copying = false;
  }
}
