/** The composition root: reads the configuration and joins the parts. Everything ambient is made here and passed in. */

import { createHmac, type KeyObject } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { type Api, type ApiParts, createApi } from './api/app.ts';
import { type HttpServer, serveApi } from './api/server.ts';
import type { Freezer } from './api/sessions.ts';
import { createApprovals } from './approval/approvals.ts';
import type { Desk } from './approval/desk.ts';
import { createDesk } from './approval/desk-service.ts';
import { createFreezer } from './approval/freezer.ts';
import { decisionKeys } from './approval/keys.ts';
import { createMemoryStore } from './approval/memory-store.ts';
import { connectRedis } from './approval/redis-connection.ts';
import { createRedisStore } from './approval/redis-store.ts';
import type { ApprovalStore } from './approval/store.ts';
import type { Channel } from './channels/channel.ts';
import { createSlackChannel, type SlackChannel } from './channels/slack/slack.ts';
import { createTeamsChannel } from './channels/teams/teams.ts';
import { createWebhooks, type WebhookChannel, type WebhookParts } from './channels/webhook/webhook.ts';
import { IndexProcess } from './audit/index-process.ts';
import { createConsole } from './console/console.ts';
import type { ConsoleParts } from './console/parts.ts';
import type { Address, Config, SecretSource } from './config/config.ts';
import { policyContext } from './config/policy-context.ts';
import { forRole, type ProcessRole } from './config/role.ts';
import { formatProblem } from './config/problems.ts';
import { readSecret } from './config/secrets.ts';
import { authoritiesOf, openDatabases, secretOf } from './databases.ts';
import { createAgentTokens } from './identity/agent-tokens.ts';
import { createSignIn, type SignInDoors } from './identity/identity.ts';
import { createPeople, type PeopleDirectory } from './identity/people.ts';
import { longestSignInMs } from './identity/lifetimes.ts';
import type { Journal, JournalRecord } from './journal/events.ts';
import { findEvents } from './journal/find.ts';
import { openJournal } from './journal/journal.ts';
import { readJournal } from './journal/read.ts';
import { tlsIdentity } from './net/identity.ts';
import { type Listener, listen } from './net/listener.ts';
import { loadPolicy } from './policy/load.ts';
import type { Policy } from './policy/verdict.ts';
import { OBSERVES } from './policy/warnings.ts';
import { type PolicyWatch, watchPolicy } from './policy/watch.ts';
import { mysqlDoor } from './mysql/admission.ts';
import { SeenServers } from './mysql/flavour.ts';
import { postgresDoor } from './postgres/admission.ts';
import type { Door, House } from './protocol/door.ts';
import { type Refusal, Refused } from './protocol/refusal.ts';
import { type Clock, systemClock } from './runtime/clock.ts';
import { loadOrCreateSigningKey, loadPublicKey } from './runtime/keys.ts';
import type { Database } from './session/database.ts';
import { BufferBudget, type SessionParts } from './session/parts.ts';
import { approvalsDown } from './session/refusals.ts';
import { LookupBudget } from './session/lookup-budget.ts';
import { HourCounts } from './session/rows/hour-counts.ts';
import { Registry } from './session/registry.ts';
import type { Tracing } from './telemetry/tracing.ts';
import { healthMetrics } from './telemetry/health-metrics.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { VERSION } from './version.ts';


export interface RunningProxy {
  /** Where agents and people connect; ports as they were really taken. */
  readonly postgres: Listener['address'] | undefined;
  readonly mysql: Listener['address'] | undefined;
  readonly http: HttpServer | undefined;
  readonly registry: Registry;
  /** Reads the policies again. False when they are wrong; the old ones then stay. */
  reloadPolicy(): Promise<boolean>;
  /** Takes no new sessions, lets running statements end, closes everything in order. */
  stop(reason: string): Promise<void>;
}

/** Starts everything the configuration asks for. Rejects when a part can't start; nothing is left running then. */
export async function startProxy(config: Config, log: Logger, clock: Clock = systemClock, role: ProcessRole = 'all'): Promise<RunningProxy> {
  const stack = new AsyncDisposableStack();
  try {
    return await start(forRole(config, role), role, log, clock, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function start(config: Config, role: ProcessRole, log: Logger, clock: Clock, stack: AsyncDisposableStack): Promise<RunningProxy> {
  const journalKey = loadOrCreateSigningKey(config.journal.signingKey);
  const approvalKey = loadOrCreateSigningKey(config.approvals.signingKey);
  const journal = await openJournal({ ...config.journal, signingKey: journalKey.privateKey, clock, log });
  stack.defer(() => journal.close());
  journal.append({ kind: 'process.start', version: VERSION, pid: process.pid, host: hostname() });

  const policies = await currentPolicy(config, journal, clock, log, stack);
  const { approvals, desk, store, people, signIn, keys } = await approvalParts(config, role, approvalKey.privateKey, journal, clock, log, stack);
  const seen = new SeenServers();
  const databases = await openDatabases({ config, clock, log, seen, hashKey: derivedSecret(approvalKey.privateKey, 'hash mask') }, stack);
  const metrics = createMetrics();
  const health = healthMetrics(metrics.registry, {
    version: VERSION, policy: policies.current, store: () => store.reachable, journal: () => journal.writable,
    databases: () => ({ known: databases.size, configured: config.databases.size }),
  });
  let draining = false;

  const parts: SessionParts = {
    config, journal, approvals, clock, log, metrics, policy: policies.current,
    database: (name) => databases.get(name) as Database,
    frozen: (agent) => (freezer.isFrozen(agent) ? frozen(agent) : undefined),
    standstill: () => (config.approvals.storeDown === 'refuse_all' && !store.reachable ? approvalsDown : undefined),
    cancel: (by, wanted) => registry.cancelOwn(by, wanted),
    buffered: new BufferBudget(config.limits.bufferedBytes), lookups: new LookupBudget(config.limits.lookups, clock), hourCounts: new HourCounts(store, clock),
    tracing: await tracingOf(config, stack),
  };
  const registry = new Registry(parts);
  const freezer = createFreezer({ store, keys, journal, clock, log, expel: (agent) => registry.expel(agent, frozen(agent)) });
  stack.defer(() => freezer.close());

  const agentTokens = createAgentTokens(config, { clock, log });
  const house: Omit<House, 'newKey'> = {
    config, tokens: agentTokens, tls: config.tls === undefined ? undefined : await tlsIdentity(config.tls), mockSecret: derivedSecret(journalKey.privateKey, 'mock verifier'),
    readSecret: secretOf, authorities: authoritiesOf,
    rowsWaitMs: () => policies.current().rowsWaitMs,
    cancel: (processId, secretKey) => registry.cancel(processId, secretKey),
    upstreamFailed: (database, error) => log.error({ err: error, database }, 'proxy: an agent couldn\'t be logged in at its database'),
    loginRefused: (attempt) => {
      health.loginRefused(attempt.code);
      journal.append({ kind: 'login.refused', session: '', ...attempt });
    },
    mayUse({ name }) {
      if (!databases.has(name)) throw new Refused({ code: 'upstream_unavailable', message: 'the database couldn\'t be reached by the proxy so far', hint: 'Try again shortly; the proxy\'s operator finds the cause in its log.' });
    },
    mayEnter(agent) {
      if (draining) throw new Refused({ code: 'shutting_down', message: 'the proxy is shutting down', hint: 'Connect again.' });
      const refusal = parts.frozen(agent.name);
      if (refusal !== undefined) throw new Refused(refusal);
    },
  };

  const { channels, webhooks } = openChannels(config, { desk, store, people, freezer, metrics: metrics.registry, clock, log });
  for (const channel of channels) {
    stack.defer(() => channel.stop());
    channel.start().catch((error: unknown) => log.error({ err: error, channel: channel.name }, 'proxy: a channel could not start; requests stay decidable elsewhere'));
  }

  const admit = (door: Door, address: Address | undefined): Promise<Listener> | undefined => address && listen({
    address, maxConnections: config.limits.connections, inside: () => registry.size,
    accept: (socket) => {
      const keys = registry.reserve();
      return door(socket, { ...house, newKey: keys.newKey }).then((admitted) => admitted && registry.open(admitted))
        .catch((error: unknown) => log.error({ err: error }, 'proxy: a login failed unexpectedly'))
        .finally(keys.release);
    },
  });
  const postgres = await admit(postgresDoor, config.listen.postgres);
  const mysql = await admit(mysqlDoor(seen), config.listen.mysql);

  const seats = { sessions: registry, freezer, agents: () => new Map([...agentTokens.issued, ...config.agents]), people: () => people, clock, log };
  const audit = new IndexProcess({ dir: config.journal.dir, clock, log });
  stack.defer(() => audit.close());
  const records = (session: string): AsyncIterable<JournalRecord> => readJournal(config.journal.dir, { session });
  const api: Api = createApi({
    ...seats, audit, ...(signIn && deskParts(config, { ...seats, desk, audit, records, role, key: derivedSecret(approvalKey.privateKey, 'console session') }, signIn)),
    metrics: metrics.registry, webhooks: () => webhooks?.status() ?? [],
    events: records,
    health: async () => {
      const checks = { listeners: !draining, databases: databases.size === config.databases.size, store: await store.healthy(), journal: journal.writable };
      return { ready: Object.values(checks).every(Boolean), checks };
    },
  });
  const mounts = channels.flatMap((channel) => [...channel.mounts ?? []]);
  if (config.listen.http !== undefined) audit.keepUp();
  const http = config.listen.http === undefined ? undefined : await serveApi(api, config.listen.http, { mounts: new Map(mounts) });

  return {
    postgres: postgres?.address, mysql: mysql?.address, http, registry, reloadPolicy: () => policies.watch.reload(),
    async stop(reason) {
      draining = true;
      const closed = Promise.all([postgres?.close(), mysql?.close()]);
      await registry.drain(config.timeouts.drainMs);
      await http?.close();
      await closed;
      journal.append({ kind: 'process.stop', reason });
      await stack.disposeAsync();
    },
  };
}

/** Where people decide: they sign in there, see requests and end each other's sign-ins. */
function deskParts({ url }: Config, parts: Omit<ConsoleParts, 'signIns'>, { signIns, provider, commandLine }: SignInDoors): Pick<ApiParts, 'desk' | 'console' | 'signIn' | 'signIns'> {
  const console = createConsole({ ...parts, signIns, ...(provider && { provider }), ...(url !== undefined && { publicUrl: new URL(url) }) });
  return { desk: parts.desk, console, signIns, signIn: commandLine };
}

const frozen = (agent: string): Refusal => ({ code: 'agent_frozen', message: `agent ${JSON.stringify(agent)} is frozen`, hint: 'An administrator must thaw it.' });

/** The same on every start, and as secret as the key it comes from. @param use each has its own secret */
function derivedSecret(key: KeyObject, use: 'hash mask' | 'mock verifier' | 'console session'): Buffer {
  return createHmac('sha256', key.export({ format: 'der', type: 'pkcs8' })).update(`countersign ${use}`).digest();
}

async function currentPolicy(config: Config, journal: Journal, clock: Clock, log: Logger, stack: AsyncDisposableStack): Promise<{ current: () => Policy; watch: PolicyWatch }> {
  const context = policyContext(config);
  let policy: Policy = await loadPolicy(config.policies, context);
  const loaded = ({ version, observes }: Policy): void => {
    journal.append({ kind: 'policy.loaded', version, files: config.policies, ...(observes && { mode: 'observe' }) });
    if (observes) log.warn({ version }, `policy: ${OBSERVES}`);
  };
  loaded(policy);
  const ending = new AbortController();
  stack.defer(() => ending.abort());
  const watch = watchPolicy(config.policies, {
    context, version: policy.version, signal: ending.signal, clock,
    onPolicy(next) {
      policy = next;
      log.info({ version: next.version }, 'policy: a new one is in force');
      loaded(next);
    },
    onProblem(problems) {
      const sentences = problems.map(formatProblem);
      journal.append({ kind: 'policy.rejected', problems: sentences });
      log.error({ problems: sentences }, 'policy: the changed files are wrong; the old policy stays in force');
    },
  });
  return { current: () => policy, watch };
}

async function approvalParts(config: Config, role: ProcessRole, key: KeyObject, journal: Journal, clock: Clock, log: Logger, stack: AsyncDisposableStack) {
  const { desks, proxies } = config.approvals.trust;
  const keys = decisionKeys(key, { desks: desks.map(loadPublicKey), proxies: proxies.map(loadPublicKey) }, role);
  const wanted = config.approvals.store;
  const password = wanted.kind === 'redis' && wanted.password !== undefined ? await readSecret(wanted.password) : undefined;
  const store: ApprovalStore = wanted.kind === 'memory' ? createMemoryStore({ clock }) : createRedisStore({ connections: connectRedis(wanted.url, password), clock, log });
  stack.defer(() => store.close());
  const approvals = createApprovals({ store, keys, clock, log, journal });
  stack.defer(() => approvals.close());
  const people = createPeople(config.people, config.tokens, clock);
  const signIn = role === 'proxy' ? undefined : await createSignIn(config, { store, keys, people, journal, past: signedOut(config, clock), clock, log });
  stack.defer(() => signIn?.close());
  return { approvals, store, people, signIn, keys, desk: createDesk({ store, keys, people, clock, journal, log }) };
}

interface ChannelParts {
  readonly desk: Desk;
  readonly store: ApprovalStore;
  readonly people: PeopleDirectory;
  readonly freezer: Freezer;
  readonly metrics: WebhookParts['metrics'];
  readonly clock: Clock;
  readonly log: Logger;
}

interface Channels {
  readonly channels: readonly (Channel & Partial<Pick<SlackChannel, 'mounts'>>)[];
  readonly webhooks: WebhookChannel | undefined;
}

function openChannels(config: Config, { people, metrics, ...parts }: ChannelParts): Channels {
  const ambient = { ...parts, url: config.url, secret: (source: SecretSource) => readSecret(source) };
  const slack = config.slack && createSlackChannel(config.slack, { ...ambient, people: () => people });
  const teams = config.teams && createTeamsChannel(config.teams, { ...ambient, people: () => people });
  const webhooks = config.webhooks.length === 0 ? undefined : createWebhooks(config.webhooks, { ...ambient, metrics });
  return { channels: [slack, teams, webhooks].filter((channel) => channel !== undefined), webhooks };
}

/** What the journal has of sign-ins that were ended and might still count otherwise. */
async function* signedOut({ identity, journal: { dir } }: Config, clock: Clock): AsyncIterable<string> {
  for await (const { jws } of findEvents(dir, 'person.signed_out', clock.now() - longestSignInMs(identity?.sessionMs))) yield jws;
}

async function tracingOf({ traces }: Config, stack: AsyncDisposableStack): Promise<Tracing | undefined> {
  if (traces === undefined) return undefined;
  const { otlpTracing } = await import('./telemetry/otlp.ts');
  const headers = await Promise.all([...traces.headers].map(async ([name, source]) => [name, await readSecret(source)] as const));
  const { tracing, close } = otlpTracing({ ...traces, headers: Object.fromEntries(headers), version: VERSION });
  stack.defer(close);
  return tracing;
}
