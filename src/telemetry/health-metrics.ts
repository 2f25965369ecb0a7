/** Metrics of the process itself, and of what must be there for statements to run: told at each scrape, at no cost between two. */

import { performance } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Policy } from '../policy/verdict.ts';

export interface WatchedParts {
  readonly version: string;
  /** The policy in force. */
  readonly policy: () => Pick<Policy, 'version' | 'observes'>;
  /** Does the approval store answer? */
  readonly store: () => boolean;
  /** Can the journal be written? */
  readonly journal: () => boolean;
  /** Databases that statements can be judged for, and all of the configuration. */
  readonly databases: () => { readonly known: number; readonly configured: number };
}

export interface HealthMetrics {
  /** @param code of the refusal */
  loginRefused(code: string): void;
}

export function healthMetrics(registry: Registry, parts: WatchedParts): HealthMetrics {
  const gauge = (name: string, help: string, value: () => number): void => void new Gauge({
    name, help, registers: [registry],
    collect() {
      this.set(value());
    },
  });
  new Gauge({ name: 'countersign_build_info', help: '1, with the version that runs', labelNames: ['version'], registers: [registry] }).set({ version: parts.version }, 1);
  void new Gauge({
    name: 'countersign_policy_info', help: '1, with the SHA-256 of the policy in force', labelNames: ['version'], registers: [registry],
    collect() {
      this.reset();
      this.set({ version: parts.policy().version }, 1);
    },
  });
  gauge('countersign_policy_observes', '1 while the policy only observes, so that its rules hold and deny nothing', () => Number(parts.policy().observes));
  gauge('countersign_store_reachable', '1 while the approval store answers', () => Number(parts.store()));
  gauge('countersign_journal_writable', '1 while the journal can be written; nothing runs otherwise', () => Number(parts.journal()));
  gauge('countersign_databases_known', 'Databases whose catalog was read, so that agents may use them', () => parts.databases().known);
  gauge('countersign_databases_configured', 'Databases of the configuration', () => parts.databases().configured);
  processMetrics(registry, gauge);
  const refused = new Counter({ name: 'countersign_logins_refused_total', help: 'Logins of agents that were refused', labelNames: ['code'], registers: [registry] });
  return { loginRefused: (code) => refused.inc({ code }) };
}

/** By the names that Prometheus' own clients use ("Writing client libraries", process metrics). */
function processMetrics(registry: Registry, gauge: (name: string, help: string, value: () => number) => void): void {
  let busy = performance.eventLoopUtilization();
  let told = 0;
  void new Counter({
    name: 'process_cpu_seconds_total', help: 'CPU time of the process', registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.inc((user + system) / 1e6 - told);
      told = (user + system) / 1e6;
    },
  });
  gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'When the process began, seconds since 1970', () => performance.timeOrigin / 1000);
  gauge('countersign_event_loop_utilization', 'Part of the time since the last scrape in which the event loop was busy, 0 to 1', () => {
    const since = performance.eventLoopUtilization(busy).utilization;
    busy = performance.eventLoopUtilization();
    return since;
  });
}
