/**
 * Webhooks as a channel: other systems are told of requests, and decide through the API. The store of approvals is the queue that outlives
 * a process: each webhook has a bookmark there, behind which everything is told. Of several replicas one sends.
 */

import type { Registry } from 'prom-client';
import type { Desk } from '../../approval/desk.ts';
import type { ApprovalStore } from '../../approval/store.ts';
import type { SecretSource, WebhookConfig } from '../../config/config.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Channel } from '../channel.ts';
import { Turn } from '../turn.ts';
import { call } from './call.ts';
import type { Called } from './call.ts';
import { Feed } from './feed.ts';
import { Hook } from './hook.ts';
import type { WebhookStatus } from './hook.ts';
import { webhookMetrics } from './metrics.ts';
import type { WebhookLog } from './metrics.ts';
import { bodyOf } from './news.ts';
import type { News } from './news.ts';
import { keyOf, signatureHeaders } from './signature.ts';

export interface WebhookParts {
  readonly desk: Desk;
  readonly store: Pick<ApprovalStore, 'lease' | 'bookmark' | 'changedSince'>;
  readonly clock: Clock;
  readonly log: WebhookLog;
  readonly metrics: Registry;
  readonly url?: string | undefined;
  readonly random?: () => number;
  /** Reads a secret where the configuration says it is. */
  readonly secret: (source: SecretSource) => string | Promise<string>;
}

export interface WebhookChannel extends Channel {
  status(): readonly WebhookStatus[];
}

export function createWebhooks(configs: readonly WebhookConfig[], parts: WebhookParts): WebhookChannel {
  const { desk, store, clock, log, url, secret, random = Math.random } = parts;
  const keys = ({ secrets }: WebhookConfig): Promise<Buffer[]> => Promise.all(secrets.map(async (source) => keyOf(await secret(source))));
  const send = async (config: WebhookConfig, news: News, ended: AbortSignal): Promise<Called> => {
    const request = await desk.get(news.request);
    if (request === undefined) return { ok: false, why: 'the request is not in the store (any more)' };
    const body = bodyOf(news, request, config, url);
    const headers = signatureHeaders(news.id, clock.now(), body, await keys(config));
    return turn.mayAct() ? call(config.url, body, headers, ended) : { ok: false, why: '', unsent: true };
  };
  const metrics = webhookMetrics(parts.metrics, () => new Map(hooks.map(({ status: { name, waiting } }) => [name, waiting])));
  const hooks = configs.map((config) => new Hook({ config, store, clock, random, log, metrics, send }));
  const feed = new Feed({ desk, store, hooks, clock, log });
  const turn = new Turn({ store, name: 'webhooks', clock, log, run: (signal) => feed.run(signal) });
  return {
    name: 'webhooks',
    async start() {
      for (const config of configs) await keys(config);
      turn.start();
    },
    stop: () => turn.stop(),
    status: () => hooks.map(({ status }) => status),
  };
}
