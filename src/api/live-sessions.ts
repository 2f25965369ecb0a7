/** /api/v1/sessions: who is connected, what a session did, and the end of it. */

import type { Context, Hono } from 'hono';
import type { ApiEnv, Guard } from './auth.ts';
import { bodyOf, queryOf } from './input.ts';
import { ApiProblem } from './problem.ts';
import { EventQuery, NoQuery, ReasonBody } from './schemas.ts';
import type { SessionDirectory } from './sessions.ts';
import { sessionView } from './views.ts';

/** Reads one session's journal records, oldest first; ends without any for an unknown session. */
export type SessionEvents = (session: string) => AsyncIterable<unknown>;

export function sessionRoutes(app: Hono<ApiEnv>, guard: Guard, sessions: SessionDirectory, events: SessionEvents): void {
  app.get('/api/v1/sessions', guard('sessions:read'), (context) => {
    queryOf(context, NoQuery);
    return context.json({ sessions: sessions.list().map(sessionView) });
  });
  // The journal holds every statement's text: that is an auditor's business, not everybody's who may list sessions.
  app.get('/api/v1/sessions/:id/events', guard('audit:read'), (context) => sessionEvents(context, sessions, events));
  app.delete('/api/v1/sessions/:id', guard('sessions:kill'), async (context) => {
    const { reason } = await bodyOf(context, ReasonBody);
    const id = context.req.param('id');
    if (!(await sessions.kill(id, endedBy(context.get('caller').person.email, reason)))) throw noSession();
    return context.json({ session: id, killed: true });
  });
}

/** What the agent and the journal are told of a session that somebody ends. */
export function endedBy(person: string, reason?: string): string {
  return reason === undefined ? `ended by ${person}` : `ended by ${person}: ${reason}`;
}

async function sessionEvents(context: Context<ApiEnv, '/:id'>, sessions: SessionDirectory, events: SessionEvents): Promise<Response> {
  const { skip, limit } = queryOf(context, EventQuery);
  const id = context.req.param('id');
  const page: unknown[] = [];
  let seen = 0;
  for await (const event of events(id)) {
    seen += 1;
    if (page.length === limit) return context.json({ events: page, next: skip + limit });
    if (seen > skip) page.push(event);
  }
  if (seen === 0 && sessions.get(id) === undefined) throw noSession();
  return context.json({ events: page });
}

function noSession(): ApiProblem {
  return new ApiProblem('not_found', 'There is no such session.', { hint: 'List the open ones with GET /api/v1/sessions.' });
}
