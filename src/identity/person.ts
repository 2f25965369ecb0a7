export const ROLES = ['approver', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A human. `email` (lower case) is the identity on every channel. */
export interface Person {
  readonly email: string;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  /** Explicit links where a channel's verified e-mail differs. */
  readonly slack?: string;
  /** Object id in Entra ID, lower case. */
  readonly teams?: string;
}
