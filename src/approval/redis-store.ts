import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { normalEmail } from '../identity/email.ts';
import type { Clock } from '../runtime/clock.ts';
import { ApprovalsUnavailable } from './failures.ts';
import { adviseOn, logOutages } from './redis-connection.ts';
import type { RedisConnections } from './redis-connection.ts';
import { Changes } from './redis-changes.ts';
import { readRow } from './redis-row.ts';
import { SCRIPTS } from './redis-scripts.ts';
import type { ScriptName } from './redis-scripts.ts';
import type { ApprovalRequest, RequestState, SignedDecision } from './request.ts';
import { DEFAULT_PAGE, DEFERRED_PER_AGENT, MAX_CHANGES, MAX_PAGE, MOVES, RETAIN_MS, tooMany } from './store.ts';
import type { ApprovalStore, Decided, ListQuery, Move, MoveDetail, NewRequest, Shelf, StoreListener } from './store.ts';

/** The hash tag keeps all keys in one slot of a cluster; see redis-scripts.ts. */
export const BASE = 'countersign:{approvals}';

/** Ids per question, so that no script holds up the server for long. */
const STATES_AT_ONCE = 500;

export interface RedisStoreOptions {
  /** See connectRedis. The store closes them. */
  readonly connections: RedisConnections;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly retainMs?: number;
}

/** Requests in Redis 6.2 or later (or Valkey), shared by all replicas. Usable at once: calls wait for the first connection, later ones fail fast. */
export function createRedisStore(options: RedisStoreOptions): ApprovalStore {
  return new RedisStore(options);
}

type Row = readonly [id: string, fields: readonly string[]];
type Scripted = Record<ScriptName, (base: string, ...args: (string | number)[]) => Promise<unknown>>;

class RedisStore implements ApprovalStore {
  readonly #connections: RedisConnections;
  readonly #scripted: Scripted;
  readonly #log: RedisStoreOptions['log'];
  readonly #retainMs: number;
  readonly #listeners = new Set<StoreListener>();
  readonly #changes: Changes;
  readonly #first: Promise<void>;
  #failing = false;

  constructor({ connections, clock, log, retainMs = RETAIN_MS }: RedisStoreOptions) {
    const { commands } = connections;
    for (const [name, script] of Object.entries(SCRIPTS)) commands.defineCommand(name, script);
    this.#connections = connections;
    this.#scripted = commands as unknown as Scripted;
    this.#log = log;
    this.#retainMs = retainMs;
    this.#first = commands.status === 'ready' ? Promise.resolve() : new Promise((resolve) => {
      commands.once('ready', resolve);
      commands.once('error', () => resolve());
      commands.once('close', () => resolve());
    });
    commands.on('ready', () => void adviseOn(commands, log));
    logOutages(commands, 'the connection to Redis', log);
    logOutages(connections.changes, 'the subscription at Redis', log);
    this.#changes = new Changes({ connections, channel: `${BASE}:changes`, name: randomUUID(), clock, log, listener: {
      changed: (id, state) => this.#listeners.forEach((listener) => listener.changed(id, state)),
      resync: () => this.#resync(),
      recorded: (shelf) => this.#listeners.forEach((listener) => listener.recorded?.(shelf)),
    } });
  }

  async open({ id, draft, seal, leftMs, escalatesMs }: NewRequest): Promise<ApprovalRequest> {
    const place = `${String(Math.trunc(draft.createdAt)).padStart(15, '0')}:${id}`;
    const row = await this.#run('countersignOpen', id, place, Math.trunc(leftMs), this.#retainMs, JSON.stringify(draft), seal, draft.digest, draft.mode, draft.quorum, draft.agent.name, DEFERRED_PER_AGENT, escalatesMs === undefined ? '' : Math.ceil(escalatesMs)) as Row | [];
    if (row.length === 0) throw tooMany(draft.agent.name);
    const request = this.#read(row);
    if (!request) throw new ApprovalsUnavailable(new Error('What Redis has stored is no request.'));
    return request;
  }

  async get(id: string): Promise<ApprovalRequest | undefined> {
    return this.#read(await this.#run('countersignGet', id) as Row);
  }

  async list({ state, limit = DEFAULT_PAGE, before }: ListQuery): Promise<readonly ApprovalRequest[]> {
    const ids = await this.#run('countersignList', state ?? '', Math.min(limit, MAX_PAGE), before ?? '') as readonly string[];
    const requests = await Promise.all(ids.map((id) => this.get(id)));
    return requests.filter((request) => request !== undefined);
  }

  async find(digest: string): Promise<ApprovalRequest | undefined> {
    const row = await this.#run('countersignFind', digest) as Row | null;
    return row ? this.#read(row) : undefined;
  }

  async changedSince(since: number): Promise<readonly string[]> {
    return await this.#run('countersignChanged', since, MAX_CHANGES) as readonly string[];
  }

  async decide(id: string, decision: SignedDecision): Promise<Decided> {
    const [answer, row] = await this.#run('countersignDecide', id, JSON.stringify(decision), decision.decision, normalEmail(decision.person), decision.breakGlass === true ? 1 : 0) as [string, Row?];
    if (answer !== 'ok') return { ok: false, why: answer as Exclude<Decided, { ok: true }>['why'] };
    const request = row && this.#read(row);
    return request ? { ok: true, request } : { ok: false, why: 'not_found' };
  }

  async move(id: string, to: Move, { note = '', outcome, claim = '' }: MoveDetail = {}): Promise<boolean> {
    const moved = await this.#run('countersignMove', id, to, note, outcome ? JSON.stringify(outcome) : '', claim, ...MOVES[to]);
    return moved === 1;
  }

  async states(ids: readonly string[]): Promise<readonly (RequestState | undefined)[]> {
    const states: (RequestState | undefined)[] = [];
    for (let from = 0; from < ids.length; from += STATES_AT_ONCE) {
      const some = await this.#run('countersignStates', ...ids.slice(from, from + STATES_AT_ONCE)) as (RequestState | null)[];
      states.push(...some.map((state) => state ?? undefined));
    }
    return states;
  }

  async escalate(): Promise<ApprovalRequest | undefined> {
    const row = await this.#run('countersignEscalate') as Row | null;
    return row ? this.#read(row) : undefined;
  }

  async sweep(): Promise<void> {
    await this.#run('countersignSweep');
  }

  async putRecord(shelf: Shelf, name: string, record: string, leftMs?: number): Promise<void> {
    await this.#run('countersignPutRecord', shelf, name, record, leftMs === undefined ? '' : Math.trunc(leftMs));
  }

  async records(shelf: Shelf): Promise<readonly string[]> {
    return await this.#run('countersignRecords', shelf) as readonly string[];
  }

  async lease(name: string, holder: string, ms: number): Promise<boolean> {
    return await this.#run('countersignLease', name, holder, Math.trunc(ms)) === 1;
  }

  async bookmark(name: string, at = 0): Promise<number> {
    return Number(await this.#run('countersignBookmark', name, Math.trunc(at)));
  }

  async spend(account: string, rows: number, limit: number): Promise<number> {
    return Number(await this.#run('countersignSpend', account, rows, limit));
  }

  async renew(account: string): Promise<void> {
    await this.#run('countersignRenew', account);
  }

  listen(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get reachable(): boolean {
    return this.#connections.commands.status === 'ready' && !this.#failing;
  }

  async healthy(): Promise<boolean> {
    return this.states(['']).then(() => true, () => false);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#changes.close();
    this.#connections.commands.disconnect();
    this.#connections.changes.disconnect();
  }

  async #run(name: ScriptName, ...args: (string | number)[]): Promise<unknown> {
    await this.#first;
    try {
      const answer = await this.#scripted[name](BASE, ...args);
      if (this.#failing) this.#resync();
      return answer;
    } catch (error) {
      if (!this.#failing) this.#log.error({ err: error }, 'approvals: the store does not answer');
      this.#failing = true;
      throw new ApprovalsUnavailable(error);
    }
  }

  #resync(): void {
    this.#failing = false;
    this.#listeners.forEach((listener) => listener.resync());
  }

  #read([id, fields]: Row): ApprovalRequest | undefined {
    const request = readRow(id, fields);
    if (!request && fields.length > 0) this.#log.error({ request: id }, 'approvals: what Redis has under this id is no request. Somebody may be writing to it');
    return request;
  }
}
