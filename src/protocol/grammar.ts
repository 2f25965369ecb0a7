/** An error of the database: its sentence, and its message as the protocol has it, to be passed on as it came. */
export interface DatabaseError {
  readonly message: string;
  readonly bytes: Buffer;
}

/**
 * What the database's own parser says against a text, without running it; undefined when it takes the text, or couldn't
 * be asked. Never rejects.
 */
export type GrammarQuestion = (text: string) => Promise<DatabaseError | undefined>;
