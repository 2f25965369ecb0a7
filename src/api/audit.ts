/** /api/v1/audit: what happened, by whom, and who allowed it. */

import type { Hono } from 'hono';
import { SearchQuery } from '../audit/query.ts';
import type { AuditSearch } from '../audit/search.ts';
import type { ApiEnv, Guard } from './auth.ts';
import { queryOf } from './input.ts';

export function auditRoutes(app: Hono<ApiEnv>, guard: Guard, audit: AuditSearch): void {
  app.get('/api/v1/audit/search', guard('audit:read'), async (context) => context.json(await audit.search(queryOf(context, SearchQuery))));
}
