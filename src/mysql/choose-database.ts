import type { Config, DatabaseConfig } from '../config/config.ts';
import type { Agent } from '../identity/agent.ts';
import { Refused } from '../protocol/refusal.ts';

/**
 * The database of the session: the one the client names, else the agent's only one. A session is always on exactly one.
 * Throws Refused; databases the agent may not use are as unknown to it as those that don't exist.
 */
export function chooseDatabase({ databases }: Pick<Config, 'databases'>, agent: Agent, name: string): DatabaseConfig {
  const usable = agent.databases.filter((each) => databases.get(each)?.protocol === 'mysql');
  const hint = usable.length === 0 ? 'No MySQL database is allowed to this agent.' : `It may use: ${usable.join(', ')}.`;
  const chosen = name === '' && usable.length === 1 ? usable[0] : name;
  const database = chosen !== undefined && usable.includes(chosen) ? databases.get(chosen) : undefined;
  if (database !== undefined) return database;
  const message = name === '' ? `agent '${agent.name}' must name a database when it connects` : `agent '${agent.name}' may not use database '${name}'`;
  throw new Refused({ code: 'database_refused', message, hint });
}
