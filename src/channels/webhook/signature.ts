/** Signatures as Standard Webhooks has them: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */

import { createHmac } from 'node:crypto';
import { Failure } from '../../runtime/failure.ts';

export class WebhookSecretUnfit extends Failure {
  constructor() {
    super('webhook_secret', 'The secret of a webhook is not one: it reads whsec_ and the base64 of 24 to 64 random bytes.', {
      hint: 'Make one: echo whsec_$(openssl rand -base64 32)',
    });
  }
}

/** The key of a secret as it is given to receivers. @throws WebhookSecretUnfit */
export function keyOf(secret: string): Buffer {
  const text = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? '';
  const key = Buffer.from(text, 'base64');
  if (key.length < 24 || key.length > 64 || key.toString('base64') !== text) throw new WebhookSecretUnfit();
  return key;
}

/** @param at milliseconds since 1970, of this try. @param keys all that are in use: while a secret is being changed, receivers have one or the other. */
export function signatureHeaders(id: string, at: number, body: string, keys: readonly Buffer[]): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
