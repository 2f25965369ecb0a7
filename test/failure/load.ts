/** Agents that never rest, and the person who approves all they ask for. */

import { setTimeout as pause } from 'node:timers/promises';

import { frames, WireClient } from '../support/wire.ts';
import type { ChildProxy } from './child.ts';

export interface Marks {
  sent: number;
}

/** Statements under way at once on one connection: some are always between the proxy and the server. */
const DEPTH = 4;

export type Kind = 'simple' | 'extended' | 'held';

/**
 * Sends statements with marks of their own, `mark-<kind>-<name>.<n>`, until the connection ends. Never rejects: it is there to be cut off.
 * @param flowing called when the first of them was answered, or none will be
 */
export async function offering(proxy: ChildProxy, kind: Kind, name: string, marks: Marks, flowing: () => void): Promise<void> {
  let client: WireClient | undefined;
  try {
    client = await WireClient.login(proxy.login);
    if (kind === 'extended') client.send(frames.parse({ name: 'p', text: 'select $1::text', types: [25] }));
    let number = 0;
    const one = (): Uint8Array[] => {
      marks.sent++;
      return messages(kind, `mark-${kind}-${name}.${++number}`);
    };
    client.send(...Array.from({ length: kind === 'held' ? 1 : DEPTH }, one).flat());
    for (let message = await client.next(); message !== undefined; message = await client.next()) {
      if (message.name !== 'ReadyForQuery') continue;
      flowing();
      client.send(...one());
    }
  } catch {
    // the proxy is gone
  } finally {
    flowing();
    client?.destroy();
  }
}

function messages(kind: Kind, mark: string): Uint8Array[] {
  if (kind === 'simple') return [frames.query(`select '${mark}'`)];
  if (kind === 'extended') return [frames.bind({ statement: 'p', values: [mark] }), frames.execute({}), frames.sync()];
  return [frames.query(`notify news, '${mark}'`)];
}

/** Approves whatever waits, as fast as it can, until told to stop or the proxy is gone. */
export async function approving(proxy: ChildProxy, signal: AbortSignal): Promise<number> {
  let approved = 0;
  while (!signal.aborted && proxy.running) {
    try {
      const { requests } = await proxy.call<{ requests: { id: string }[] }>('/api/v1/requests?state=pending');
      await Promise.all(requests.map(async ({ id }) => {
        await proxy.call(`/api/v1/requests/${id}/decision`, { decision: 'approve' });
        approved++;
      }));
    } catch {
      // gone, or decided by then
    }
    await pause(5);
  }
  return approved;
}
