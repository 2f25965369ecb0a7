import type { PolicyContext } from '../policy/context.ts';
import type { Config } from './config.ts';

/** What policies may refer to, according to countersign.yaml. */
export function policyContext(config: Config): PolicyContext {
  const approvers = new Map<string, number>();
  for (const person of config.people) {
    const counts = person.roles.includes('approver') ? 1 : 0;
    for (const group of new Set(person.groups)) approvers.set(group, (approvers.get(group) ?? 0) + counts);
  }
  // Who signs in by one of these groups is an approver in it, and there may be such people.
  const signIn = config.identity?.roles.approver ?? [];
  for (const group of signIn) approvers.set(group, Math.max(approvers.get(group) ?? 0, 1));
  const agents = [...config.agents.values()];
  return {
    agents: new Set(config.agents.keys()),
    agentGroups: new Set(agents.flatMap((agent) => agent.groups)),
    databases: new Set(config.databases.keys()),
    approvers,
    issuedAgents: config.agentIssuers.map(({ prefix }) => prefix),
    issuedGroups: config.agentIssuers.some(({ groupsClaim }) => groupsClaim !== undefined),
    approversSignIn: signIn.length > 0,
    withinMs: config.approvals.withinMs,
    ...(config.journal.keep?.ageMs !== undefined && { keepMs: config.journal.keep.ageMs }),
  };
}
