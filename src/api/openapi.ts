/** /openapi.json, put together from the schemas that check the calls. A test holds it to the routes that exist. */

import { z } from 'zod';
import type { TokenScope } from '../config/config.ts';
import { SearchQuery } from '../audit/query.ts';
import * as schemas from './schemas.ts';

interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly scope?: TokenScope;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType | 'text/event-stream' | 'text/plain';
}

const OPERATIONS: readonly Operation[] = [
  { method: 'get', path: '/healthz', summary: 'The process answers', answer: schemas.HealthView },
  { method: 'get', path: '/readyz', summary: 'Listeners and stores are up (200) or not (503, same body)', answer: schemas.ReadinessView },
  { method: 'get', path: '/metrics', summary: 'Prometheus metrics', answer: 'text/plain' },
  { method: 'get', path: '/openapi.json', summary: 'This document', answer: z.looseObject({ openapi: z.string() }) },
  { method: 'get', path: '/api/v1/requests', summary: 'Held statements, newest first', scope: 'requests:read', query: schemas.RequestQuery, answer: schemas.RequestPage },
  { method: 'get', path: '/api/v1/requests/events', summary: 'Every request as it becomes: events named "request"', scope: 'requests:read', answer: 'text/event-stream' },
  { method: 'get', path: '/api/v1/requests/{id}', summary: 'One held statement, whole', scope: 'requests:read', answer: schemas.ApprovalRequestView },
  { method: 'post', path: '/api/v1/requests/{id}/decision', summary: "Approve or deny as the token's person", scope: 'requests:decide', body: schemas.DecisionBody, answer: schemas.ApprovalRequestView },
  { method: 'get', path: '/api/v1/sessions', summary: 'Open sessions', scope: 'sessions:read', answer: schemas.SessionPage },
  { method: 'get', path: '/api/v1/sessions/{id}/events', summary: 'What a session did, from the journal', scope: 'audit:read', query: schemas.EventQuery, answer: schemas.EventPage },
  { method: 'delete', path: '/api/v1/sessions/{id}', summary: 'End a session', scope: 'sessions:kill', body: schemas.ReasonBody, answer: schemas.KilledView },
  { method: 'get', path: '/api/v1/agents', summary: 'Configured agents', scope: 'agents:read', answer: schemas.AgentPage },
  { method: 'post', path: '/api/v1/agents/{name}/freeze', summary: 'Stop an agent at once', scope: 'agents:freeze', body: schemas.ReasonBody, answer: schemas.FrozenView },
  { method: 'post', path: '/api/v1/agents/{name}/thaw', summary: 'Let a frozen agent go on', scope: 'agents:freeze', body: schemas.ReasonBody, answer: schemas.FrozenView },
  { method: 'get', path: '/api/v1/audit/search', summary: "What the process's own journal has, newest first", scope: 'audit:read', query: SearchQuery, answer: schemas.SearchPage },
  { method: 'get', path: '/api/v1/webhooks', summary: 'How webhooks go, and what was given up', scope: 'audit:read', answer: schemas.WebhookPage },
  { method: 'get', path: '/api/v1/sign-in', summary: 'How the command line signs people in', answer: schemas.SignInOffer },
  { method: 'post', path: '/api/v1/sign-in', summary: 'A token for whoever the issuer says it is', body: schemas.SignInBody, answer: schemas.SignInView },
  { method: 'delete', path: '/api/v1/sign-in', summary: 'End the sign-in whose token it is sent with', answer: schemas.SignedOutView },
  { method: 'post', path: '/api/v1/people/{email}/sign-out', summary: 'End all sign-ins of a person at once', scope: 'people:sign-out', body: schemas.ReasonBody, answer: schemas.PersonSignedOutView },
];

let made: Record<string, unknown> | undefined;

export function openApiDocument(): Record<string, unknown> {
  made ??= {
    openapi: '3.1.0',
    info: { title: 'Countersign', version: '1', description: 'Held statements, sessions and agents. Every refusal is an application/problem+json document.' },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token (cst_…), or what POST /api/v1/sign-in gave' } },
      schemas: { Problem: jsonSchema(schemas.Problem, 'output') },
    },
    paths: pathsOf(OPERATIONS),
  };
  return made;
}

function pathsOf(operations: readonly Operation[]): Record<string, Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) (paths[operation.path] ??= {})[operation.method] = describe(operation);
  return paths;
}

function describe({ path, summary, scope, query, body, answer }: Operation): Record<string, unknown> {
  const parameters = [...pathParameters(path), ...queryParameters(query)];
  return {
    summary,
    ...(scope === undefined ? {} : { security: [{ token: [] }], 'x-scope': scope }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: jsonSchema(body, 'input') } } } }),
    responses: {
      200: { description: 'OK', content: contentOf(answer) },
      default: { description: 'A refusal', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
    },
  };
}

function contentOf(answer: Operation['answer']): Record<string, unknown> {
  if (typeof answer === 'string') return { [answer]: { schema: { type: 'string' } } };
  return { 'application/json': { schema: jsonSchema(answer, 'output') } };
}

function pathParameters(path: string): Record<string, unknown>[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(query: z.ZodObject | undefined): Record<string, unknown>[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => ({ name, in: 'query', required: false, schema: jsonSchema(schema, 'input') }));
}

function jsonSchema(schema: z.core.$ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
