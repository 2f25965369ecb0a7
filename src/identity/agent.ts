import type { Verifiers } from '../config/verifier.ts';

/** An agent as configured: who it is at the wire, whose it is, and where it may go. */
export interface Agent {
  readonly name: string;
  /** What is stored of its password; at least one. See config/verifier.ts for the forms. */
  readonly verifiers: Verifiers;
  /** E-mail of the person who answers for it; never a decider of its requests. */
  readonly owner: string;
  /** E-mail of the human it acts for, if that is somebody else; never a decider either. */
  readonly actsFor?: string;
  readonly groups: readonly string[];
  readonly databases: readonly string[];
}
