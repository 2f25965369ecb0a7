/** Slack as a channel: a message per request, buttons that decide, and the outcome in the same message. */

import type { RequestListener } from 'node:http';
import { App } from '@slack/bolt';
import type { BlockAction, ButtonAction, Receiver } from '@slack/bolt';
import type { Desk } from '../../approval/desk.ts';
import type { SecretSource, SlackConfig } from '../../config/config.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Failure } from '../../runtime/failure.ts';
import type { Channel } from '../channel.ts';
import { Announcer } from './announcer.ts';
import { Board } from './board.ts';
import { EVENTS_PATH, Mount, httpReceiver } from './http.ts';
import { slackLogger } from './log.ts';
import type { Log } from './log.ts';
import { APPROVE, DENY } from './message.ts';
import type { CurrentPeople } from './people.ts';
import { handlePress } from './press.ts';
import { SlackSocket } from './socket.ts';
import { SlackWeb, clientOptions } from './web.ts';

export interface SlackParts {
  readonly desk: Desk;
  readonly people: CurrentPeople;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads a secret where the configuration says it is. */
  readonly secret: (source: SecretSource) => string | Promise<string>;
}

export interface SlackChannel extends Channel {
  /** For the HTTP server, when presses come by HTTP; empty in Socket Mode. */
  readonly mounts: ReadonlyMap<string, RequestListener>;
}

export class SlackMisconfigured extends Failure {}

export function createSlackChannel(config: SlackConfig, parts: SlackParts): SlackChannel {
  const mount = new Mount();
  let running: Promise<Running> | undefined;
  return {
    name: 'slack',
    mounts: config.appToken === undefined ? new Map([[EVENTS_PATH, mount.listener]]) : new Map(),
    async start() {
      running ??= begin(config, parts, mount);
      await running;
    },
    async stop() {
      const ending = running;
      running = undefined;
      // A start that is under way comes to its end first, or fails, and then there is nothing to stop.
      const begun = await ending?.catch(() => undefined);
      mount.receiver = undefined;
      await begun?.stop();
    },
  };
}

interface Running {
  stop(): Promise<void>;
}

async function begin(config: SlackConfig, parts: SlackParts, mount: Mount): Promise<Running> {
  const { desk, people, clock, log } = parts;
  const botToken = await parts.secret(config.botToken);
  const web = new SlackWeb(botToken, { apiUrl: config.apiUrl, clock, log });
  const board = new Board({ web, channel: config.channel, clock, log });
  const announcer = new Announcer({ desk, web, board, channel: config.channel, clock, log });
  const socket = await socketOf(config, parts, () => announcer.lookAgain());
  const receiver = socket?.receiver ?? await receiverOf(config, parts, mount);

  const app = appOver(receiver, botToken, config, log);
  for (const [action, decision] of [[APPROVE, 'approve'], [DENY, 'deny']] as const) {
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: action }, async ({ ack, action: { value }, body }) => {
      // Slack gives three seconds; deciding may take longer.
      await ack();
      const after = await handlePress({ decision, value: value ?? '', user: body.user.id, channel: body.channel?.id ?? '' }, { desk, web, people, log });
      if (after !== undefined) board.want(after);
    });
  }
  announcer.start();
  socket?.start();
  return { stop: async () => { await Promise.all([announcer.stop(), socket?.stop()]); } };
}

function appOver(receiver: Receiver, botToken: string, config: SlackConfig, log: Log): App {
  const app = new App({
    receiver, authorize: async () => ({ botToken }), clientOptions: clientOptions(config.apiUrl, log),
    logger: slackLogger(log), ignoreSelf: false, convoStore: false,
  });
  app.error(async (error) => log.error({ err: error }, 'slack: an interaction failed'));
  return app;
}

async function socketOf({ appToken, apiUrl }: SlackConfig, { secret, clock, log }: SlackParts, connected: () => void): Promise<SlackSocket | undefined> {
  return appToken === undefined ? undefined : new SlackSocket({ appToken: await secret(appToken), apiUrl, clock, log, connected });
}

async function receiverOf({ signingSecret }: SlackConfig, { secret, log }: SlackParts, mount: Mount): Promise<Receiver> {
  const key = signingSecret === undefined ? '' : await secret(signingSecret);
  if (key === '') {
    throw new SlackMisconfigured('slack_secrets', 'Slack needs an app token (Socket Mode) or a signing secret (HTTP); neither is there.', {
      hint: 'Set slack.appToken or slack.signingSecret in the configuration.',
    });
  }
  const receiver = httpReceiver(key, log);
  mount.receiver = receiver;
  return receiver;
}
