/**
 * What webhooks tell of a request. All of it follows from the request as it is in the store, so nothing is lost that this process hasn't seen
 * happen; and each piece of news has the same id whoever finds it, so receivers can tell repetition.
 */

import { createHash } from 'node:crypto';
import { requestView } from '../../api/views.ts';
import type { ApprovalRequest, SignedDecision } from '../../approval/request.ts';
import { isOver } from '../../approval/store.ts';
import type { WebhookConfig, WebhookEvent } from '../../config/config.ts';
import { pageOf } from '../facts.ts';

export interface News {
  /** `webhook-id`: the receiver's key for telling repetition. */
  readonly id: string;
  readonly type: WebhookEvent;
  readonly request: string;
  /** When it happened, milliseconds since 1970. */
  readonly at: number;
  /** For `request.decided`. */
  readonly decision?: Omit<SignedDecision, 'jws'>;
}

export function newsOf(request: ApprovalRequest): readonly News[] {
  const { id, createdAt, changedAt, escalatedAt, decisions } = request;
  const name = id.replace(/^req_/, '');
  return [
    { id: `msg_${name}_opened`, type: 'request.opened', request: id, at: createdAt },
    ...(escalatedAt === undefined ? [] : [{ id: `msg_${name}_escalated`, type: 'request.escalated', request: id, at: escalatedAt } as const]),
    ...decisions.map(({ jws, ...decision }): News => ({ id: `msg_${name}_${short(jws)}`, type: 'request.decided', request: id, at: decision.at, decision })),
    ...(isOver(request) ? [{ id: `msg_${name}_closed`, type: 'request.closed', request: id, at: changedAt } as const] : []),
  ];
}

/**
 * The body of a call. `data.request` is the request as it is when the call is made, which may be later than the news.
 * Statement, parameters and forms are in it only where the configuration says so; without them the receiver asks the API for what it may see.
 */
export function bodyOf({ type, at, decision }: News, request: ApprovalRequest, { statement }: Pick<WebhookConfig, 'statement'>, url: string | undefined): string {
  const { text, parameters, forms, ...rest } = requestView(request);
  return JSON.stringify({
    type, timestamp: new Date(at).toISOString(),
    data: {
      request: { ...rest, ...(statement && { text, parameters, forms }) },
      ...(decision && { decision: { ...decision, at: new Date(decision.at).toISOString() } }),
      ...(url !== undefined && { url: pageOf(request, url) }),
    },
  });
}

const short = (jws: string): string => createHash('sha256').update(jws).digest('hex').slice(0, 16);
