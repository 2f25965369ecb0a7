/** What the HTTP API asks of the running proxy: its sessions, and who may not go on. */

/** One agent connection. Plain JSON but for `startedAt`, which is milliseconds since 1970. */
export interface SessionInfo {
  readonly id: string;
  readonly agent: string;
  readonly owner: string;
  readonly database: string;
  readonly protocol: 'postgres' | 'mysql';
  /** `address:port` of the agent's side. */
  readonly client: string;
  readonly tls: boolean;
  readonly startedAt: number;
  /** `held`: a statement waits for people; `running`: the database works; `idle`: neither. */
  readonly state: 'idle' | 'running' | 'held';
  readonly statements: number;
  /** The request it waits for, while `held`. */
  readonly request?: string;
}

export interface SessionDirectory {
  /** Sessions of this process, oldest first. */
  list(): readonly SessionInfo[];
  get(id: string): SessionInfo | undefined;
  /** Ends the session: cancels what runs, withdraws what is held. False when there is no such session (any more). */
  kill(id: string, reason: string): Promise<boolean>;
}

/** Do all replicas know? False while the store they share doesn't answer; they are told when it does. */
export interface Everywhere {
  readonly everywhere: boolean;
}

/** Stops an agent at once on every replica, until it is thawed: no new session, no new statement, nothing held is released. */
export interface Freezer {
  freeze(agent: string, by: string, reason?: string): Promise<Everywhere>;
  thaw(agent: string, by: string): Promise<Everywhere>;
  isFrozen(agent: string): boolean;
}
