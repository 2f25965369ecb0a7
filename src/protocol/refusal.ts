/** Why the proxy doesn't let something happen. Each protocol turns it into its own legal bytes. */

export const REFUSAL_CODES = [
  /** The policy says no. */
  'denied',
  /** A person said no. */
  'decision_denied',
  /** Nobody decided in time. */
  'expired',
  /** The agent withdrew it, or it was withdrawn for it. */
  'withdrawn',
  /** Cancelled by the agent while it was held. */
  'cancelled',
  /** Deferred: a request was made; send it again after approval. */
  'deferred',
  /** The database itself would reject it as no statement of its language. */
  'syntax_error',
  /** What it would do changed while it waited. */
  'changed',
  /** No policy may let it pass. */
  'forbidden',
  /** Masking is needed and can't be done. */
  'mask_unsupported',
  /** Over a limit; the sentence names it. */
  'too_large',
  /** Not what the protocol allows, or not supported by the proxy. */
  'protocol_violation',
  'unsupported',
  /** A prepared statement or portal the session doesn't have. */
  'unknown_statement',
  'unknown_portal',
  /** A session that doesn't exist, or isn't the agent's own. */
  'unknown_session',
  'journal_unavailable',
  'approvals_unavailable',
  'upstream_unavailable',
  'login_refused',
  /** What the session was opened by counts no longer. */
  'login_expired',
  'database_refused',
  'agent_frozen',
  'session_killed',
  'shutting_down',
  'handshake_timeout',
  'idle_timeout',
  'internal',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

export interface Refusal {
  readonly code: RefusalCode;
  /** One sentence for people. */
  readonly message: string;
  /** For the agent's program: becomes JSON where the protocol has room for it. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** What to do next. */
  readonly hint?: string;
  /** The database's own message that says so, to be passed on as it is. */
  readonly verbatim?: Buffer;
}

/** A refusal on its way to the end of a connection. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = 'Refused';
    this.refusal = refusal;
  }
}
