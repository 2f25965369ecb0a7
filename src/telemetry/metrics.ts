import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics of the proxy. Names and labels are part of what operators rely on. */
export interface SessionMetrics {
  readonly sessions: { inc(): void; dec(): void };
  readonly held: { inc(): void; dec(): void };
  /** @param fate `observed`: it ran, although the policy says otherwise. */
  statement(verdict: string, fate: Fate): void;
  /** @param ms how long people took */
  decided(state: string, ms: number): void;
}

const FATES = ['run', 'observed', 'refused'] as const;
type Fate = (typeof FATES)[number];

export function createMetrics(registry: Registry = new Registry()): SessionMetrics & { readonly registry: Registry } {
  const sessions = new Gauge({ name: 'countersign_sessions', help: 'Open agent sessions', registers: [registry] });
  const held = new Gauge({ name: 'countersign_held_statements', help: 'Statements that wait for a decision', registers: [registry] });
  // Counted by hand between two scrapes: every statement passes here.
  const counts = new Map<string, Record<Fate, number>>();
  void new Counter({
    name: 'countersign_statements_total', help: 'Statements judged', labelNames: ['verdict', 'fate'], registers: [registry],
    collect() {
      for (const [verdict, count] of counts) for (const fate of FATES) if (count[fate] > 0) this.inc({ verdict, fate }, count[fate]);
      counts.clear();
    },
  });
  const decisions = new Histogram({
    name: 'countersign_hold_seconds', help: 'How long held statements waited', labelNames: ['state'], buckets: [1, 5, 15, 60, 300, 900, 3600], registers: [registry],
  });
  return {
    registry, sessions, held,
    statement(verdict, fate) {
      let count = counts.get(verdict);
      if (count === undefined) counts.set(verdict, (count = { run: 0, observed: 0, refused: 0 }));
      count[fate]++;
    },
    decided: (state, ms) => decisions.observe({ state }, ms / 1000),
  };
}
