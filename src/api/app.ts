/**
 * The HTTP API. Plain HTTP: it belongs on loopback or behind something that ends TLS, since tokens travel in a header.
 * No CORS, no cookies outside /console: nothing here acts for a browser that wandered in from elsewhere.
 */

import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Desk } from '../approval/desk.ts';
import type { WebhookStatus } from '../channels/webhook/hook.ts';
import type { CommandLineSignIn } from '../identity/identity.ts';
import type { SignIns } from '../identity/sign-ins.ts';
import type { AuditSearch } from '../audit/search.ts';
import type { Console } from '../console/console.ts';
import type { Clock } from '../runtime/clock.ts';
import { agentRoutes } from './agents.ts';
import { auditRoutes } from './audit.ts';
import type { AgentParts } from './agents.ts';
import { FailureLimit, requires } from './auth.ts';
import type { ApiEnv, CurrentPeople, Guard } from './auth.ts';
import { EventStreams } from './event-stream.ts';
import { sessionRoutes } from './live-sessions.ts';
import type { SessionEvents } from './live-sessions.ts';
import { openApiDocument } from './openapi.ts';
import { peopleRoutes } from './people.ts';
import { ApiProblem, isForCaller, problemResponse } from './problem.ts';
import { requestRoutes } from './requests.ts';
import { webhookRoutes } from './webhooks.ts';
import { signInRoutes } from './sign-in.ts';

export interface Readiness {
  readonly ready: boolean;
  /** By part (`listeners`, `store`, `journal`, …): is it up? */
  readonly checks: Readonly<Record<string, boolean>>;
}

export interface ApiParts extends AgentParts {
  /** Undefined where people can't decide: in a process that is only a proxy. */
  readonly desk?: Desk;
  readonly people: CurrentPeople;
  /** When people can sign in from the command line. */
  readonly signIn?: CommandLineSignIn | undefined;
  /** Undefined where nobody signs in: in a process that is only a proxy. */
  readonly signIns?: Pick<SignIns, 'find' | 'end' | 'endAll' | 'refused'> | undefined;
  readonly events: SessionEvents;
  readonly audit: AuditSearch;
  readonly health: () => Readiness | Promise<Readiness>;
  readonly webhooks?: () => readonly WebhookStatus[];
  readonly metrics: Pick<Registry, 'metrics' | 'contentType'>;
  /** The web pages, at /console. */
  readonly console?: Console;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error' | 'warn'>;
}

export interface Api {
  readonly app: Hono<ApiEnv>;
  /** Ends all event streams, so that a server can close. */
  closeStreams(): void;
}

const BODY_BYTES = 64 * 1024;
const READY_MS = 1_000;

export function createApi(parts: ApiParts): Api {
  const app = new Hono<ApiEnv>();
  const failures = new FailureLimit(parts.clock, parts.log);
  const guard: Guard = (scope) => requires(scope, parts, failures);
  const streams = parts.desk && new EventStreams(parts.desk, parts.clock);

  app.use(answersArePrivate);
  const limited = bodyLimit({ maxSize: BODY_BYTES, onError: () => { throw tooLarge(); } });
  // The limit wraps the body anew, which fails for a DELETE that has none.
  app.use((context, next) => (mayHaveBody(context.req.raw) ? limited(context, next) : next()));
  openRoutes(app, parts);
  if (parts.desk !== undefined && streams !== undefined) requestRoutes(app, guard, parts.desk, streams);
  sessionRoutes(app, guard, parts.sessions, parts.events);
  agentRoutes(app, guard, parts);
  auditRoutes(app, guard, parts.audit);
  webhookRoutes(app, guard, parts.webhooks ?? (() => []));
  signInRoutes(app, parts, failures);
  if (parts.signIns !== undefined) peopleRoutes(app, guard, parts.signIns);
  if (parts.console !== undefined) app.route('/console', parts.console.app);

  app.notFound(() => problemResponse(new ApiProblem('not_found', 'There is nothing at this address.', { hint: 'See /openapi.json.' })));
  app.onError((error, context) => {
    if (!isForCaller(error)) parts.log.error({ err: error, method: context.req.method, path: context.req.path }, 'an API call failed');
    return problemResponse(error);
  });
  return { app, closeStreams: () => { streams?.closeAll(); parts.console?.closeStreams(); } };
}

function mayHaveBody({ method, headers }: Request): boolean {
  return method !== 'DELETE' || headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
}

/** What monitors and tools read without a token: no statements, no people. */
function openRoutes(app: Hono<ApiEnv>, { health, metrics, clock }: ApiParts): void {
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  const readinessNow = shared(health, clock);
  app.get('/readyz', async (context) => {
    const readiness = await readinessNow();
    return context.json(readiness, readiness.ready ? 200 : 503);
  });
  app.get('/metrics', async () => new Response(await metrics.metrics(), { headers: { 'content-type': metrics.contentType } }));
  app.get('/openapi.json', (context) => context.json(openApiDocument()));
}

/** Anybody may ask, and asking costs a call to the store: one answer a second serves all. */
function shared<T>(ask: () => T | Promise<T>, clock: Clock): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (last === undefined || clock.monotonic() - last.at >= READY_MS) last = { at: clock.monotonic(), answer: Promise.resolve().then(ask) };
    return last.answer;
  };
}

const answersArePrivate: MiddlewareHandler = async (context, next) => {
  await next();
  if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
  context.header('x-content-type-options', 'nosniff');
};

function tooLarge(): ApiProblem {
  return new ApiProblem('too_large', `The body is larger than ${BODY_BYTES} bytes.`);
}
