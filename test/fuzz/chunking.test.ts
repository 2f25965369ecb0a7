/** However the bytes of a conversation are cut into chunks, the answers and what reached the database are the same. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../scenarios/world.ts';
import { AGENT_PASSWORD } from '../support/proxy.ts';
import { frames, WireClient } from '../support/wire.ts';
import { ScramClient } from '../support/wire-login.ts';
import { serialize } from 'pg-protocol';
import { CONVERSATIONS, type Round } from './recorded.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ schema: 'create table t (id int primary key); insert into t select generate_series(1, 10); create table c (a int, b text)' });
});
afterAll(() => world?.stop());

/** Sizes of the chunks; the last one repeats. */
type Cuts = readonly number[];

/** The whole conversation, login included, every write cut up. */
async function replay(rounds: readonly Round[], cuts: Cuts): Promise<string[]> {
  await world.sql('truncate c');
  const client = await WireClient.connect({ host: world.proxy.host, port: world.proxy.port });
  try {
    await login(client, cuts);
    const lines: string[] = [];
    for (const { send, until } of rounds) {
      await client.sendInPieces(Buffer.concat(send), ...cuts);
      for (const name of until) lines.push(...(await client.until(name)));
    }
    lines.push(JSON.stringify(await world.sql('select a, b from c order by a')));
    return lines;
  } finally {
    client.destroy();
  }
}

async function login(client: WireClient, cuts: Cuts): Promise<void> {
  const scram = new ScramClient(AGENT_PASSWORD);
  await client.sendInPieces(frames.startup({ user: 'reporter', database: 'shop', application_name: 'chunks' }), ...cuts);
  await client.until('AuthenticationSASL');
  await client.sendInPieces(serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', scram.first), ...cuts);
  const challenge = await client.next();
  await client.sendInPieces(serialize.sendSCRAMClientFinalMessage(scram.final(challenge?.frame.toString('utf8', 9) ?? '')), ...cuts);
  await client.until('ReadyForQuery');
}

const RUNS = Number(process.env['COUNTERSIGN_FUZZ_RUNS'] ?? 8);

describe.each(Object.entries(CONVERSATIONS))('%s', (_, rounds) => {
  it('means the same in any chunking', async () => {
    const whole = await replay(rounds, [1 << 20]);
    expect(whole.at(-2)).toMatch(/ReadyForQuery I|ErrorResponse/);
    expect(await replay(rounds, [7])).toEqual(whole);
    const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5000 })), { minLength: 1, maxLength: 60 });
    await fc.assert(fc.asyncProperty(cuts, async (sizes) => {
      expect(await replay(rounds, sizes)).toEqual(whole);
    }), { numRuns: RUNS, endOnFailure: true });
  }, 120_000);
});

describe('byte by byte', () => {
  it.each(['simple', 'refusals'] as const)('%s', async (name) => {
    const rounds = CONVERSATIONS[name] as readonly Round[];
    expect(await replay(rounds, [1])).toEqual(await replay(rounds, [1 << 20]));
  }, 120_000);
});
