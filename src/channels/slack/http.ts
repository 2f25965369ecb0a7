/**
 * Presses by HTTP: Slack posts them to `/slack/events` on our own server, signed with the app's signing secret
 * (HMAC-SHA256 over the timestamp and the raw body). Bolt refuses a wrong signature and a timestamp more than five
 * minutes old with 401; a replay within these finds the request decided already.
 */

import type { RequestListener } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import { slackLogger } from './log.ts';
import type { Log } from '../log.ts';

export const EVENTS_PATH = '/slack/events';
/** A press carries the whole message it was made on, URL-encoded: 8,000 characters may take nine bytes each, twice. */
const BODY_BYTES = 512 * 1024;

export function httpReceiver(signingSecret: string, log: Log): HTTPReceiver {
  return new HTTPReceiver({ signingSecret, endpoints: EVENTS_PATH, bodyLimit: BODY_BYTES, logger: slackLogger(log) });
}

/** Passes on to the receiver once there is one; says 503 before and after. */
export class Mount {
  receiver: HTTPReceiver | undefined;

  readonly listener: RequestListener = (request, response) => {
    if (this.receiver === undefined) {
      response.writeHead(503).end();
      return;
    }
    if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST' }).end();
      return;
    }
    this.receiver.requestListener(request, response);
  };
}
