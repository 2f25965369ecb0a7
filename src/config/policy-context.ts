import type { PolicyContext } from '../policy/context.ts';
import type { Config } from './config.ts';

/** What policies may refer to, according to countersign.yaml. */
export function policyContext(config: Config): PolicyContext {
  const approvers = new Map<string, number>();
  for (const person of config.people) {
    const counts = person.roles.includes('approver') ? 1 : 0;
    for (const group of new Set(person.groups)) approvers.set(group, (approvers.get(group) ?? 0) + counts);
  }
  const agents = [...config.agents.values()];
  return {
    agents: new Set(config.agents.keys()),
    agentGroups: new Set(agents.flatMap((agent) => agent.groups)),
    databases: new Set(config.databases.keys()),
    approvers,
    withinMs: config.approvals.withinMs,
  };
}
