/**
 * Every error of ours: a code for machines, a sentence for people and what to do next.
 * Subclass it once per area with a closed list of codes.
 */
export class Failure extends Error {
  readonly code: string;
  /** What the reader should do next; a sentence. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
  }
}
