import { expect, test } from 'vitest';
import { healthMetrics } from '../../src/telemetry/health-metrics.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

test('statements are counted by verdict and fate, from one scrape to the next', async () => {
  const metrics = createMetrics();
  metrics.statement('allow', 'run');
  metrics.statement('allow', 'run');
  metrics.statement('deny', 'refused');
  const scrape = await metrics.registry.metrics();
  expect(scrape).toContain('countersign_statements_total{verdict="allow",fate="run"} 2');
  expect(scrape).toContain('countersign_statements_total{verdict="deny",fate="refused"} 1');
  expect(scrape).not.toContain('verdict="allow",fate="refused"');
  metrics.statement('allow', 'run');
  expect(await metrics.registry.metrics()).toContain('countersign_statements_total{verdict="allow",fate="run"} 3');
});

test('what only a policy that observes let run is counted apart, and the mode can be watched', async () => {
  const metrics = createMetrics();
  let observes = true;
  healthMetrics(metrics.registry, { version: '1', policy: () => ({ version: 'p', observes }), store: () => true, journal: () => true, databases: () => ({ known: 1, configured: 1 }) });
  metrics.statement('deny', 'observed');
  const scrape = await metrics.registry.metrics();
  expect(scrape).toContain('countersign_statements_total{verdict="deny",fate="observed"} 1');
  expect(scrape).toContain('countersign_policy_observes 1');
  observes = false;
  expect(await metrics.registry.metrics()).toContain('countersign_policy_observes 0');
});
