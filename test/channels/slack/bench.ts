/** A Slack channel over a desk double and a workspace, ready to be pressed. */

import { createSlackChannel } from '../../../src/channels/slack/slack.ts';
import type { SlackChannel } from '../../../src/channels/slack/slack.ts';
import type { SlackConfig } from '../../../src/config/config.ts';
import { createPeople } from '../../../src/identity/people.ts';
import type { Person } from '../../../src/identity/person.ts';
import { ClockDouble, DeskDouble } from '../../api/doubles.ts';
import { DANA, KIM, SAM } from '../../api/parts.ts';
import { BOT_TOKEN, SIGNING_SECRET, Workspace } from './workspace.ts';

export interface Bench {
  readonly workspace: Workspace;
  readonly desk: DeskDouble;
  readonly clock: ClockDouble;
  readonly logged: string[];
  readonly slack: SlackChannel;
  /** Another process over the same desk and workspace. */
  again(): SlackChannel;
  close(): Promise<void>;
}

const SECRETS: Readonly<Record<string, string>> = { BOT: BOT_TOKEN, SIGNING: SIGNING_SECRET, APP: 'xapp-test' };

export async function bench({ socket = false, people = [SAM, DANA, KIM] as readonly Person[] } = {}): Promise<Bench> {
  const workspace = await Workspace.open();
  const desk = new DeskDouble();
  const clock = new ClockDouble();
  const logged: string[] = [];
  const note = (...parts: unknown[]): void => { logged.push(parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ')); };
  const config: SlackConfig = {
    botToken: { env: 'BOT' }, channel: '#approvals', apiUrl: workspace.apiUrl,
    ...(socket ? { appToken: { env: 'APP' } } : { signingSecret: { env: 'SIGNING' } }),
  };
  const made: SlackChannel[] = [];
  const again = (): SlackChannel => {
    const slack = createSlackChannel(config, {
      desk, clock, people: () => createPeople(people), log: { info: note, warn: note, error: note },
      secret: (source) => ('env' in source ? (SECRETS[source.env] ?? '') : ''),
    });
    made.push(slack);
    return slack;
  };
  return {
    workspace, desk, clock, logged, again, slack: again(),
    async close() {
      await Promise.all(made.map((slack) => slack.stop()));
      await workspace.close();
    },
  };
}
