/**
 * What statements do as spans, beside the agent's own: a statement that says by `traceparent` to which trace it belongs (in a comment's tags, or as a
 * connection attribute) becomes a child of that span. Sent by OTLP over HTTP, in batches; a collector that is away costs spans and nothing else.
 */

import { type Attributes, type Context, isSpanContextValid, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { Verdict } from '../policy/verdict.ts';

/** A session, as spans say it. */
export interface TracedSession {
  readonly session: string;
  readonly agent: string;
  readonly database: string;
  readonly protocol: 'postgres' | 'mysql';
}

export interface TracedStatement {
  readonly about: TracedSession;
  /** `select`, `insert`, …; of several in one text the first. */
  readonly kind: string;
  readonly traceparent: string | undefined;
  readonly verdict: Pick<Verdict, 'action' | 'rule'>;
  /** Sequence number of its record in the journal. */
  readonly record: number;
  /** Milliseconds since 1970, and how long it took. */
  readonly startedAt: number;
  readonly ms: number;
  readonly rows?: number;
  /** SQLSTATE, or the code of a refusal. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface TracedHold {
  readonly about: TracedSession;
  readonly traceparent: string | undefined;
  readonly rule: string;
  /** Released, or the code of the refusal. */
  readonly state: string;
  readonly startedAt: number;
  readonly ms: number;
}

export interface Tracing {
  /** It has ended at the database, or was refused. */
  statement(statement: TracedStatement): void;
  /** People have decided, or it was too late. */
  hold(hold: TracedHold): void;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
/** By OpenTelemetry's semantic conventions for databases. */
const SYSTEMS = { postgres: 'postgresql', mysql: 'mysql' } as const;

export function tracingBy(tracer: Tracer): Tracing {
  const span = (name: string, { about, traceparent, startedAt, ms }: Pick<TracedStatement, 'about' | 'traceparent' | 'startedAt' | 'ms'>, kind: SpanKind, attributes: Attributes, more: (span: Span) => void): void => {
    const { session, agent, database, protocol } = about;
    const one = tracer.startSpan(name, {
      kind, startTime: startedAt,
      attributes: { 'db.system.name': SYSTEMS[protocol], 'db.namespace': database, 'countersign.session': session, 'countersign.agent': agent, ...attributes },
    }, parentOf(traceparent));
    more(one);
    one.end(startedAt + ms);
  };
  return {
    statement(statement) {
      const { kind, verdict, record, rows, error } = statement;
      const attributes = {
        'db.operation.name': kind, 'countersign.verdict': verdict.action, 'countersign.rule': verdict.rule, 'countersign.record': record,
        ...(rows !== undefined && { 'db.response.returned_rows': rows }), ...(error !== undefined && { 'error.type': error.code }),
      };
      span(`${kind} ${statement.about.database}`, statement, SpanKind.CLIENT, attributes, (one) => {
        if (error !== undefined) one.setStatus({ code: SpanStatusCode.ERROR, message: error.code });
      });
    },
    hold(hold) {
      span(`held ${hold.about.database}`, hold, SpanKind.INTERNAL, { 'countersign.rule': hold.rule, 'countersign.state': hold.state }, () => {});
    },
  };
}

/** None of ours encloses it; what isn't a traceparent begins a trace of its own. */
function parentOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
