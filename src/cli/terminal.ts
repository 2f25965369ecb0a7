/** What a command sees of the world outside, passed in so that tests can be the world. */

import { Failure } from '../runtime/failure.ts';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A person sits at both ends: standard input and output are terminals, so what is printed is read by who answers. */
  readonly interactive: boolean;
  /** Standard input is a terminal, wherever the output goes. */
  readonly typed: boolean;
  /** Columns to fill; undefined when the output isn't a terminal. */
  readonly columns: number | undefined;
  /** Rows of the screen; undefined when the output isn't a terminal. */
  readonly rows: number | undefined;
  /** Ends with the person's Ctrl-C. */
  readonly interrupted: AbortSignal;
  now(): number;
  out(text: string): void;
  /** To standard error. */
  say(text: string): void;
  /** One line from the person. Only when interactive. */
  ask(question: string): Promise<string>;
  /** One line from the person, not shown while it is typed. Only when `typed`. */
  askSecret(question: string): Promise<string>;
  /** What is typed, as it is typed and not shown, Ctrl-C included, until the signal aborts. Only when interactive. */
  typing(signal: AbortSignal): AsyncIterable<string>;
  /** All of standard input. */
  input(): Promise<Buffer>;
  fail(): void;
}

/** Runs a command's action; a failure becomes a sentence and a hint on standard error, and exit code 1. */
export async function reporting(terminal: Terminal, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.say(`error: ${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`);
    terminal.fail();
  }
}
