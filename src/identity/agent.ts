/** An agent as configured: who it is at the wire, whose it is, and where it may go. */
export interface Agent {
  readonly name: string;
  /** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` as PostgreSQL stores it (and later MySQL's). */
  readonly verifier: string;
  /** E-mail of the person who answers for it; never a decider of its requests. */
  readonly owner: string;
  /** E-mail of the human it acts for, if that is somebody else; never a decider either. */
  readonly actsFor?: string;
  readonly groups: readonly string[];
  readonly databases: readonly string[];
}
