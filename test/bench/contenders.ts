import { startHaproxy } from '../support/haproxy.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { startCountersign } from './countersign.ts';
import type { BenchServer } from './server.ts';
import type { Protocol, Target } from './workloads.ts';

export const CONTENDERS = ['direct', 'pgbouncer', 'haproxy', 'countersign', 'masked'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

export interface Contender {
  readonly name: ContenderName;
  readonly protocol: Protocol;
  readonly target: Target;
  /** The proxy's process; undefined for `direct`. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** Whether there is such a proxy for the protocol. */
export function speaks(name: ContenderName, protocol: Protocol): boolean {
  return name !== 'pgbouncer' || protocol === 'postgres';
}

/** One way to the server. `profileFolder`: where Countersign leaves a CPU profile. */
export async function startContender(name: ContenderName, server: BenchServer, profileFolder?: string): Promise<Contender> {
  const { protocol, target } = server;
  if (name === 'direct') return { name, protocol, target, pid: undefined, stop: () => Promise.resolve() };
  const proxy = await startProxy(name, server, profileFolder);
  return { name, protocol, target: { ...target, port: proxy.port }, pid: proxy.pid, stop: () => proxy.stop() };
}

function startProxy(name: Exclude<ContenderName, 'direct'>, server: BenchServer, profileFolder?: string) {
  const { target } = server;
  switch (name) {
    case 'pgbouncer':
      return startPgbouncer({ upstream: target, user: target.user, password: target.password, poolMode: 'session' });
    case 'haproxy':
      return startHaproxy({ upstream: target });
    case 'countersign':
      return startCountersign(server, { profileFolder });
    case 'masked':
      return startCountersign(server, { profileFolder, masks: true });
    default:
      throw new Error(`no contender ${String(name satisfies never)}`);
  }
}
