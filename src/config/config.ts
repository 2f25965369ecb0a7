/** The configuration after loading: checked, defaults filled in, durations in ms, sizes in bytes, paths absolute. */

import type { Agent, AgentJwt } from '../identity/agent.ts';
import type { Person, Role } from '../identity/person.ts';
import type { Keep } from '../journal/options.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where a secret comes from; read anew at each use so that rotation needs no restart. Never logged. */
export type SecretSource =
  | { readonly env: string }
  | { readonly file: string }
  /** Program and arguments, no shell; the secret is its standard output without the trailing newline. */
  | { readonly command: readonly string[] };

export interface DatabaseConfig {
  /** The name agents connect to. */
  readonly name: string;
  readonly protocol: 'postgres' | 'mysql';
  readonly upstream: Address & { readonly user: string; readonly database: string };
  readonly password?: SecretSource;
  /** `disable`: plain TCP. `require`: TLS, certificate not checked. `verify-full`: certificate and host name checked. */
  readonly tls: { readonly mode: 'disable' | 'require' | 'verify-full'; readonly ca?: string };
}

export interface ApiTokenConfig {
  readonly name: string;
  /** `sha256:<hex>` of the token; the token itself is shown once when it is made. */
  readonly hash: string;
  /** The person who acts by it. */
  readonly person: string;
  readonly scopes: readonly TokenScope[];
}

export const TOKEN_SCOPES = ['requests:read', 'requests:decide', 'sessions:read', 'sessions:kill', 'agents:read', 'agents:freeze', 'people:sign-out', 'audit:read'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

export interface SlackConfig {
  readonly botToken: SecretSource;
  /** Channel id or name requests are posted to, unless the rule names another. */
  readonly channel: string;
  /** Socket Mode when an app token is given, else HTTP with the signing secret. */
  readonly appToken?: SecretSource;
  readonly signingSecret?: SecretSource;
  /** Another Slack API base URL, for tests and GovSlack. */
  readonly apiUrl?: string;
}

export interface TeamsConfig {
  /** Application (client) id of the bot's registration in Entra ID. */
  readonly appId: string;
  /** Tenant id; only its members decide. */
  readonly tenant: string;
  readonly clientSecret: SecretSource;
  /** Conversation id of the channel or chat (`19:…@thread.tacv2`). */
  readonly conversation: string;
  /** Base URL of the Bot Connector for that conversation, no slash at its end. */
  readonly serviceUrl: string;
}

export const WEBHOOK_EVENTS = ['request.opened', 'request.escalated', 'request.decided', 'request.closed'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export interface WebhookConfig {
  /** For logs, metrics and the place it has come to. */
  readonly name: string;
  readonly url: string;
  /** Standard Webhooks secrets (`whsec_…`); each call is signed with all of them. */
  readonly secrets: readonly SecretSource[];
  readonly events: readonly WebhookEvent[];
  /** Does it get statements, parameters and what runs in their place? */
  readonly statement: boolean;
}

/** Sign-in by OpenID Connect. */
export interface IdentityConfig {
  /** As it stands in tokens (`iss`). */
  readonly issuer: string;
  /** For the console's button. */
  readonly label: string;
  readonly clientId: string;
  /** Without one the console is a public client, which PKCE protects. */
  readonly clientSecret?: SecretSource;
  /** The public client of the command line, which uses the device flow. */
  readonly cliClientId?: string;
  readonly scopes: readonly string[];
  readonly claims: ClaimRules;
  /** Groups of the claim whose members have the role. */
  readonly roles: { readonly [R in Role]: readonly string[] };
  /** How long what was proven counts. */
  readonly sessionMs: number;
}

/** Which claims say who somebody is. */
export interface ClaimRules {
  readonly email: string;
  /** The issuer hands out addresses itself, and doesn't say that they are verified. */
  readonly trustEmail: boolean;
  readonly groups: string;
}

/** Whose tokens are agents that aren't listed one by one. */
export interface AgentIssuerConfig {
  readonly issuer: string;
  readonly audience: string;
  /** Where its keys are; otherwise its discovery document says so. */
  readonly jwksUri?: string;
  /** What claims must be. */
  readonly claims: AgentJwt['claims'];
  /** What the names of its agents begin with, before the claim's value; may be empty. */
  readonly prefix: string;
  readonly nameClaim: string;
  /** E-mail of the person who answers for all of its agents, or the claim that names them. */
  readonly owner?: string;
  readonly ownerClaim?: string;
  readonly groupsClaim?: string;
  readonly actsForClaim?: string;
  readonly databases: readonly string[];
}

export interface Config {
  /** The file it came from, absolute. */
  readonly file: string;
  readonly listen: { readonly postgres?: Address; readonly mysql?: Address; readonly http?: Address };
  /** TLS towards agents: PEM files. `required`: plain connections are refused before login. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly required: boolean };
  readonly databases: ReadonlyMap<string, DatabaseConfig>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly agentIssuers: readonly AgentIssuerConfig[];
  /** Where people reach console and API, without a slash at its end. */
  readonly url?: string;
  readonly identity?: IdentityConfig;
  readonly people: readonly Person[];
  readonly tokens: readonly ApiTokenConfig[];
  readonly approvals: {
    readonly store: { readonly kind: 'memory' } | { readonly kind: 'redis'; readonly url: string; readonly password?: SecretSource };
    /** Default time limit of a request, and the shorter one for holds inside an open transaction. */
    readonly withinMs: number;
    readonly withinTransactionMs: number;
    /** PEM (PKCS 8) file of the Ed25519 key decisions are signed with; made at first start when absent, beside the journal. */
    readonly signingKey: string;
    /** Public keys (PEM files) of other processes at the same store: whose decisions are believed, and whose requests. */
    readonly trust: { readonly desks: readonly string[]; readonly proxies: readonly string[] };
    /** When the store is down, may statements that no rule flags still pass? */
    readonly storeDown: 'pass_unflagged' | 'refuse_all';
  };
  readonly journal: {
    readonly dir: string;
    readonly segmentBytes: number;
    readonly checkpointRecords: number;
    readonly checkpointMs: number;
    /** Absent: all of it. */
    readonly keep?: Keep;
    /** PEM (PKCS 8) Ed25519 key for checkpoints; made at first start when absent. */
    readonly signingKey: string;
  };
  /** Policy files, absolute. */
  readonly policies: readonly string[];
  readonly slack?: SlackConfig;
  readonly teams?: TeamsConfig;
  readonly webhooks: readonly WebhookConfig[];
  /** Where spans go: OTLP over HTTP. `ratio`: of traces that begin here, 0 to 1. */
  readonly traces?: { readonly url: string; readonly headers: ReadonlyMap<string, SecretSource>; readonly ratio: number };
  readonly limits: {
    /** Largest statement text, bytes. Default 1 MiB. */
    readonly statementBytes: number;
    /** Largest message that must be seen whole (Bind with its parameters), bytes. Default 64 MiB. */
    readonly messageBytes: number;
    /** What all connections together may buffer, bytes. Default 512 MiB. */
    readonly bufferedBytes: number;
    readonly connections: number;
    /** Deadline for understanding one statement in the worker. Default 2 s. */
    readonly parseMs: number;
    /** How often an agent may look rows up by masked values within an hour. Default 1000. */
    readonly lookups: number;
  };
  readonly timeouts: {
    /** From accept to a finished login. Default 30 s. */
    readonly handshakeMs: number;
    /** No byte from the agent outside a hold; 0: never. Default 0. */
    readonly idleMs: number;
    readonly upstreamConnectMs: number;
    /** How long SIGTERM waits for running statements. Default 30 s. */
    readonly drainMs: number;
  };
}
