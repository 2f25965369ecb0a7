import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Agent } from '../identity/agent.ts';
import type { Config, DatabaseConfig, SecretSource, SlackConfig, TeamsConfig } from './config.ts';
import { defined } from './defined.ts';
import { agentIssuerOf, agentJwtOf, identityOf } from './identity-schema.ts';
import { keepOf } from './keep.ts';
import { ConfigError } from './problems.ts';
import type { Problem } from './problems.ts';
import { checkReferences } from './references.ts';
import { fileSchema } from './schema.ts';
import type { ConfigFile } from './schema.ts';
import { shaped } from './shape.ts';
import { parseUpstream } from './upstream.ts';
import { verifiersOf } from './verifier.ts';
import { YamlSource } from './yaml.ts';

/**
 * Reads countersign.yaml: checked, defaults filled in, paths absolute (relative ones start at the file's folder).
 * Rejects with ConfigError carrying every problem, each with its place. No value is taken from the environment;
 * secrets stay sources (see secrets.ts) and aren't read here. Policies are loaded by loadPolicy.
 */
export async function loadConfig(file: string): Promise<Config> {
  const path = resolve(file);
  return configFrom(path, await readText(path, file));
}

/** The same for a text at hand. `file` (absolute) is where it would stand. */
export function configFrom(file: string, text: string): Config {
  const source = new YamlSource(file, text);
  const problems: Problem[] = [];
  const shape = shaped(fileSchema, source, problems);
  const absolute = (path: string): string => resolve(dirname(file), path);
  if (shape !== undefined) problems.push(...checkReferences(shape, source, absolute));
  if (shape === undefined || problems.length > 0) throw new ConfigError('config_invalid', problems);
  return build(file, shape, absolute);
}

async function readText(path: string, asked: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const message = error instanceof TypeError ? 'the file isn\'t UTF-8' : `the file can't be read: ${(error as Error).message}`;
    throw new ConfigError('config_invalid', [{ file: asked, line: 1, column: 1, message }], { cause: error });
  }
}

function build(file: string, shape: ConfigFile, absolute: (path: string) => string): Config {
  const dir = absolute(shape.journal.dir);
  const keys = join(dir, 'keys');
  const { approvals, journal, limits, timeouts } = shape;
  return {
    file,
    listen: defined(shape.listen),
    ...(shape.tls && { tls: { cert: absolute(shape.tls.cert), key: absolute(shape.tls.key), required: shape.tls.required } }),
    databases: new Map(Object.entries(shape.databases).map(([name, database]) => [name, databaseOf(name, database, absolute)])),
    agents: new Map(shape.agents.map((agent) => [agent.name, agentOf(agent)])),
    agentIssuers: shape.agent_issuers.map(agentIssuerOf),
    ...(shape.url !== undefined && { url: shape.url }),
    ...(shape.identity && { identity: identityOf(shape.identity, (source) => located(source, absolute)) }),
    people: shape.people.map(({ slack, teams, ...person }) => ({ ...person, ...(slack !== undefined && { slack }), ...(teams !== undefined && { teams }) })),
    tokens: shape.tokens,
    approvals: {
      store: approvals.store === 'memory' ? { kind: 'memory' } : { kind: 'redis', url: approvals.store, ...secretAt('password', approvals.store_password, absolute) },
      withinMs: approvals.within,
      withinTransactionMs: Math.min(approvals.within, approvals.within_transaction),
      signingKey: approvals.signing_key === undefined ? join(keys, 'decisions.pem') : absolute(approvals.signing_key),
      trust: { desks: approvals.trust.desks.map(absolute), proxies: approvals.trust.proxies.map(absolute) },
      storeDown: approvals.store_down,
    },
    journal: {
      dir,
      segmentBytes: journal.segment,
      checkpointRecords: journal.checkpoint_records,
      checkpointMs: journal.checkpoint_every,
      ...keepOf(shape),
      signingKey: journal.signing_key === undefined ? join(keys, 'checkpoints.pem') : absolute(journal.signing_key),
    },
    policies: shape.policies.map(absolute),
    ...(shape.slack && { slack: slackOf(shape.slack, absolute) }),
    ...(shape.teams && { teams: teamsOf(shape.teams, absolute) }),
    webhooks: shape.webhooks.map(({ secret, ...webhook }) => ({ ...webhook, secrets: secret.map((source) => located(source, absolute)) })),
    ...(shape.traces && { traces: { ...shape.traces, headers: new Map(Object.entries(shape.traces.headers).map(([name, source]) => [name, located(source, absolute)])) } }),
    limits: { statementBytes: limits.statement, messageBytes: limits.message, bufferedBytes: limits.buffered, connections: limits.connections, parseMs: limits.parse, lookups: limits.lookups },
    timeouts: { handshakeMs: timeouts.handshake, idleMs: timeouts.idle, upstreamConnectMs: timeouts.upstream_connect, drainMs: timeouts.drain },
  };
}

function agentOf({ acts_for, verifier = [], jwt, ...agent }: ConfigFile['agents'][number]): Agent {
  return { ...agent, verifiers: verifiersOf(verifier), ...(jwt && { jwt: agentJwtOf(jwt) }), ...(acts_for !== undefined && { actsFor: acts_for }) };
}

function databaseOf(name: string, shape: ConfigFile['databases'][string], absolute: (path: string) => string): DatabaseConfig {
  const upstream = parseUpstream(shape.upstream, shape.protocol);
  // checkReferences has told it already; this keeps a later mistake there from becoming an undefined host here.
  if (typeof upstream === 'string') throw new TypeError(upstream);
  return {
    name,
    protocol: shape.protocol,
    upstream,
    ...secretAt('password', shape.password, absolute),
    tls: { mode: shape.tls?.mode ?? 'disable', ...(shape.tls?.ca !== undefined && { ca: absolute(shape.tls.ca) }) },
  };
}

function slackOf(shape: NonNullable<ConfigFile['slack']>, absolute: (path: string) => string): SlackConfig {
  return {
    botToken: located(shape.bot_token, absolute),
    channel: shape.channel,
    ...secretAt('appToken', shape.app_token, absolute),
    ...secretAt('signingSecret', shape.signing_secret, absolute),
    ...(shape.api_url !== undefined && { apiUrl: shape.api_url }),
  };
}

function teamsOf(shape: NonNullable<ConfigFile['teams']>, absolute: (path: string) => string): TeamsConfig {
  return {
    appId: shape.app_id, tenant: shape.tenant, clientSecret: located(shape.client_secret, absolute),
    conversation: shape.conversation, serviceUrl: shape.service_url.replace(/\/+$/, ''),
  };
}

function secretAt<K extends string>(key: K, source: SecretSource | undefined, absolute: (path: string) => string): { [key in K]?: SecretSource } {
  return source === undefined ? {} : ({ [key]: located(source, absolute) } as { [key in K]: SecretSource });
}

function located(source: SecretSource, absolute: (path: string) => string): SecretSource {
  return 'file' in source ? { file: absolute(source.file) } : source;
}
