import type { Logger } from 'pino';
import type { PeopleDirectory } from '../identity/people.ts';
import type { Person } from '../identity/person.ts';
import type { Journal } from '../journal/events.ts';
import type { Clock } from '../runtime/clock.ts';
import { signDecision, verifyDecision } from './decision.ts';
import type { Decide, Desk } from './desk.ts';
import { alreadyVoted, canBeDecided, mayDecide, notFound, overAlready } from './desk-rules.ts';
import { mayHaveEscalated } from './escalation.ts';
import type { DecisionKeys } from './keys.ts';
import type { ApprovalRequest, SignedDecision } from './request.ts';
import { verifySeal } from './seal.ts';
import { signedBy } from './verify.ts';
import { DEFAULT_PAGE, MAX_PAGE } from './store.ts';
import type { ApprovalStore } from './store.ts';
import { Watch } from './watch.ts';

export interface DeskOptions {
  readonly store: ApprovalStore;
  readonly keys: DecisionKeys;
  readonly people: PeopleDirectory;
  readonly clock: Clock;
  readonly journal?: Journal;
  readonly log?: Pick<Logger, 'error'>;
}

/** Characters of a statement in the log. */
const LOGGED = 500;
/** How often a page is filled up when what the store lists isn't genuine. */
const MOST_PAGES = 10;

export function createDesk(options: DeskOptions): Desk {
  return new DeskService(options);
}

/** People see only requests that carry a gate's seal, and only decisions that verify: a store can hide things, not invent them. */
class DeskService implements Desk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  async list(query: Parameters<Desk['list']>[0]): Promise<readonly ApprovalRequest[]> {
    const limit = Math.max(1, Math.min(query.limit ?? DEFAULT_PAGE, MAX_PAGE));
    const shown: ApprovalRequest[] = [];
    let before = query.before;
    for (let pages = 0; shown.length < limit && pages < MOST_PAGES; pages += 1) {
      const page = await this.#options.store.list({ ...query, limit: limit - shown.length, ...(before !== undefined && { before }) });
      if (page.length === 0) break;
      before = page.at(-1)?.id;
      for (const request of page) shown.push(...(await this.#genuine(request)));
    }
    return shown;
  }

  async get(id: string): Promise<ApprovalRequest | undefined> {
    const request = await this.#options.store.get(id);
    return request && (await this.#genuine(request)).at(0);
  }

  async decide(id: string, by: Decide): Promise<ApprovalRequest> {
    const { store, keys, people } = this.#options;
    const request = await this.get(id);
    if (!request) throw notFound(id);
    const person: Person | undefined = people.byEmail(by.person.email);
    mayDecide(request, person, { ...by, at: this.#options.clock.now() });
    canBeDecided(request, { ...by, person });
    const decision = await signDecision(request, this.#press(by, person), keys);
    const decided = await store.decide(id, decision);
    if (!decided.ok) return this.#refuse(id, decided.why);
    this.#record(request, decision);
    return (await this.#genuine(decided.request)).at(0) ?? request;
  }

  async *#present(watch: Watch, signal: AbortSignal): AsyncGenerator<ApprovalRequest> {
    for await (const request of watch.news(signal)) yield* await this.#genuine(request);
  }

  /** Listens from the call on, not from the first turn of the loop over it. */
  watch(signal: AbortSignal): AsyncIterable<ApprovalRequest> {
    return this.#present(new Watch(this.#options.store, this.#options.clock.now(), signal), signal);
  }

  #press({ decision, channel, reason, breakGlass }: Decide, person: Person): Omit<SignedDecision, 'jws'> {
    return { decision, person: person.email, channel, ...(reason !== undefined && reason !== '' && { reason }), ...(breakGlass === true && { breakGlass }), at: this.#options.clock.now() };
  }

  #record({ id, agent, text }: ApprovalRequest, { decision, person, channel, reason, breakGlass, jws }: SignedDecision): void {
    const { journal, log } = this.#options;
    journal?.append({ kind: 'request.decided', request: id, person, channel, decision, ...(reason !== undefined && { reason }), ...(breakGlass && { breakGlass }), jws });
    if (breakGlass) log?.error({ request: id, person, reason, agent: agent.name, statement: text.slice(0, LOGGED) }, 'approvals: THE GLASS WAS BROKEN: one person has released a statement alone');
  }

  async #refuse(id: string, why: 'not_found' | 'already_decided' | 'expired' | 'already_voted'): Promise<never> {
    const request = await this.get(id);
    if (!request || why === 'not_found') throw notFound(id);
    if (why === 'already_voted') throw alreadyVoted(request);
    throw overAlready(request);
  }

  /** The request with those of its decisions that verify, and without a mark that can't be true; or nothing. */
  async #genuine({ escalatedAt, ...request }: ApprovalRequest): Promise<[ApprovalRequest] | []> {
    try {
      await verifySeal(request, this.#options.keys);
    } catch (error) {
      this.#options.log?.error({ request: request.id, err: error }, 'approvals: a stored request is not as a gate has opened it; not shown. Somebody may be writing to the store');
      return [];
    }
    const decisions = await Promise.all(request.decisions.map((decision) => this.#signed(request, decision)));
    const escalated = escalatedAt !== undefined && mayHaveEscalated(request, this.#options.clock.now());
    return [{ ...request, decisions: decisions.flat(), ...(escalated && { escalatedAt }) }];
  }

  async #signed({ id, digest }: ApprovalRequest, { jws }: SignedDecision): Promise<[SignedDecision] | []> {
    try {
      const claims = await verifyDecision(jws, this.#options.keys);
      return claims.request === id && claims.digest === digest ? [signedBy(claims, jws)] : [];
    } catch {
      return [];
    }
  }
}
