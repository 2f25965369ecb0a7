/** Something cheap to ask a database that is different after its catalog has changed, whoever changed it. Asked over one connection that is kept. */
export interface ChangeMark {
  /** Rejects when it can't be asked; the next call tries a new connection. Never called again before it has answered. */
  read(): Promise<string>;
  close(): Promise<void>;
}
