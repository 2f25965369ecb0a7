import type { Logger } from 'pino';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

export type WebhookLog = Pick<Logger, 'warn' | 'error'>;

export interface WebhookMetrics {
  told(webhook: string, result: 'delivered' | 'failed' | 'dead'): void;
}

/** @param waiting what each webhook still has to be told, asked at each scrape */
export function webhookMetrics(registry: Registry, waiting: () => ReadonlyMap<string, number>): WebhookMetrics {
  const calls = new Counter({ name: 'countersign_webhook_news_total', help: 'News for webhooks: delivered, failed (and tried again), dead (given up)', labelNames: ['webhook', 'result'], registers: [registry] });
  void new Gauge({
    name: 'countersign_webhook_waiting', help: 'News that webhooks still have to be told', labelNames: ['webhook'], registers: [registry],
    collect() {
      for (const [webhook, count] of waiting()) this.set({ webhook }, count);
    },
  });
  return { told: (webhook, result) => calls.inc({ webhook, result }) };
}
