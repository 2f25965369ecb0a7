/** What the fuzz tests share: how long they run, from which seed, over which servers. */

import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Pair, startPair } from './pair.ts';
import type { Protocol } from './relations.ts';
import type { Server } from './servers.ts';

/** COUNTERSIGN_FUZZ_STATEMENTS and COUNTERSIGN_FUZZ_SEED make the tests longer, or others; COUNTERSIGN_FUZZ_SERVERS names some of the servers. */
export const STATEMENTS = Number(process.env['COUNTERSIGN_FUZZ_STATEMENTS'] ?? 2000);
export const SEED = Number(process.env['COUNTERSIGN_FUZZ_SEED'] ?? 20_260_101);
const SERVERS = (process.env['COUNTERSIGN_FUZZ_SERVERS'] ?? 'postgres mariadb mysql').split(/[ ,]+/) as Server[];

/** A test per server, over two copies of the database behind proxies with this policy. */
export function overEach(name: string, policy: string, run: (pair: Pair, server: Server) => Promise<void>): void {
  describe.each(SERVERS)('%s', (server) => {
    let pair: Pair;
    beforeAll(async () => {
      pair = await startPair(server, policy);
    }, 120_000);
    afterAll(() => pair?.stop());

    it(name, () => run(pair, server), 6 * 3_600_000);
  });
}

export const protocolOf = (server: Server): Protocol => (server === 'postgres' ? 'postgres' : 'mysql');
