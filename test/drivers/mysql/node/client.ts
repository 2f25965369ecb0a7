/** The two Node drivers behind one interface, so that one text of the scenarios serves both. */

export type Row = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly rows: readonly Row[];
  readonly affected: number;
}

export interface Client {
  /** The connection id of the handshake, for KILL. */
  readonly thread: number;
  readonly encrypted: boolean;
  /** One statement by COM_QUERY; the driver writes the values into the text. */
  query(text: string, values?: readonly unknown[]): Promise<Answer>;
  /** By COM_STMT_PREPARE and COM_STMT_EXECUTE. */
  execute(text: string, values?: readonly unknown[]): Promise<Answer>;
  /** Several statements in one COM_QUERY. */
  several(text: string): Promise<readonly Answer[]>;
  /** Row by row, as they come. */
  stream(text: string): AsyncIterable<Row>;
  /** The statement for each list of values, in as few messages as the driver can; rows affected. */
  bulk(text: string, values: readonly (readonly unknown[])[]): Promise<number>;
  /** Forgets the session's settings. */
  reset(): Promise<void>;
  end(): Promise<void>;
  destroy(): void;
}

export interface Driver {
  connect(): Promise<Client>;
  /** What the driver says of its errors beside errno and SQLSTATE. */
  message(error: Error): string;
  /** Does it send a statement before the one before is answered? */
  readonly pipelines: boolean;
}

export interface DatabaseError extends Error {
  readonly errno: number;
  readonly sqlState: string;
}

/** Whatever a driver gives for a result. */
export function answerOf(result: unknown): Answer {
  if (Array.isArray(result)) return { rows: [...(result as Row[])], affected: 0 };
  return { rows: [], affected: Number((result as { affectedRows: number | bigint }).affectedRows) };
}

export function severalOf(result: unknown): Answer[] {
  return Array.isArray(result) && result.some((each) => Array.isArray(each) || 'affectedRows' in each) ? result.map(answerOf) : [answerOf(result)];
}
