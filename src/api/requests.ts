/** /api/v1/requests: list, look, decide, watch. */

import type { Context, Hono } from 'hono';
import type { Desk } from '../approval/desk.ts';
import { LIKE_REQUEST_ID } from '../approval/ids.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import { view } from '../approval/view.ts';
import type { ApiEnv, Guard } from './auth.ts';
import type { EventStreams } from './event-stream.ts';
import { bodyOf, queryOf } from './input.ts';
import { ApiProblem } from './problem.ts';
import { DecisionBody, NoQuery, RequestQuery } from './schemas.ts';
import { requestView } from './views.ts';

/** Statements may be 1 MiB each: a page ends early rather than grow past this many UTF-16 units. */
const PAGE_BYTES = 4 * 1024 * 1024;

export function requestRoutes(app: Hono<ApiEnv>, guard: Guard, desk: Desk, streams: EventStreams): void {
  app.get('/api/v1/requests', guard('requests:read'), (context) => listRequests(context, desk));
  // Before `{id}`: the router takes the first route that matches.
  app.get('/api/v1/requests/events', guard('requests:read'), (context) => {
    queryOf(context, NoQuery);
    return streams.open(context.req.raw.signal, context.get('caller').counts);
  });
  app.get('/api/v1/requests/:id', guard('requests:read'), async (context) => context.json(requestView(await found(desk, context.req.param('id')))));
  app.post('/api/v1/requests/:id/decision', guard('requests:decide'), (context) => decide(context, desk, context.req.param('id')));
}

async function listRequests(context: Context<ApiEnv>, desk: Desk): Promise<Response> {
  const { limit, state, before } = queryOf(context, RequestQuery);
  const page = await desk.list({ limit, ...(state === undefined ? {} : { state }), ...(before === undefined ? {} : { before }) });
  const shown = cutToSize(page);
  const last = shown.at(-1);
  const more = last !== undefined && (shown.length < page.length || page.length === limit);
  return context.json({ requests: shown.map(requestView), ...(more ? { next: last.id } : {}) });
}

function cutToSize(page: readonly ApprovalRequest[]): readonly ApprovalRequest[] {
  let size = 0;
  const end = page.findIndex((request, index) => {
    size += request.text.length + (request.parameters ?? []).reduce((sum, parameter) => sum + (parameter?.length ?? 0), 0);
    return index > 0 && size > PAGE_BYTES;
  });
  return end === -1 ? page : page.slice(0, end);
}

async function decide(context: Context<ApiEnv>, desk: Desk, id: string): Promise<Response> {
  const body = await bodyOf(context, DecisionBody);
  const request = await found(desk, id);
  if (!sawThis(body, request)) throw digestMismatch(id);
  const { person, name } = context.get('caller');
  const { decision, reason, breakGlass } = body;
  const after = await desk.decide(id, {
    decision, person, channel: `api:${name}`, ...(reason === undefined ? {} : { reason }), ...(breakGlass === true && { breakGlass }), ...(body.view === undefined ? {} : { seen: body.view }),
  });
  return context.json(requestView(after));
}

/** A store that shows one text and then another must not get a decision about the second. */
function sawThis({ digest, view: seen }: DecisionBody, request: ApprovalRequest): boolean {
  return (digest === undefined || digest === request.digest) && (seen === undefined || seen === view(request));
}

async function found(desk: Desk, id: string): Promise<ApprovalRequest> {
  const request = LIKE_REQUEST_ID.test(id) ? await desk.get(id) : undefined;
  if (request === undefined) throw new ApiProblem('not_found', 'There is no such request.', { hint: 'List them with GET /api/v1/requests.' });
  return request;
}

function digestMismatch(id: string): ApiProblem {
  return new ApiProblem('digest_mismatch', `What you sent back isn't the digest or the view of ${id}: what you looked at is not what you would decide about.`, {
    hint: `Look at the request again: GET /api/v1/requests/${id}`,
  });
}
