/** A Slack channel over a desk double and a workspace, ready to be pressed. */

import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { ApprovalsUnavailable } from '../../../src/approval/failures.ts';
import { createMemoryStore } from '../../../src/approval/memory-store.ts';
import { createSlackChannel } from '../../../src/channels/slack/slack.ts';
import type { SlackChannel } from '../../../src/channels/slack/slack.ts';
import type { SlackConfig } from '../../../src/config/config.ts';
import { createPeople } from '../../../src/identity/people.ts';
import type { Person } from '../../../src/identity/person.ts';
import { ClockDouble, DeskDouble } from '../../api/doubles.ts';
import { DANA, FreezerDouble, KIM, SAM } from '../../api/parts.ts';
import { BOT_TOKEN, SIGNING_SECRET, Workspace } from './workspace.ts';

export interface Bench {
  readonly workspace: Workspace;
  readonly desk: DeskDouble;
  readonly clock: ClockDouble;
  readonly logged: string[];
  readonly slack: SlackChannel;
  readonly freezer: FreezerDouble;
  /** Lets the channel's own waits pass while looking. */
  readonly later: <T>(look: () => T | Promise<T>) => ReturnType<typeof expect.poll<T>>;
  /** Long enough for what shouldn't come to come. */
  settled(): Promise<void>;
  /** Another process over the same desk, store and workspace. */
  again(): SlackChannel;
  /** Cuts the way to the store for those made so far. */
  cut(): void;
  close(): Promise<void>;
}

const SECRETS: Readonly<Record<string, string>> = { BOT: BOT_TOKEN, SIGNING: SIGNING_SECRET, APP: 'xapp-test' };

export async function bench({ socket = false, people = [SAM, DANA, KIM] as readonly Person[], url = undefined as string | undefined } = {}): Promise<Bench> {
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
  const freezer = new FreezerDouble();
  const store = createMemoryStore({ clock });
  let generation = 0;
  const again = (): SlackChannel => {
    const own = generation;
    const slack = createSlackChannel(config, {
      desk, clock, freezer, url,
      store: { lease: async (...args) => { if (own < generation) throw new ApprovalsUnavailable(); return store.lease(...args); } }, people: () => createPeople(people), log: { info: note, warn: note, error: note },
      secret: (source) => ('env' in source ? (SECRETS[source.env] ?? '') : ''),
    });
    made.push(slack);
    return slack;
  };
  return {
    workspace, desk, clock, logged, freezer, again, slack: again(), cut: () => { generation += 1; }, settled: () => delay(100),
    later: (look) => expect.poll(() => { clock.advance(5_000); return look(); }, { timeout: 10_000 }),
    async close() {
      await Promise.all(made.map((slack) => slack.stop()));
      await workspace.close();
    },
  };
}
