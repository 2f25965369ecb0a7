import { startHaproxy } from '../support/haproxy.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { startCountersign } from './countersign.ts';
import type { Target } from './workloads.ts';

export const CONTENDERS = ['direct', 'pgbouncer', 'haproxy', 'countersign'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

export interface Contender {
  readonly name: ContenderName;
  readonly target: Target;
  /** The proxy's process; undefined for `direct`. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** One way to the server at `upstream`. `profileFolder`: where Countersign leaves a CPU profile. */
export async function startContender(name: ContenderName, upstream: Target, verifier: string, profileFolder?: string): Promise<Contender> {
  if (name === 'direct') return { name, target: upstream, pid: undefined, stop: () => Promise.resolve() };
  const proxy = await startProxy(name, upstream, verifier, profileFolder);
  return { name, target: { ...upstream, port: proxy.port }, pid: proxy.pid, stop: () => proxy.stop() };
}

function startProxy(name: Exclude<ContenderName, 'direct'>, upstream: Target, verifier: string, profileFolder?: string) {
  switch (name) {
    case 'pgbouncer':
      return startPgbouncer({ upstream, user: upstream.user, password: upstream.password, poolMode: 'session' });
    case 'haproxy':
      return startHaproxy({ upstream });
    case 'countersign':
      return startCountersign(upstream, verifier, profileFolder);
    default:
      throw new Error(`no contender ${String(name satisfies never)}`);
  }
}
