/**
 * What an agent receives doesn't depend on masked values: two databases that differ in nothing else answer the same sessions with the
 * same bytes, errors and row counts included. This sees boolean, error and ordering oracles that no search for leaked values does.
 */

import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';
import { gaveUp, isDoubted, isForMasks, normal, type Outcome, outcomeOf, refusalOf, same } from './answers.ts';
import { type Session, sessionOf } from './grammar/grammar.ts';
import type { Step } from './grammar/script.ts';
import { type Pair, POLICY } from './pair.ts';
import type { Server } from './servers.ts';
import { overEach, protocolOf, SEED, STATEMENTS } from './support.ts';
import { Tally, told } from './tally.ts';

/** Every refusal is written here, for a look at what is refused and why. */
const REFUSALS = process.env['COUNTERSIGN_FUZZ_REFUSALS'];

overEach(`${STATEMENTS} statements are answered the same over two databases that differ in masked values`, POLICY, async (pair, server) => {
  const tally = new Tally(server, SEED);
  for (let seed = SEED; tally.statements < STATEMENTS; seed++) {
    await runSession(pair, server, seed, tally);
    if (tally.differences.length >= 50) break;
  }
  console.log(tally.report());
  expect(tally.faults()).toBe('');
  // MySQL 9 tells four parameters of some texts and describes three of them (seed 91001193): whoever counts waits for the fourth.
  expect(tally.broken.length, tally.unsteady()).toBeLessThanOrEqual(server === 'mysql' ? tally.statements / 1000 : 0);
  // Texts that only node-sql-parser can read are understood if it reads them in time.
  expect(tally.wavering.length, tally.unsteady()).toBeLessThanOrEqual(server === 'postgres' ? 0 : tally.statements / 500);
  // A test in which nothing is answered would say nothing.
  expect(tally.outcomes.answered).toBeGreaterThan(tally.statements / 2);
});

/** What the two sides were sent isn't the same any more. */
class Apart extends Error {}

async function runSession(pair: Pair, server: Server, seed: number, tally: Tally): Promise<void> {
  const session = sessionOf(seed, protocolOf(server));
  try {
    for (const step of session.steps) {
      const outcome = await runStep(pair, server, { seed, session, step }, tally);
      // What has no name can't be used by it; and a transaction may have failed on one side only.
      if (outcome === 'given up' || (outcome !== 'answered' && /^(?:declare|prepare) /.test(step.text))) break;
    }
    for (const step of session.after) await both(pair, step);
    if (session.leaves === true) leave(pair);
  } catch (error) {
    if (!(error instanceof Apart)) tally.broken.push(`${(error as Error).message}\n  in ${told(seed, session, session.steps.at(-1) as Step)}`);
    leave(pair);
  }
}

function leave({ left, right }: Pair): void {
  left.leave();
  right.leave();
}

/** Neither side is left while it is still being asked. */
async function both({ left, right }: Pair, step: Step): Promise<[Buffer, Buffer]> {
  const asked = [left.answer(step), right.answer(step)] as const;
  await Promise.allSettled(asked);
  return Promise.all(asked);
}

interface Where {
  readonly seed: number;
  readonly session: Session;
  readonly step: Step;
}

async function runStep(pair: Pair, server: Server, { seed, session, step }: Where, tally: Tally): Promise<Outcome> {
  const [left, right] = await both(pair, step);
  const outcome = gaveUp(left) || gaveUp(right) ? 'given up' : outcomeOf(server, left);
  tally.count(session, outcome);
  if (!same(server, step, left, right)) {
    const wavers = isDoubted(left) !== isDoubted(right);
    (wavers ? tally.wavering : tally.differences).push(`${told(seed, session, step)}\n  left:  ${JSON.stringify(normal(left))}\n  right: ${JSON.stringify(normal(right))}`);
    // It has run on one side only: warnings, found rows and the transaction aren't the same any more.
    if (wavers) throw new Apart();
  }
  if (outcome === 'refused') refused({ seed, session, step }, left, server, tally);
  return outcome;
}

function refused({ seed, session, step }: Where, answer: Buffer, server: Server, tally: Tally): void {
  if (!session.masked && isForMasks(answer)) tally.needless.push(`${told(seed, session, step)}\n  ${refusalOf(answer)}`);
  if (REFUSALS !== undefined) appendFileSync(REFUSALS, `${server} ${session.family} ${session.masked ? 'masked' : 'unmasked'} ${refusalOf(answer)} <- ${step.text}\n`);
}
