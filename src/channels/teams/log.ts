import type { AppOptions, IPlugin } from '@microsoft/teams.apps';
import type { Log } from '../log.ts';

type SdkLogger = NonNullable<AppOptions<IPlugin>['logger']>;

/** What the SDK says, in our log. Debug and info are dropped: they hold whole activities. Of errors only name and message are kept: they hold cards and tokens. */
export function sdkLogger(log: Log): SdkLogger {
  const line = (parts: unknown[]): string => `teams: ${parts.map((part) => (part instanceof Error ? `${part.name}: ${part.message}` : typeof part === 'string' ? part : '…')).join(' ').slice(0, 500)}`;
  const warn = (...parts: unknown[]): void => log.warn(line(parts));
  const logger: SdkLogger = {
    debug: () => {}, info: () => {}, trace: () => {}, warn, error: warn,
    log: (level, ...parts) => { if (level === 'error' || level === 'warn') warn(...parts); },
    child: () => logger,
  };
  return logger;
}
