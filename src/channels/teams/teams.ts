/** Microsoft Teams as a channel: a card per request, buttons that decide, and the outcome in the same card. */

import type { RequestListener } from 'node:http';
import { App } from '@microsoft/teams.apps';
import type { AppOptions, IPlugin } from '@microsoft/teams.apps';
import { PUBLIC } from '@microsoft/teams.api';
import type { Desk } from '../../approval/desk.ts';
import type { ApprovalStore } from '../../approval/store.ts';
import type { SecretSource, TeamsConfig } from '../../config/config.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Announcer } from '../announcer.ts';
import { Board } from '../board.ts';
import type { Channel } from '../channel.ts';
import type { Log } from '../log.ts';
import { MOST_CALL_MS, Turn } from '../turn.ts';
import { MESSAGES_PATH, Mount } from './http.ts';
import { sdkLogger } from './log.ts';
import type { CurrentPeople } from './people.ts';
import { TeamsPoster } from './poster.ts';
import { answer } from './press.ts';
import { TeamsWeb } from './web.ts';

export interface TeamsParts {
  readonly desk: Desk;
  readonly people: CurrentPeople;
  /** Of the replicas that share it, one posts. */
  readonly store: Pick<ApprovalStore, 'lease'>;
  /** Where people reach the console, if they can. */
  readonly url?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly secret: (source: SecretSource) => string | Promise<string>;
  /** Where the Bot Connector's keys and our own tokens come from, when that isn't Microsoft's public cloud. */
  readonly cloud?: Pick<AppOptions<IPlugin>, 'cloud' | 'token'>;
}

export interface TeamsChannel extends Channel {
  /** For the HTTP server: where the Bot Connector delivers presses. */
  readonly mounts: ReadonlyMap<string, RequestListener>;
}

export function createTeamsChannel(config: TeamsConfig, parts: TeamsParts): TeamsChannel {
  const mount = new Mount(config.serviceUrl, parts.log);
  let running: Promise<Turn> | undefined;
  return {
    name: 'teams',
    mounts: new Map([[MESSAGES_PATH, mount.listener]]),
    async start() {
      running ??= begin(config, parts, mount);
      await running;
    },
    async stop() {
      const ending = running;
      running = undefined;
      // A start that is under way comes to its end first, or fails, and then there is nothing to stop.
      const begun = await ending?.catch(() => undefined);
      mount.close();
      await begun?.stop();
    },
  };
}

async function begin(config: TeamsConfig, parts: TeamsParts, mount: Mount): Promise<Turn> {
  const { desk, people, store, url, clock, log } = parts;
  const { tenant, conversation } = config;
  const app = await appOver(config, parts, mount);
  const web = new TeamsWeb(app, config, clock);
  // Presses are answered by whichever replica gets them; cards are the business of the one whose turn it is.
  const board = new Board({ poster: new TeamsPoster(new TeamsWeb(app, config, clock, () => turn.mayAct()), url, log), clock, log });
  const announcer = new Announcer({ name: 'teams', desk, board, clock, log });
  const turn = new Turn({ store, name: 'teams', clock, log, run: (signal) => announcer.run(signal) });

  app.on('card.action', async ({ activity }) => {
    const { verb, data } = activity.value.action as { readonly verb?: unknown; readonly data?: unknown };
    const press = { verb, data, account: activity.from.id, conversation: activity.conversation.id };
    const value = await answer(press, { desk, web, people, tenant, conversation, url, log }, (after) => announcer.heard(after));
    return { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value };
  });
  // For who sets it up: the two values the configuration needs.
  app.on('message', ({ activity }) => {
    log.info({ conversation: activity.conversation.id.split(';')[0], service_url: activity.serviceUrl }, 'teams: the app was spoken to in this conversation');
  });
  await app.initialize();
  turn.start();
  return turn;
}

async function appOver({ appId, tenant, clientSecret, serviceUrl }: TeamsConfig, { secret, log, cloud }: TeamsParts, mount: Mount): Promise<App> {
  return new App({
    clientId: appId, tenantId: tenant, serviceUrl, ...(cloud?.token === undefined ? { clientSecret: await secret(clientSecret) } : { token: cloud.token }),
    // Named although they are the defaults: the SDK would look into the environment for them.
    cloud: cloud?.cloud ?? PUBLIC, dangerouslyAllowUnauthenticatedRequests: false,
    httpServerAdapter: mount, messagingEndpoint: MESSAGES_PATH, client: { timeout: MOST_CALL_MS }, logger: sdkLogger(log),
  });
}
