import type { Verifiers } from '../config/verifier.ts';

/** An agent as configured: who it is at the wire, whose it is, and where it may go. */
export interface Agent {
  readonly name: string;
  /** What is stored of its password; none when it logs in by a token. See config/verifier.ts for the forms. */
  readonly verifiers: Verifiers;
  /** Which tokens are its own, for a listed agent that logs in by one. */
  readonly jwt?: AgentJwt;
  /** E-mail of the person who answers for it; never a decider of its requests. */
  readonly owner: string;
  /** E-mail of the human it acts for, if that is somebody else; never a decider either. */
  readonly actsFor?: string;
  readonly groups: readonly string[];
  readonly databases: readonly string[];
}

/** A token (RFC 7519) that serves as an agent's password. */
export interface AgentJwt {
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer's keys are; otherwise its discovery document says so. */
  readonly jwksUri?: string;
  /** What claims must be; of a list, one member. At least one. */
  readonly claims: ReadonlyMap<string, string | number | boolean>;
}
