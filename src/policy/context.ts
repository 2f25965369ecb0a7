/** The names a policy may refer to. Without a context (policies tested on their own) no name is checked. */
export interface PolicyContext {
  readonly agents: ReadonlySet<string>;
  /** Groups that some agent is in. */
  readonly agentGroups: ReadonlySet<string>;
  readonly databases: ReadonlySet<string>;
  /** Group to the number of people in it who have the role approver; every group that some person is in has an entry. */
  readonly approvers: ReadonlyMap<string, number>;
  /** What agents' names begin with that only their tokens tell; nothing else is known of those agents. */
  readonly issuedAgents?: readonly string[];
  /** Do some agents' tokens name groups? Any group may then have agents. */
  readonly issuedGroups?: boolean;
  /** May people who sign in be approvers? Any group may then have some. */
  readonly approversSignIn?: boolean;
  /** Time limit of holds whose rule names none, milliseconds. */
  readonly withinMs: number;
  /** How long the journal keeps what was decided; absent: for ever. */
  readonly keepMs?: number;
}
