/** A place where people see requests and decide. Fed by the desk; never in a statement's way. */
export interface Channel {
  readonly name: string;
  /**
   * Begins to announce requests and to take decisions. Resolves once it has begun; a service that doesn't answer is
   * tried again in the background and is no error here. Throws for what only an operator can mend (a missing secret).
   */
  start(): Promise<void>;
  /** Ends what is under way within seconds. Requests stay decidable elsewhere. */
  stop(): Promise<void>;
}
