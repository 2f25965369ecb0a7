/** Slack as a channel: a message per request, buttons that decide, and the outcome in the same message. */

import type { RequestListener } from 'node:http';
import { App } from '@slack/bolt';
import type { Receiver } from '@slack/bolt';
import type { Freezer } from '../../api/sessions.ts';
import type { Desk } from '../../approval/desk.ts';
import type { ApprovalStore } from '../../approval/store.ts';
import type { SecretSource, SlackConfig } from '../../config/config.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Failure } from '../../runtime/failure.ts';
import { Announcer } from '../announcer.ts';
import { Board } from '../board.ts';
import type { Channel } from '../channel.ts';
import type { Log } from '../log.ts';
import { Turn } from '../turn.ts';
import { adoptPosted } from './history.ts';
import { EVENTS_PATH, Mount, httpReceiver } from './http.ts';
import { slackLogger } from './log.ts';
import type { CurrentPeople } from './people.ts';
import { SlackPoster } from './poster.ts';
import { takePresses } from './presses.ts';
import { SlackSocket } from './socket.ts';
import { SlackWeb, clientOptions } from './web.ts';

export interface SlackParts {
  readonly desk: Desk;
  readonly people: CurrentPeople;
  readonly freezer: Pick<Freezer, 'freeze' | 'isFrozen'>;
  /** Of the replicas that share it, one posts. */
  readonly store: Pick<ApprovalStore, 'lease'>;
  /** Where people reach the console, if they can. */
  readonly url?: string | undefined;
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
  const { desk, people, freezer, store, url, clock, log } = parts;
  const botToken = await parts.secret(config.botToken);
  const { apiUrl, channel } = config;
  const web = new SlackWeb(botToken, { apiUrl, clock, log });
  // Presses are answered by whichever replica gets them; messages are the business of the one whose turn it is.
  const postingWeb = new SlackWeb(botToken, { apiUrl, clock, log, mayCall: () => turn.mayAct() });
  const board = new Board({ poster: new SlackPoster({ web: postingWeb, channel, url, log }), clock, log });
  const announcer = new Announcer({
    name: 'slack', desk, board, clock, log,
    adopt: (signal) => adoptPosted({ desk, web: postingWeb, board, channel, clock, log }, signal),
  });
  const turn = new Turn({ store, name: 'slack', clock, log, run: (signal) => announcer.run(signal) });
  const socket = await socketOf(config, parts, () => announcer.lookAgain());
  const receiver = socket?.receiver ?? await receiverOf(config, parts, mount);

  const app = appOver(receiver, botToken, config, log);
  takePresses(app, { desk, web, people, freezer, log }, (after) => announcer.heard(after));
  turn.start();
  socket?.start();
  return { stop: async () => { await Promise.all([turn.stop(), socket?.stop()]); } };
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
