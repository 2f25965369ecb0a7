/** Frozen agents, on every replica: freezing and thawing are signed records. */

import { z } from 'zod';
import type { Everywhere, Freezer } from '../api/sessions.ts';
import type { Journal } from '../journal/events.ts';
import type { ApprovalRequest, RequestState } from './request.ts';
import { type RecordParts, SignedRecords } from './signed-records.ts';
import { MAX_PAGE } from './store.ts';
import type { ApprovalStore } from './store.ts';

export interface FreezerOptions extends RecordParts {
  readonly journal: Pick<Journal, 'append'>;
  /** Ends the agent's sessions in this process. */
  readonly expel: (agent: string) => void;
}

const Freeze = z.object({
  agent: z.string(),
  frozen: z.boolean(),
  /** E-mail. */
  by: z.string(),
  reason: z.string().optional(),
  at: z.int(),
});
type Freeze = z.infer<typeof Freeze>;

const DEFERRED = ['pending', 'approved'] as const;

/** Begins to follow the store at once; `close` stops that. */
export function createFreezer(options: FreezerOptions): Freezer & { close(): void } {
  return new FreezerService(options);
}

class FreezerService implements Freezer {
  readonly #options: FreezerOptions;
  readonly #records: SignedRecords<Freeze>;

  constructor(options: FreezerOptions) {
    this.#options = options;
    this.#records = new SignedRecords(options, {
      shelf: 'freezes', type: 'countersign-freeze+jws', schema: Freeze, name: ({ agent }) => agent, learned: (record, { before, jws }) => this.#learned(record, before, jws),
    });
  }

  close(): void {
    this.#records.close();
  }

  async freeze(agent: string, by: string, reason?: string): Promise<Everywhere> {
    const everywhere = await this.#records.put(agent, (at) => ({ agent, frozen: true, by, ...(reason === undefined ? {} : { reason }), at }));
    await this.#withdrawDeferred(agent).catch((error: unknown) => this.#options.log.warn({ err: error, agent }, 'freezer: deferred requests of a frozen agent could not be withdrawn; it can\'t use them'));
    return { everywhere };
  }

  async thaw(agent: string, by: string): Promise<Everywhere> {
    return { everywhere: await this.#records.put(agent, (at) => ({ agent, frozen: false, by, at })) };
  }

  isFrozen(agent: string): boolean {
    return this.#records.get(agent)?.frozen === true;
  }

  #learned({ agent, by, reason, frozen }: Freeze, before: Freeze | undefined, jws: string): void {
    const { journal, expel } = this.#options;
    if (frozen !== (before?.frozen ?? false)) journal.append({ kind: frozen ? 'agent.frozen' : 'agent.thawed', agent, by, ...(reason === undefined ? {} : { reason }), jws });
    if (frozen) expel(agent);
  }

  async #withdrawDeferred(agent: string): Promise<void> {
    const { store } = this.#options;
    for (const state of DEFERRED) {
      for await (const { id, mode, agent: { name } } of allOf(store, state)) if (mode === 'deferred' && name === agent) await store.move(id, 'withdrawn', { note: 'the agent was frozen' });
    }
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
