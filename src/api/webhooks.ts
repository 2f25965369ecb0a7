/** GET /api/v1/webhooks: how each goes, and what was given up. */

import type { Hono } from 'hono';
import type { WebhookStatus } from '../channels/webhook/hook.ts';
import type { ApiEnv, Guard } from './auth.ts';
import { queryOf } from './input.ts';
import { NoQuery } from './schemas.ts';
import type { WebhookView } from './schemas.ts';

export function webhookRoutes(app: Hono<ApiEnv>, guard: Guard, status: () => readonly WebhookStatus[]): void {
  app.get('/api/v1/webhooks', guard('audit:read'), (context) => {
    queryOf(context, NoQuery);
    return context.json({ webhooks: status().map(webhookView) });
  });
}

function webhookView({ dead, ...rest }: WebhookStatus): WebhookView {
  return {
    ...rest,
    dead: dead.map(({ news: { id, type, request }, why, at }) => ({ event: id, type, request, why, at: new Date(at).toISOString() })),
  };
}
