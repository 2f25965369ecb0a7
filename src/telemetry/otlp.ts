/** Spans to a collector. Loaded only where the configuration names one: the libraries take time to load. */

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Tracing, tracingBy } from './tracing.ts';

/** For a collector that doesn't answer. Milliseconds. */
const PATIENCE_MS = 3_000;

export interface OtlpOptions {
  /** `http://collector:4318/v1/traces` */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of traces that begin here, 0 to 1. Whether an agent's is sampled, the agent has said. */
  readonly ratio: number;
  readonly version: string;
}

export function otlpTracing({ url, headers, ratio, version }: OtlpOptions): { readonly tracing: Tracing; close(): Promise<void> } {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'countersign', 'service.version': version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: PATIENCE_MS }), exportTimeoutMillis: PATIENCE_MS })],
  });
  return {
    tracing: tracingBy(provider.getTracer('countersign', version)),
    // What can't be sent by then is lost: nothing of it is a record.
    close: () => Promise.race([provider.shutdown(), sleep(PATIENCE_MS, undefined, { ref: false })]).catch(() => {}),
  };
}
