/** The shapes of the API, written once: they check what comes in, describe it in /openapi.json, and the tests hold every answer to them. */

import { z } from 'zod';
import { MAX_REASON, REQUEST_STATES } from '../approval/request.ts';
import { TOKEN_SCOPES, WEBHOOK_EVENTS } from '../config/config.ts';
import { ENTRY_KINDS } from '../audit/entry.ts';
import { ACTIONS } from '../policy/verdict.ts';
import { ROLES } from '../identity/person.ts';
import { EFFECTS } from '../sql/facts.ts';

export const MAX_PAGE = 200;

const time = z.iso.datetime().meta({ description: 'UTC, ISO 8601' });

export const EffectUse = z.strictObject({ effect: z.enum(EFFECTS), objects: z.array(z.string()), because: z.string().optional() });

export const TableUse = z.strictObject({
  name: z.string(), read: z.boolean(), written: z.boolean(), columns: z.array(z.string()), known: z.boolean(),
});

export const Decision = z.strictObject({
  decision: z.enum(['approve', 'deny']), person: z.string(), channel: z.string(), reason: z.string().optional(), breakGlass: z.literal(true).optional(), at: time,
});

export const ApprovalRequestView = z.strictObject({
  id: z.string(),
  state: z.enum(REQUEST_STATES),
  digest: z.string().meta({ description: 'SHA-256 (hex) over all that the approval is bound to; send it back with a decision' }),
  view: z.string().meta({ description: 'SHA-256 (hex) over what is shown here and the terms; send it back with a decision so that nothing was swapped in between' }),
  mode: z.enum(['inline', 'deferred']),
  agent: z.strictObject({ name: z.string(), owner: z.string(), actsFor: z.string().optional(), groups: z.array(z.string()) }),
  database: z.string(),
  protocol: z.enum(['postgres', 'mysql']),
  session: z.string(),
  text: z.string().meta({ description: 'The exact statement text, whole. Written by the agent: never render it as markup, nor to a terminal as it is' }),
  parameters: z.array(z.string().nullable()).optional(),
  forms: z.array(z.string()).optional().meta({ description: 'What runs in the place of statements that read masked columns, in their order' }),
  masked: z.array(z.string()).optional().meta({ description: 'Masked columns that it uses in some way, schema.table.column' }),
  effects: z.array(EffectUse),
  tables: z.array(TableUse),
  unbounded: z.boolean(),
  estimatedRows: z.number().optional().meta({ description: "Rows it would give or change, as the database's planner guesses" }),
  rowsSent: z.number().optional().meta({ description: 'It runs already, and so many of its rows were sent: people are asked whether more may follow' }),
  rule: z.string(),
  reason: z.string(),
  policy: z.string(),
  approvers: z.array(z.string()),
  quorum: z.number().int(),
  escalation: z.strictObject({ approvers: z.array(z.string()), at: time }).optional().meta({ description: 'Groups that may decide, too, from then on' }),
  breakGlass: z.array(z.string()).optional().meta({ description: 'Groups of which one person may approve alone, with a reason' }),
  channel: z.string().optional(),
  createdAt: time,
  expiresAt: time,
  changedAt: time,
  escalatedAt: time.optional().meta({ description: 'Since when the groups in escalation may decide, too: nobody had by then' }),
  transaction: z.strictObject({ open: z.boolean(), ageMs: z.number() }),
  context: z.record(z.string(), z.string()),
  decisions: z.array(Decision),
  note: z.string().optional(),
  outcome: z.strictObject({
    tag: z.string().optional(), rows: z.number().optional(), ms: z.number().optional(), error: z.string().optional(),
  }).optional(),
});
export type ApprovalRequestView = z.infer<typeof ApprovalRequestView>;

export const RequestPage = z.strictObject({
  requests: z.array(ApprovalRequestView),
  next: z.string().optional().meta({ description: 'Present when there may be more: the next page is ?before=<next>' }),
});
export type RequestPage = z.infer<typeof RequestPage>;

export const RequestQuery = z.strictObject({
  state: z.enum(REQUEST_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  before: z.string().max(100).optional(),
});

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

export const DecisionBody = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  reason: z.string().max(MAX_REASON).optional(),
  breakGlass: z.boolean().optional().meta({ description: 'Approve alone in an emergency; needs a reason, and one of the groups in breakGlass of the request' }),
  digest: hash.optional().meta({ description: "The digest of the request you looked at; the decision is refused when it isn't the request's" }),
  view: hash.optional().meta({ description: "The view of the request you looked at; the decision is refused when it isn't the request's" }),
});
export type DecisionBody = z.infer<typeof DecisionBody>;

export const NoQuery = z.strictObject({});
export const ReasonBody = z.strictObject({ reason: z.string().max(MAX_REASON).optional() });

export const SessionView = z.strictObject({
  id: z.string(), agent: z.string(), owner: z.string(), database: z.string(), protocol: z.enum(['postgres', 'mysql']),
  client: z.string(), tls: z.boolean(), startedAt: time, state: z.enum(['idle', 'running', 'held']), statements: z.number().int(),
  request: z.string().optional(),
});
export type SessionView = z.infer<typeof SessionView>;

export const SessionPage = z.strictObject({ sessions: z.array(SessionView) });

export const EventQuery = z.strictObject({
  skip: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(MAX_PAGE),
});

export const EventPage = z.strictObject({
  events: z.array(z.unknown()).meta({ description: 'Journal records of the session, oldest first' }),
  next: z.number().int().optional().meta({ description: 'Present when there are more: the next page is ?skip=<next>' }),
});

export const AuditEntry = z.strictObject({
  sequence: z.number().int().meta({ description: 'Of its record in the journal' }),
  time,
  kind: z.enum(ENTRY_KINDS),
  session: z.string().optional(),
  agent: z.string().optional(), owner: z.string().optional(), database: z.string().optional(), protocol: z.enum(['postgres', 'mysql']).optional(), client: z.string().optional(),
  text: z.string().optional().meta({ description: 'Written by the agent: never render it as markup, nor to a terminal as it is' }),
  parameters: z.array(z.string().nullable()).optional(),
  effects: z.array(EffectUse).optional(),
  tables: z.array(TableUse).optional(),
  verdict: z.enum(ACTIONS).optional(), rule: z.string().optional(), policy: z.string().optional(),
  observed: z.literal(true).optional().meta({ description: 'It ran although the verdict says otherwise: the policy only observed' }),
  fate: z.enum(['run', 'refused']).optional(), code: z.string().optional(),
  request: z.strictObject({
    id: z.string(),
    state: z.enum(REQUEST_STATES).exclude(['approved']).optional(),
    mode: z.enum(['inline', 'deferred']).optional(), approvers: z.array(z.string()).optional(), quorum: z.number().int().optional(), escalatedTo: z.array(z.string()).optional(),
    decisions: z.array(Decision.omit({ at: true }).extend({ time })),
    reason: z.string().optional(),
  }).optional().meta({ description: 'As far as this journal has it' }),
  outcome: z.strictObject({
    rows: z.number(), bytes: z.number(), ms: z.number(), tag: z.string().optional(), error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  }).optional().meta({ description: 'Absent while it runs, and where it never did' }),
  people: z.array(z.string()).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export const SearchPage = z.strictObject({
  entries: z.array(AuditEntry),
  next: z.string().optional().meta({ description: 'Present when there are more: the next page is ?after=<next>' }),
  unknown: z.array(z.string()).optional().meta({ description: 'Filters by which nothing was ever recorded' }),
  complete: z.boolean().meta({ description: "False while the index doesn't reach to the journal's end: the newest may be missing" }),
});

export type SearchPage = z.infer<typeof SearchPage>;

export const AgentView = z.strictObject({
  name: z.string(), owner: z.string(), actsFor: z.string().optional(), groups: z.array(z.string()), databases: z.array(z.string()),
  frozen: z.boolean(), sessions: z.number().int(),
});
export type AgentView = z.infer<typeof AgentView>;

export const AgentPage = z.strictObject({ agents: z.array(AgentView) });
/** `everywhere`: false while other replicas don't know yet, because the store that all share doesn't answer. */
export const FrozenView = z.strictObject({ agent: z.string(), frozen: z.boolean(), everywhere: z.boolean() });
export const WebhookView = z.strictObject({
  name: z.string(),
  address: z.string().meta({ description: 'Scheme, host and port; the rest of the address may hold a secret' }),
  state: z.enum(['sending', 'elsewhere', 'disabled']).meta({ description: 'elsewhere: another replica sends, ask that one; disabled: the receiver answered 410 Gone' }),
  waiting: z.number().int(),
  delivered: z.number().int(),
  dead: z.array(z.strictObject({ event: z.string(), type: z.enum(WEBHOOK_EVENTS), request: z.string(), why: z.string(), at: time }))
    .meta({ description: 'The last 100 that were given up by this process' }),
});
export type WebhookView = z.infer<typeof WebhookView>;
export const WebhookPage = z.strictObject({ webhooks: z.array(WebhookView) });
export const KilledView = z.strictObject({ session: z.string(), killed: z.literal(true) });
export const HealthView = z.strictObject({ status: z.literal('ok') });
export const ReadinessView = z.strictObject({ ready: z.boolean(), checks: z.record(z.string(), z.boolean()) });

export const SignInOffer = z.strictObject({ issuer: z.string(), client_id: z.string(), scopes: z.array(z.string()) });
export const SignInBody = z.strictObject({
  id_token: z.string().max(24 * 1024).meta({ description: 'What the issuer gave in the device flow (RFC 8628)' }),
  access_token: z.string().max(24 * 1024).optional().meta({ description: 'What came with it: with this the issuer is asked for what its ID token leaves out' }),
});
export const SignInView = z.strictObject({
  token: z.string().meta({ description: 'For the calls of this API, in the place of cst_…' }),
  email: z.string(), roles: z.array(z.enum(ROLES)), scopes: z.array(z.enum(TOKEN_SCOPES)), until: time,
});
export type SignInView = z.infer<typeof SignInView>;
/** `everywhere` as in FrozenView. */
export const SignedOutView = z.strictObject({ sign_in: z.string(), email: z.string(), everywhere: z.boolean() });
export const PersonSignedOutView = z.strictObject({ person: z.string(), everywhere: z.boolean() });

export const Problem = z.strictObject({
  type: z.string(), title: z.string(), status: z.number().int(), code: z.string(), detail: z.string(), hint: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;
