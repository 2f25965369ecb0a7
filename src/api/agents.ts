/** /api/v1/agents: who may connect, and the switch that stops one at once. */

import type { Context, Hono } from 'hono';
import type { Agent } from '../identity/agent.ts';
import type { ApiEnv, Guard } from './auth.ts';
import { bodyOf, queryOf } from './input.ts';
import { ApiProblem } from './problem.ts';
import { NoQuery, ReasonBody } from './schemas.ts';
import type { Freezer, SessionDirectory } from './sessions.ts';
import { agentView } from './views.ts';

export interface AgentParts {
  /** The agents as configured now. */
  readonly agents: () => ReadonlyMap<string, Agent>;
  readonly freezer: Freezer;
  readonly sessions: SessionDirectory;
}

export function agentRoutes(app: Hono<ApiEnv>, guard: Guard, parts: AgentParts): void {
  app.get('/api/v1/agents', guard('agents:read'), (context) => listAgents(context, parts));
  app.post('/api/v1/agents/:name/freeze', guard('agents:freeze'), async (context) => {
    const { reason } = await bodyOf(context, ReasonBody);
    const agent = known(parts, context.req.param('name'));
    const { everywhere } = await parts.freezer.freeze(agent, context.get('caller').person.email, reason);
    return context.json({ agent, frozen: parts.freezer.isFrozen(agent), everywhere });
  });
  app.post('/api/v1/agents/:name/thaw', guard('agents:freeze'), async (context) => {
    await bodyOf(context, ReasonBody);
    const agent = known(parts, context.req.param('name'));
    const { everywhere } = await parts.freezer.thaw(agent, context.get('caller').person.email);
    return context.json({ agent, frozen: parts.freezer.isFrozen(agent), everywhere });
  });
}

function listAgents(context: Context<ApiEnv>, { agents, freezer, sessions }: AgentParts): Response {
  queryOf(context, NoQuery);
  const connected = new Map<string, number>();
  for (const { agent } of sessions.list()) connected.set(agent, (connected.get(agent) ?? 0) + 1);
  const views = [...agents().values()].map((agent) => agentView(agent, freezer.isFrozen(agent.name), connected.get(agent.name) ?? 0));
  return context.json({ agents: views });
}

function known({ agents }: AgentParts, name: string): string {
  if (!agents().has(name)) throw new ApiProblem('not_found', 'There is no such agent in the configuration.', { hint: 'List them with GET /api/v1/agents.' });
  return name;
}
