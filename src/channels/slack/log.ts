import { LogLevel } from '@slack/bolt';
import type { Logger as SlackLogger } from '@slack/bolt';
import type { Log } from '../log.ts';

/**
 * What Slack's libraries say, in our log. Debug and info are dropped: they hold whole messages, that is, statements.
 * The libraries log what a bad response contained, so lines are bounded.
 */
export function slackLogger(log: Log): SlackLogger {
  const line = (parts: unknown[]): string => `slack: ${parts.map(String).join(' ').slice(0, 500)}`;
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts: unknown[]) => log.warn(line(parts)),
    error: (...parts: unknown[]) => log.error(line(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
