/** Our objects as the API shows them: times as ISO 8601, nothing that could be used to act (no verifiers, no signatures). */

import type { ApprovalRequest, SignedDecision } from '../approval/request.ts';
import { view } from '../approval/view.ts';
import type { Agent } from '../identity/agent.ts';
import type { AgentView, ApprovalRequestView, SessionView } from './schemas.ts';
import type { SessionInfo } from './sessions.ts';

/** JSON drops undefined members, which is why the views may carry them. */
type Loose<T> = { readonly [K in keyof T]: Readonly<T[K]> | undefined };

export function requestView(request: ApprovalRequest): Loose<ApprovalRequestView> {
  return {
    id: request.id,
    state: request.state,
    digest: request.digest,
    view: view(request),
    mode: request.mode,
    agent: { ...request.agent, groups: [...request.agent.groups] },
    database: request.database,
    protocol: request.protocol,
    session: request.session,
    text: request.text,
    parameters: request.parameters === undefined ? undefined : [...request.parameters],
    forms: request.forms === undefined ? undefined : [...request.forms],
    masked: request.masked === undefined ? undefined : [...request.masked],
    effects: request.effects.map((use) => ({ ...use, objects: [...use.objects] })),
    tables: request.tables.map((use) => ({ ...use, columns: [...use.columns] })),
    unbounded: request.unbounded,
    estimatedRows: request.estimatedRows,
    rowsSent: request.rowsSent,
    rule: request.rule,
    reason: request.reason,
    policy: request.policy,
    approvers: [...request.approvers],
    quorum: request.quorum,
    escalation: request.escalation && { approvers: [...request.escalation.approvers], at: iso(request.escalation.at) },
    breakGlass: request.breakGlass && [...request.breakGlass],
    channel: request.channel,
    createdAt: iso(request.createdAt),
    expiresAt: iso(request.expiresAt),
    changedAt: iso(request.changedAt),
    escalatedAt: request.escalatedAt === undefined ? undefined : iso(request.escalatedAt),
    transaction: request.transaction,
    context: request.context,
    decisions: request.decisions.map(decisionView),
    note: request.note,
    outcome: request.outcome,
  };
}

function decisionView({ jws: _signature, at, ...rest }: SignedDecision) {
  return { ...rest, at: iso(at) };
}

export function sessionView(session: SessionInfo): Loose<SessionView> {
  const { id, agent, owner, database, protocol, client, tls, startedAt, state, statements, request } = session;
  return { id, agent, owner, database, protocol, client, tls, startedAt: iso(startedAt), state, statements, request };
}

export function agentView(agent: Agent, frozen: boolean, sessions: number): Loose<AgentView> {
  const { name, owner, actsFor, groups, databases } = agent;
  return { name, owner, actsFor, groups: [...groups], databases: [...databases], frozen, sessions };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
