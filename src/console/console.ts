/** The web console: pages, their assets and the stream that tells them of changes. Mounted at /console. */

import { Hono } from 'hono';
import { html } from 'hono/html';
import { EventStreams } from '../api/event-stream.ts';
import { isForCaller } from '../api/problem.ts';
import { escalatedTo } from '../approval/escalation.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import { JournalRefused } from '../journal/failures.ts';
import { agentRoutes } from './agents.ts';
import { assetRoutes } from './assets.ts';
import { auditRoutes } from './audit.ts';
import { fromHere, PageRefused, securityHeaders, signedIn } from './guard.ts';
import { historyRoutes } from './history.ts';
import { refusal, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import { queueRoutes } from './queue.ts';
import { requestRoutes } from './request-page.ts';
import { Sealer } from './sealed.ts';
import { sessionRoutes } from './sessions.ts';
import { signInRoutes } from './sign-in.ts';
import { timelineRoutes } from './timeline.ts';
import { visitorOf } from './visitor.ts';

export interface Console {
  readonly app: Hono<ConsoleEnv>;
  closeStreams(): void;
}

/** A stream ends after this long; the browser then comes back, and is asked anew who it is. */
const STREAM_MS = 5 * 60_000;

export function createConsole(parts: ConsoleParts): Console {
  const app = new Hono<ConsoleEnv>();
  const guard = signedIn(parts);
  const streams = new EventStreams(parts.desk, parts.clock, changeText);

  app.onError(async (error, context) => {
    const visitor = await visitorOf(context, parts);
    const now = parts.clock.now();
    if (error instanceof PageRefused) return show(context, { title: 'Not possible', body: refusal(error.message, error.hint), visitor, now, status: error.status });
    if (isForCaller(error) || error instanceof JournalRefused) return show(context, { title: 'Not possible', body: refusal(error.message, error.hint), visitor, now, status: 503 });
    parts.log.error({ err: error, method: context.req.method, path: context.req.path }, 'a page of the console failed');
    return show(context, { title: 'Failed', body: html`<p role="alert">The console failed to answer. The log of the process says why; look at the request again before you rely on a decision.</p>`, visitor, now, status: 500 });
  });
  app.use(securityHeaders);
  app.use(fromHere(parts));
  assetRoutes(app);
  signInRoutes(app, parts, new Sealer(parts.key));
  app.get('/events', guard('read'), (context) => {
    const over = new AbortController();
    const timer = parts.clock.after(STREAM_MS, () => over.abort());
    context.req.raw.signal.addEventListener('abort', () => timer.cancel(), { once: true });
    return streams.open(AbortSignal.any([context.req.raw.signal, over.signal]), context.get('visitor').counts);
  });
  queueRoutes(app, guard, parts);
  requestRoutes(app, guard, parts);
  historyRoutes(app, guard, parts);
  sessionRoutes(app, guard, parts);
  timelineRoutes(app, guard, parts);
  auditRoutes(app, guard, parts);
  agentRoutes(app, guard, parts);
  app.all('*', () => { throw new PageRefused(404, 'There is no such page.'); });
  return { app, closeStreams: () => streams.closeAll() };
}

/** Which request has changed, and to what: the page fetches what it shows, as whoever is signed in then. */
function changeText(request: ApprovalRequest): string {
  const { id, state } = request;
  return `event: change\ndata: ${JSON.stringify({ id, state, escalated: escalatedTo(request).length > 0 })}\n\n`;
}
