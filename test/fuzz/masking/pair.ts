/** Two copies of a database, each behind a proxy of its own with the same policy: what one agent receives from either. */

import { startTestProxy, type TestProxy } from '../../support/proxy.ts';
import { type Agent, connectAgent } from './clients.ts';
import type { Step } from './grammar/script.ts';
import { SENSITIVE } from './relations.ts';
import { type Server, startCopies, type Which } from './servers.ts';

/** Constant masks, conditions over them; what can't be answered so is refused at once. */
export const POLICY = `version: 1
default: deny
holds: { approvers: [dba], mode: deferred }
sensitive:
${Object.entries(SENSITIVE).map(([terms, columns]) => `  - { columns: [${columns.join(', ')}], ${terms}, filtered: mask, derived: mask, copied: deny }`).join('\n')}
rules:
  - { name: all, effects: [read, insert, update, delete, transaction, session, lock, notify, import, export, create, drop], then: allow }
`;

const UNMASKED = POLICY.split('\n').filter((line) => !/sensitive|columns/.test(line)).join('\n');

/** As policies are written: what compares masked values is refused, but for lookups. */
export const DEFAULT_POLICY = POLICY.replaceAll('filtered: mask, ', '');

/** What an agent sees that starts anew when its connection broke. */
export class Side {
  readonly #connect: () => Promise<Agent>;
  #agent: Agent | undefined;

  constructor(connect: () => Promise<Agent>) {
    this.#connect = connect;
  }

  /** Rejects when the connection ended, or what came can't be read. */
  async answer(step: Step): Promise<Buffer> {
    this.#agent ??= await this.#connect();
    return this.#agent.answer(step);
  }

  /** The next answer comes on a new connection. */
  leave(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}

export interface Pair {
  readonly left: Side;
  readonly right: Side;
  /** The left database, for an agent that sees everything. */
  readonly unmasked: Side;
  stop(): Promise<void>;
}

export async function startPair(server: Server, policy = POLICY): Promise<Pair> {
  const copies = await startCopies(server);
  const proxies: TestProxy[] = [];
  const sides: Side[] = [];
  const through = async (which: Which, rules: string): Promise<Side> => {
    const proxy = await startTestProxy({ upstream: { url: copies.url(which), password: 'upstream' }, policy: rules });
    proxies.push(proxy);
    const side = new Side(() => connectAgent(server, proxy.port));
    sides.push(side);
    return side;
  };
  return {
    left: await through('left', policy), right: await through('right', policy), unmasked: await through('left', UNMASKED),
    async stop() {
      for (const side of sides) side.leave();
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await copies.stop();
    },
  };
}
