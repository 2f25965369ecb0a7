/** What the tests of both protocols' drivers share. */

import { expect, it } from 'vitest';

import type { TestProxy } from '../support/proxy.ts';
import { allRequests, decideFor } from './decider.ts';
import { type Command, runDriver, type Set as Scenarios, type Target } from './run.ts';
import { allRequired, type Driver } from './toolchains.ts';

/** What a driver must report: all but the scenarios, or parts of them, that it has no means for. A failure's text stays whole. */
export function without(golden: Readonly<Record<string, unknown>>, left: Driver['without']): Record<string, unknown> {
  const kept = (name: string): boolean => left?.[name] === undefined;
  return Object.fromEntries(Object.entries(golden).filter(([name]) => kept(name)).map(([name, expected]) => [
    name, typeof expected !== 'object' || expected === null || Array.isArray(expected) ? expected : Object.fromEntries(Object.entries(expected).filter(([part]) => kept(`${name}.${part}`))),
  ]));
}

/** Ids of all requests so far. */
export async function ledger(proxy: TestProxy): Promise<Set<string>> {
  return new Set((await allRequests(proxy)).map(({ id }) => id));
}

/** One run through the proxy, with somebody who decides. */
export async function attended(proxy: TestProxy, command: Command, set: Scenarios, target: Target): Promise<Record<string, unknown>> {
  const over = new AbortController();
  const deciding = decideFor(proxy, target.user, over.signal);
  try {
    return await runDriver(command, set, target);
  } finally {
    over.abort();
    await deciding;
  }
}

/** A driver that can't be run here fails where every driver is required, and is a skipped test that says why elsewhere. */
export function missing(reason: string): void {
  if (allRequired()) it('is there', () => expect.fail(reason));
  else it.skip(`is left out: ${reason}`, () => {});
}

/** What isn't SQL is held, since only the server knows all of its grammar; a person who releases it gives the driver the server's own error. */
export const NOT_SQL = /^(selekt 1|select 1 \+);?$/;

/** What isn't told to who sees masks, and the scenarios that ask for it. */
export const UNTOLD = { prepared: 'asks which texts are prepared at the server', notify: 'reads what a notification says, which triggers may have written' } as const;
