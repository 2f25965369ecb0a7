/** Small stand-ins for the parts behind the API and the channels: everything in memory, everything visible. */

import { createHash } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import type { Desk } from '../../src/approval/desk.ts';
import { DecisionRefused } from '../../src/approval/failures.ts';
import type { ApprovalRequest, SignedDecision } from '../../src/approval/request.ts';
import type { Clock } from '../../src/runtime/clock.ts';

let made = 0;

export function requestDouble(changes: Partial<ApprovalRequest> = {}): ApprovalRequest {
  made += 1;
  const text = changes.text ?? 'DELETE FROM orders';
  return {
    id: `req_${made.toString(28).replace(/\d/g, (digit) => 'stuvwxyz23'[Number(digit)] ?? '').padStart(16, '7')}`,
    digest: createHash('sha256').update(text + made).digest('hex'),
    mode: 'inline',
    agent: { name: 'reporter', owner: 'dana@example.com', groups: ['analytics'] },
    database: 'shop',
    protocol: 'postgres',
    session: 'ses_1',
    text,
    effects: [{ effect: 'delete', objects: ['public.orders'] }],
    tables: [{ name: 'public.orders', read: true, written: true, columns: ['*'], known: true }],
    unbounded: true,
    rule: 'writes',
    reason: 'writes are held by rule writes',
    policy: 'f'.repeat(64),
    approvers: ['dba'],
    quorum: 1,
    createdAt: Date.UTC(2026, 0, 1),
    expiresAt: Date.UTC(2026, 0, 1, 0, 15),
    changedAt: Date.UTC(2026, 0, 1),
    transaction: { open: false, ageMs: 0 },
    context: { application_name: 'nightly-report' },
    state: 'pending',
    decisions: [],
    ...changes,
  };
}

/** A desk whose requests a test puts in by hand. Rules: owner, group, one decision. */
export class DeskDouble implements Desk {
  readonly requests = new Map<string, ApprovalRequest>();
  readonly decided: { id: string; person: string; channel: string; decision: string; reason: string | undefined }[] = [];
  /** When set, every call fails with it. */
  down: Error | undefined;
  watchers = 0;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  put(request: ApprovalRequest): ApprovalRequest {
    this.requests.set(request.id, request);
    this.#changes.emit('change', request);
    return request;
  }

  change(id: string, changes: Partial<ApprovalRequest>): ApprovalRequest {
    const request = this.requests.get(id);
    if (request === undefined) throw new Error(`no request ${id}`);
    return this.put({ ...request, ...changes });
  }

  async list({ state, limit = 50, before }: Parameters<Desk['list']>[0]): Promise<readonly ApprovalRequest[]> {
    if (this.down !== undefined) throw this.down;
    const newest = [...this.requests.values()].toReversed();
    const start = before === undefined ? 0 : newest.findIndex(({ id }) => id === before) + 1;
    return newest.slice(start).filter((request) => state === undefined || request.state === state).slice(0, limit);
  }

  async get(id: string): Promise<ApprovalRequest | undefined> {
    if (this.down !== undefined) throw this.down;
    return this.requests.get(id);
  }

  async decide(id: string, by: Parameters<Desk['decide']>[1]): Promise<ApprovalRequest> {
    const request = await this.get(id);
    if (request === undefined) throw new DecisionRefused('not_found', 'There is no such request.');
    if (request.state !== 'pending') throw new DecisionRefused('already_decided', `This request is ${request.state} already.`);
    if (request.agent.owner === by.person.email) throw new DecisionRefused('self_approval', `${request.agent.name} is yours: nobody decides about their own agent.`);
    if (!by.person.groups.some((group) => request.approvers.includes(group))) {
      throw new DecisionRefused('not_an_approver', 'Only approvers of the group dba may decide this.');
    }
    this.decided.push({ id, person: by.person.email, channel: by.channel, decision: by.decision, reason: by.reason });
    const decision: SignedDecision = {
      decision: by.decision, person: by.person.email, channel: by.channel, at: request.createdAt + 1000, jws: 'SIGNATURE',
      ...(by.reason === undefined ? {} : { reason: by.reason }),
    };
    return this.change(id, { state: by.decision === 'approve' ? 'approved' : 'denied', decisions: [...request.decisions, decision] });
  }

  async *watch(signal: AbortSignal): AsyncIterable<ApprovalRequest> {
    this.watchers += 1;
    try {
      for await (const [request] of on(this.#changes, 'change', { signal })) yield request as ApprovalRequest;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.watchers -= 1;
    }
  }
}

/** A clock that stands still until told. Timers fire in `advance`. */
export class ClockDouble implements Clock {
  #now = Date.UTC(2026, 0, 1, 0, 1);
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): { cancel(): void } {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return { cancel: () => { this.#timers = this.#timers.filter((other) => other !== timer); } };
  }

  get waiting(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
  }
}
