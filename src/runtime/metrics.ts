import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics of the proxy. Names and labels are part of what operators rely on. */
export interface SessionMetrics {
  readonly sessions: { inc(): void; dec(): void };
  readonly held: { inc(): void; dec(): void };
  statement(verdict: string, fate: 'run' | 'refused'): void;
  /** @param ms how long people took */
  decided(state: string, ms: number): void;
}

export function createMetrics(registry: Registry = new Registry()): SessionMetrics & { readonly registry: Registry } {
  const sessions = new Gauge({ name: 'countersign_sessions', help: 'Open agent sessions', registers: [registry] });
  const held = new Gauge({ name: 'countersign_held_statements', help: 'Statements that wait for a decision', registers: [registry] });
  const statements = new Counter({ name: 'countersign_statements_total', help: 'Statements judged', labelNames: ['verdict', 'fate'], registers: [registry] });
  const decisions = new Histogram({
    name: 'countersign_hold_seconds', help: 'How long held statements waited', labelNames: ['state'], buckets: [1, 5, 15, 60, 300, 900, 3600], registers: [registry],
  });
  // Looking a counter up by its labels costs more than counting.
  const counters = new Map<string, Record<'run' | 'refused', { inc(): void }>>();
  const countersOf = (verdict: string): Record<'run' | 'refused', { inc(): void }> => {
    let found = counters.get(verdict);
    if (found === undefined) counters.set(verdict, (found = { run: statements.labels(verdict, 'run'), refused: statements.labels(verdict, 'refused') }));
    return found;
  };
  return {
    registry, sessions, held,
    statement: (verdict, fate) => countersOf(verdict)[fate].inc(),
    decided: (state, ms) => decisions.observe({ state }, ms / 1000),
  };
}
