/** The interface both protocols implement from accept to the first statement. */

import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Config, DatabaseConfig } from '../config/config.ts';
import type { Agent } from '../identity/agent.ts';
import type { AgentTokens } from '../identity/agent-tokens.ts';
import type { Wire } from '../net/wire.ts';
import type { Understanding } from '../sql/facts.ts';
import type { Conversation, ConversationListener } from './conversation.ts';

/** What a door asks of the rest of the proxy. */
export interface House {
  readonly config: Config;
  /** Our certificate for agents, when TLS is on. */
  readonly tls: TlsIdentity | undefined;
  /** 32 bytes, the same on every start and replica: keeps unknown agents indistinguishable. */
  readonly mockSecret: Buffer;
  /** Agents that log in by tokens, when there may be any. */
  readonly tokens?: AgentTokens | undefined;
  readSecret(database: DatabaseConfig): Promise<string | undefined>;
  /** PEM of the authorities trusted for this database, if its own are configured. */
  authorities(database: DatabaseConfig): Promise<string | undefined>;
  /** Throws Refused when the agent is frozen or the proxy is shutting down. */
  mayEnter(agent: Agent): void;
  /** Throws Refused while too little is known of the database to judge statements for it. */
  mayUse(database: DatabaseConfig): void;
  /** Cancels what the session with this key is doing; an unknown key does nothing. */
  cancel(processId: number, secretKey: Buffer): void;
  /** For how long rows may wait for people, milliseconds; 0: they never do. */
  rowsWaitMs(): number;
  /** A key for the new session, whose number nobody else has, from now until the login has failed or the session is over. */
  newKey(secretBytes: number): SessionKey;
  /** The database can't be reached or doesn't let us in. For the operator: the client isn't told why. */
  upstreamFailed(database: string, error: Error): void;
  /** A login that failed, for the journal. */
  loginRefused(attempt: { readonly agent: string; readonly database: string; readonly client: string; readonly code: string }): void;
}

export interface SessionKey {
  readonly processId: number;
  readonly secretKey: Buffer;
}

export interface TlsIdentity {
  readonly context: SecureContext;
  /** tls-server-end-point channel binding data of the certificate. */
  readonly endPoint: Buffer;
  readonly required: boolean;
}

/** A client that has logged in, and its own connection to the database, ready for the first statement. */
export interface Admitted {
  readonly agent: Agent;
  /** When what it logged in by expires, milliseconds since 1970; the session ends with it. */
  readonly until?: number;
  readonly database: DatabaseConfig;
  readonly key: SessionKey;
  /** The number the database itself gives the connection, where statements may name it. */
  readonly upstreamId?: number;
  readonly client: Wire;
  readonly upstream: Wire;
  /** Bytes that came with the handshakes and belong to the conversation. */
  readonly rest: { readonly client: Buffer; readonly upstream: Buffer };
  /** What the agent says of itself: application_name, countersign.reason, … */
  readonly attributes: Readonly<Record<string, string>>;
  /** Settings the agent asked for at login; names in lower case. */
  readonly startup: ReadonlyMap<string, string>;
  /** Settings the database reported at login. */
  readonly settings: ReadonlyMap<string, string>;
  converse(listener: ConversationListener, understanding: Understanding): Conversation;
  /** Asks the database to cancel what runs on `upstream`. */
  cancelUpstream(): Promise<void>;
}

/** Takes a socket from accept to login. Resolves with undefined when it was answered and closed (cancel, refusal, nonsense). Never rejects. */
export type Door = (socket: Socket, house: House) => Promise<Admitted | undefined>;
