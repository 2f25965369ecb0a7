import type { Config } from './config.ts';
import { ConfigError, type Problem } from './problems.ts';

/** What a process does. `proxy`: agents' sessions, statements are held here. `desk`: people see requests and decide. They share the store, and nothing else. */
export const PROCESS_ROLES = ['all', 'proxy', 'desk'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/**
 * The configuration without what the role has no part in: a desk reaches no database and has no agents' credentials read, a proxy talks to no channel and signs nobody in.
 * @throws ConfigError when the role couldn't do its work
 */
export function forRole(config: Config, role: ProcessRole): Config {
  if (role === 'all') return config;
  const { approvals: { store, trust }, listen } = config;
  const problems: Problem[] = [];
  const report = (message: string): void => void problems.push({ file: config.file, line: 1, column: 1, message });
  if (store.kind === 'memory') report(`serve --role ${role} shares approvals with other processes: approvals.store must be a Redis URL`);
  if (role === 'proxy' && trust.desks.length === 0) report('serve --role proxy believes no decision but those of approvals.trust.desks, which names no public key (the .pub file beside a desk\'s signing key)');
  if (role === 'desk' && trust.proxies.length === 0) report('serve --role desk shows no request but those of approvals.trust.proxies, which names no public key (the .pub file beside a proxy\'s signing key)');
  if (role === 'desk' && listen.http === undefined) report('serve --role desk needs listen.http');
  if (problems.length > 0) throw new ConfigError('config_invalid', problems);
  if (role === 'desk') return { ...config, listen: { ...(listen.http && { http: listen.http }) }, databases: new Map() };
  const { slack: _slack, teams: _teams, identity: _identity, ...rest } = config;
  return { ...rest, webhooks: [] };
}
