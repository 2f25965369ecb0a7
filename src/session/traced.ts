/** A session's statements and holds as spans, where somebody collects them. */

import type { Outcome, Statement } from '../protocol/statement.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { commentTags } from '../sql/comment-tags.ts';
import type { TracedSession } from '../telemetry/tracing.ts';
import type { Judgement, StatementContext } from './judge.ts';
import type { Session } from './session.ts';

/** @param code of how the hold ended */
export function traceHold(session: Session, text: string, rule: string, { code, ms }: { readonly code: string; readonly ms: number }): void {
  const { tracing, clock } = session.parts;
  tracing?.hold({ about: aboutOf(session), traceparent: traceparentOf(session, text), rule, state: code, startedAt: clock.now() - ms, ms });
}

/** It has ended at the database. */
export function traceOutcome(session: Session, statement: Statement, { rows, error }: Outcome): void {
  const { tracing, clock } = session.parts;
  const judgement = (statement.context as StatementContext | undefined)?.judgement;
  if (tracing === undefined || judgement === undefined) return;
  const ms = clock.monotonic() - statement.startedAt;
  tracing.statement({ ...common(session, statement, judgement), record: statement.record, startedAt: clock.now() - ms, ms, rows, ...(error !== undefined && { error }) });
}

/** It never went there. */
export function traceRefusal(session: Session, statement: Statement, judgement: Judgement, record: number, { code, message }: Refusal): void {
  const { tracing, clock } = session.parts;
  tracing?.statement({ ...common(session, statement, judgement), record, startedAt: clock.now(), ms: 0, error: { code, message } });
}

function common(session: Session, { source: { text } }: Statement, { facts, verdict }: Judgement) {
  return { about: aboutOf(session), kind: facts.statements[0]?.kind ?? 'unknown', traceparent: traceparentOf(session, text), verdict };
}

function aboutOf({ id, agent, database: { config: { name, protocol } } }: Session): TracedSession {
  return { session: id, agent: agent.name, database: name, protocol };
}

/** The statement's own word counts before the connection's. */
function traceparentOf({ context }: Session, text: string): string | undefined {
  return commentTags(text)['traceparent'] ?? context['traceparent'];
}
