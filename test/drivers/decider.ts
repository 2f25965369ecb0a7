/** The person who decides while a driver runs its held scenarios: by the marker that each statement carries as a comment. */

import { DENIAL } from './golden.ts';
import type { PendingRequest, TestProxy } from '../support/proxy.ts';

export const markerOf = ({ text }: PendingRequest): string => /\/\* ([a-z-]+) \*\//.exec(text)?.[1] ?? text;

/** Nobody decides on these: they expire or are withdrawn. */
const LEFT_ALONE = new Set(['expired', 'cancelled', 'disconnected']);
const DENIED = new Set(['denied', 'denied-in-transaction']);
/** The second of these is denied. */
const SECOND_DENIED = new Set(['prepared', 'pipelined', 'batch', 'copied-in', 'copied-out']);

/** Decides until the signal; requests of other sessions' agents are left alone. */
export async function decideFor(proxy: TestProxy, agent: string, signal: AbortSignal): Promise<void> {
  const seen = new Map<string, string>();
  while (!signal.aborted) {
    const { requests } = await proxy.call<{ requests: PendingRequest[] }>('/api/v1/requests?state=pending');
    for (const request of requests) {
      if ((request['agent'] as { name: string }).name !== agent || seen.has(request.id)) continue;
      const marker = markerOf(request);
      const times = [...seen.values()].filter((other) => other === marker).length;
      seen.set(request.id, marker);
      if (LEFT_ALONE.has(marker)) continue;
      const deny = DENIED.has(marker) || (SECOND_DENIED.has(marker) && times === 1);
      await proxy.decide(request.id, deny ? 'deny' : 'approve', deny ? { reason: DENIAL } : {});
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Final states of the requests made since `earlier`, oldest first, by marker. */
export async function outcomes(proxy: TestProxy, earlier: ReadonlySet<string>): Promise<Record<string, string[]>> {
  const states: Record<string, string[]> = {};
  for (const request of (await allRequests(proxy)).toReversed()) {
    if (!earlier.has(request.id)) (states[markerOf(request)] ??= []).push(request.state);
  }
  return states;
}

/** Newest first. */
export async function allRequests(proxy: TestProxy): Promise<PendingRequest[]> {
  return (await proxy.call<{ requests: PendingRequest[] }>('/api/v1/requests?limit=200')).requests;
}
