/**
 * Frozen agents, on every replica. Freezing and thawing are signed records in the approval store; each replica keeps the newest of each agent that it has
 * seen, so taking a record out of the store, or putting an old one back, thaws nobody here.
 */

import type { Logger } from 'pino';
import type { Freezer } from '../api/sessions.ts';
import type { Journal } from '../journal/events.ts';
import type { Clock } from '../runtime/clock.ts';
import { sign, verify } from './jws.ts';
import type { DecisionKeys } from './keys.ts';
import type { ApprovalRequest, RequestState } from './request.ts';
import { MAX_PAGE } from './store.ts';
import type { ApprovalStore } from './store.ts';

export interface FreezerOptions {
  readonly store: ApprovalStore;
  readonly keys: DecisionKeys;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** Ends the agent's sessions in this process. */
  readonly expel: (agent: string) => void;
}

/** What is signed. */
interface Freeze {
  readonly agent: string;
  readonly frozen: boolean;
  /** E-mail. */
  readonly by: string;
  readonly reason?: string;
  /** Milliseconds since 1970; of two records of an agent the later counts. */
  readonly at: number;
}

interface Known extends Freeze {
  readonly jws: string;
}

const TYPE = 'countersign-freeze+jws';
/** A message may get lost unnoticed: so often the store is asked anyway. */
const ROUND_MS = 10_000;
const DEFERRED = ['pending', 'approved'] as const;

/** Begins to follow the store at once; `close` stops that. */
export function createFreezer(options: FreezerOptions): Freezer & { close(): void } {
  return new FreezerService(options);
}

class FreezerService implements Freezer {
  readonly #options: FreezerOptions;
  readonly #known = new Map<string, Known>();
  readonly #unlisten: () => void;
  #round: { cancel(): void } | undefined;
  #closed = false;

  constructor(options: FreezerOptions) {
    this.#options = options;
    const follow = (): void => void this.#follow();
    this.#unlisten = options.store.listen({ changed: () => {}, resync: follow, frozen: follow });
    this.#goRound();
  }

  close(): void {
    this.#closed = true;
    this.#unlisten();
    this.#round?.cancel();
  }

  async freeze(agent: string, by: string, reason?: string): Promise<{ readonly everywhere: boolean }> {
    const everywhere = await this.#say(agent, true, by, reason);
    await this.#withdrawDeferred(agent).catch((error: unknown) => this.#options.log.warn({ err: error, agent }, 'freezer: deferred requests of a frozen agent could not be withdrawn; it can\'t use them'));
    return { everywhere };
  }

  async thaw(agent: string, by: string): Promise<{ readonly everywhere: boolean }> {
    return { everywhere: await this.#say(agent, false, by) };
  }

  isFrozen(agent: string): boolean {
    return this.#known.get(agent)?.frozen === true;
  }

  /** Here at once, then everywhere. @returns whether the store has it; it gets it as soon as it answers. */
  async #say(agent: string, frozen: boolean, by: string, reason?: string): Promise<boolean> {
    const { clock, keys, store, log } = this.#options;
    const at = Math.max(clock.now(), (this.#known.get(agent)?.at ?? 0) + 1);
    const record: Freeze = { agent, frozen, by, ...(reason === undefined ? {} : { reason }), at };
    const jws = await sign(TYPE, record, keys);
    this.#learn({ ...record, jws });
    try {
      await store.putFreeze(agent, jws);
      return true;
    } catch (error) {
      log.error({ err: error, agent, frozen }, 'freezer: the store doesn\'t answer, so other replicas don\'t know yet; they are told when it does');
      return false;
    }
  }

  #learn(record: Known): void {
    const before = this.#known.get(record.agent);
    if (before !== undefined && before.at >= record.at) return;
    this.#known.set(record.agent, record);
    const { journal, expel } = this.#options;
    const { agent, by, reason, frozen } = record;
    if (frozen !== (before?.frozen ?? false)) journal.append({ kind: frozen ? 'agent.frozen' : 'agent.thawed', agent, by, ...(reason === undefined ? {} : { reason }) });
    if (frozen) expel(agent);
  }

  /** Takes what the store has, and gives it what it lacks. */
  async #follow(): Promise<void> {
    const { store, log } = this.#options;
    try {
      const stored = await store.freezes();
      const known = new Set([...this.#known.values()].map(({ jws }) => jws));
      for (const jws of stored) if (!known.has(jws)) await this.#read(jws);
      const there = new Set(stored);
      for (const { agent, jws } of this.#known.values()) if (!there.has(jws) && !this.#closed) await store.putFreeze(agent, jws);
    } catch {
      log.warn({}, 'freezer: the store doesn\'t answer; who is frozen is asked again shortly');
    }
  }

  async #read(jws: string): Promise<void> {
    try {
      const claims = await verify(TYPE, jws, this.#options.keys);
      if (isFreeze(claims)) this.#learn({ ...claims, jws });
    } catch (error) {
      this.#options.log.error({ err: error }, 'freezer: the store has a record that isn\'t signed by a process of ours; ignored. Somebody may be writing to it');
    }
  }

  async #withdrawDeferred(agent: string): Promise<void> {
    const { store } = this.#options;
    for (const state of DEFERRED) {
      for await (const { id, mode, agent: { name } } of allOf(store, state)) if (mode === 'deferred' && name === agent) await store.move(id, 'withdrawn', { note: 'the agent was frozen' });
    }
  }

  #goRound(): void {
    void this.#follow();
    this.#round = this.#options.clock.after(ROUND_MS, () => this.#goRound());
  }
}

async function* allOf(store: Pick<ApprovalStore, 'list'>, state: RequestState): AsyncGenerator<ApprovalRequest> {
  for (let before: string | undefined; ;) {
    const page = await store.list({ state, limit: MAX_PAGE, ...(before === undefined ? {} : { before }) });
    yield* page;
    before = page.at(-1)?.id;
    if (before === undefined || page.length < MAX_PAGE) return;
  }
}

function isFreeze(claims: unknown): claims is Freeze {
  if (typeof claims !== 'object' || claims === null) return false;
  const { agent, frozen, by, reason, at } = claims as Record<string, unknown>;
  return typeof agent === 'string' && typeof frozen === 'boolean' && typeof by === 'string' && Number.isSafeInteger(at) && (reason === undefined || typeof reason === 'string');
}
