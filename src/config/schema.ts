/**
 * What countersign.yaml may say. Names are snake_case; every key not shown in an example has a default.
 * Relations between the parts (names that refer to names) are checked in references.ts.
 */

import { z } from 'zod';
import { ROLES } from '../identity/person.ts';
import { isSecure } from '../net/secure-address.ts';
import { TOKEN_SCOPES, WEBHOOK_EVENTS } from './config.ts';
import { address, duration, email, name, secret, size, text, wait } from './fields.ts';
import { agentIssuer, agentJwt, identity, url } from './identity-schema.ts';

const count = z.int().min(1, 'this must be at least 1');

/**
 * `shop: { protocol: postgres, upstream: "postgres://app@db.internal:5432/shop", password: { env: SHOP_DB_PASSWORD }, tls: { ca: ca.pem } }`
 * Without `tls` the upstream is reached in plain TCP; with it the certificate and host name are checked unless `mode` says less.
 */
const database = z.strictObject({
  protocol: z.enum(['postgres', 'mysql']),
  upstream: text,
  password: secret.optional(),
  tls: z.strictObject({ mode: z.enum(['disable', 'require', 'verify-full']).default('verify-full'), ca: text.optional() }).optional(),
});

/** One, or one of each kind: `verifier: ["SCRAM-SHA-256$…", "MYSQL-CACHING-SHA2$…"]`. */
const verifiers = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1, 'at least one verifier is needed')], 'a verifier, or a list of verifiers, is needed here');

/** `{ name: reporter, verifier: "SCRAM-SHA-256$…", owner: dana@example.com, acts_for: lee@example.com, groups: [analytics], databases: [shop] }`; `jwt` in place of `verifier`. */
const agent = z.strictObject({
  name,
  verifier: verifiers.optional(),
  jwt: agentJwt.optional(),
  owner: email,
  acts_for: email.optional(),
  groups: z.array(name).default([]),
  databases: z.array(name).default([]),
});

const entraId = z.guid('an id of Entra ID is needed here, such as 0f8fad5b-d9cb-469f-a165-70867728950e').transform((id) => id.toLowerCase());

/** `{ email: sam@example.com, roles: [approver], groups: [dba], slack: U012ABC }` */
const person = z.strictObject({
  email,
  roles: z.array(z.enum(ROLES)).default([]),
  groups: z.array(name).default([]),
  slack: z.string().regex(/^[UW][A-Z0-9]{2,20}$/, 'a Slack user id is needed here, such as U012ABCDEF').optional(),
  teams: entraId.optional(),
});

/** `{ name: ci, hash: "sha256:<64 hex digits>", person: sam@example.com, scopes: [requests:read, requests:decide] }` */
const token = z.strictObject({
  name,
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'the hash of a token reads sha256: and 64 lower-case hexadecimal digits; the token itself doesn\'t belong here'),
  person: email,
  scopes: z.array(z.enum(TOKEN_SCOPES)).min(1, 'a token needs at least one scope'),
});

/** `{ store: memory, within: 15m, within_transaction: 1m, signing_key: decisions.pem, trust: { desks: [desk.pem.pub] }, store_down: pass_unflagged }`; `store: redis://host:6379` with `store_password`. */
const approvals = z.strictObject({
  store: text.default('memory'),
  store_password: secret.optional(),
  within: wait.prefault('15m'),
  within_transaction: wait.prefault('1m'),
  signing_key: text.optional(),
  trust: z.strictObject({ desks: z.array(text).default([]), proxies: z.array(text).default([]) }).prefault({}),
  store_down: z.enum(['pass_unflagged', 'refuse_all']).default('pass_unflagged'),
});

/** `{ dir: ./journal, segment: 64MiB, checkpoint_records: 1000, checkpoint_every: 10s, keep: 90d, keep_size: 50GiB, signing_key: checkpoints.pem }`; without `keep` and `keep_size` all of it stays. */
const journal = z.strictObject({
  dir: text.default('./journal'),
  segment: size.prefault('64MiB'),
  checkpoint_records: count.default(1000),
  checkpoint_every: wait.prefault('10s'),
  keep: wait.optional(),
  keep_size: size.optional(),
  signing_key: text.optional(),
});

/** `{ bot_token: { env: SLACK_BOT_TOKEN }, app_token: { env: SLACK_APP_TOKEN }, channel: "#db-approvals" }`; `signing_secret` in place of `app_token` takes HTTP instead of Socket Mode. */
const slack = z.strictObject({
  bot_token: secret,
  channel: text,
  app_token: secret.optional(),
  signing_secret: secret.optional(),
  api_url: z.url({ protocol: /^https?$/, error: 'a URL is needed here, such as https://slack.com/api/' }).optional(),
});

/** `{ app_id: <guid>, tenant: <guid>, client_secret: { env: TEAMS_CLIENT_SECRET }, conversation: "19:…@thread.tacv2", service_url: https://smba.trafficmanager.net/emea }` */
const teams = z.strictObject({
  app_id: entraId,
  tenant: entraId,
  client_secret: secret,
  conversation: z.string().regex(/^[^\s;/?#]+$/, 'a conversation id is needed here, such as 19:…@thread.tacv2'),
  service_url: z.url({ protocol: /^https$/, error: 'an https URL is needed here, such as https://smba.trafficmanager.net/teams' }),
});

/**
 * `{ name: pager, url: https://hooks.example.com/countersign, secret: { env: PAGER_SECRET }, events: [request.opened] }`
 * While a secret is being changed: `secret: [{ env: NEW }, { env: OLD }]`. `statement: true` sends statements and parameters, too.
 */
const webhook = z.strictObject({
  name,
  url: z.string().refine(isWebhookUrl, 'an https address without user and fragment is needed here (plain http only for 127.0.0.1, [::1] and localhost)'),
  secret: z.union([secret.transform((one) => [one]), z.array(secret).min(1, 'at least one secret is needed').max(3, 'three secrets are enough for a change')], 'a secret such as { env: WEBHOOK_SECRET } is needed here'),
  events: z.array(z.enum(WEBHOOK_EVENTS)).min(1, 'at least one event is needed').default([...WEBHOOK_EVENTS]),
  statement: z.boolean().default(false),
});

/** `{ url: "http://collector:4318/v1/traces", headers: { authorization: { env: OTLP_TOKEN } }, ratio: 0.1 }` */
const traces = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'a URL is needed here, such as http://collector:4318/v1/traces' }),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/, 'the name of an HTTP header is needed here'), secret).default({}),
  ratio: z.number().min(0).max(1, 'the part of traces that is sampled is between 0 and 1').default(1),
});

/** Bounds on what one agent can cost; see Config.limits. */
const limits = z.strictObject({
  statement: size.prefault('1MiB'),
  message: size.prefault('64MiB'),
  buffered: size.prefault('512MiB'),
  connections: count.default(10_000),
  parse: wait.prefault('2s'),
  lookups: count.default(1000),
});

/** `idle: 0s` means never; see Config.timeouts. */
const timeouts = z.strictObject({
  handshake: wait.prefault('30s'),
  idle: duration.prefault('0s'),
  upstream_connect: wait.prefault('10s'),
  drain: duration.prefault('30s'),
});

export const fileSchema = z.strictObject({
  listen: z.strictObject({ postgres: address.optional(), mysql: address.optional(), http: address.optional() }),
  /** TLS towards agents: `{ cert: server.pem, key: server.key, required: true }`. */
  tls: z.strictObject({ cert: text, key: text, required: z.boolean().default(true) }).optional(),
  databases: z.record(name, database),
  agents: z.array(agent).default([]),
  agent_issuers: z.array(agentIssuer).default([]),
  url: url.optional(),
  identity: identity.optional(),
  people: z.array(person).default([]),
  tokens: z.array(token).default([]),
  approvals: approvals.prefault({}),
  journal: journal.prefault({}),
  policies: z.array(text).min(1, 'at least one policy file is needed'),
  slack: slack.optional(),
  teams: teams.optional(),
  webhooks: z.array(webhook).default([]),
  traces: traces.optional(),
  limits: limits.prefault({}),
  timeouts: timeouts.prefault({}),
});

function isWebhookUrl(given: string): boolean {
  const parsed = URL.parse(given);
  return parsed !== null && isSecure(parsed) && parsed.username === '' && parsed.password === '' && !given.includes('#');
}

export type ConfigFile = z.output<typeof fileSchema>;
