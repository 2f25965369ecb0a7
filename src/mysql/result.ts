/**
 * Where the reply to one command stands. Pure: told what each packet is, it says what must come next.
 *
 *   head --column count--> definitions --> (EOF) --> rows --EOF or OK--> head (more results) | over
 *   head --OK, ERR--> head (more results) | over
 *   head --0xfb--> file --the client's empty packet--> head
 *
 * MySQL documentation, "Command Response", "Text Resultset", "Multi-Resultset"; with DEPRECATE_EOF there is no EOF behind the definitions.
 */

export type Phase = 'head' | 'definitions' | 'definitions_end' | 'rows' | 'file';

export class ResultPhase {
  phase: Phase = 'head';
  readonly #deprecateEof: boolean;
  /** Blocks of definitions still to come: their sizes. A result set has one, a prepared statement up to two. */
  #blocks: number[] = [];
  /** Do rows follow the definitions? */
  #rows = false;

  constructor(deprecateEof: boolean) {
    this.#deprecateEof = deprecateEof;
  }

  /** A new reply, or a further result of the same one. */
  begin(): void {
    this.phase = 'head';
  }

  /** The columns of a result set follow; none when the client knows them already. */
  resultSet(columns: number): void {
    this.#rows = true;
    this.#blocks = columns === 0 ? [] : [columns];
    if (columns === 0 && !this.#deprecateEof) this.phase = 'definitions_end';
    else this.#next();
  }

  /** The parameters and columns of a prepared statement follow. False when nothing follows. */
  prepared(parameters: number, columns: number): boolean {
    this.#rows = false;
    this.#blocks = [parameters, columns].filter((count) => count > 0);
    return this.#next();
  }

  /** Rows, or what is told in the form of rows, until EOF. */
  list(): void {
    this.phase = 'rows';
  }

  /** Is it a column's definition that comes next, where a prepared statement has columns at all? Those of parameters stand before. */
  get lastBlock(): boolean {
    return this.#blocks.length === 1;
  }

  /** A definition has come. False when the reply is over. */
  definition(): boolean {
    const left = (this.#blocks[0] as number) - 1;
    this.#blocks[0] = left;
    if (left > 0) return true;
    this.#blocks.shift();
    if (this.#deprecateEof) return this.#next();
    this.phase = 'definitions_end';
    return true;
  }

  /** The EOF behind a block has come before all of the block. False when the reply is over. */
  blockEnd(): boolean {
    this.#blocks.shift();
    return this.#next();
  }

  /** The EOF behind a block of definitions has come. False when the reply is over. */
  definitionsEnd(): boolean {
    return this.#next();
  }

  #next(): boolean {
    if (this.#blocks.length > 0) this.phase = 'definitions';
    else if (this.#rows) this.phase = 'rows';
    else return false;
    return true;
  }
}
