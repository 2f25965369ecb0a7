import type { Logger } from 'pino';
import type { AgentParts } from '../api/agents.ts';
import type { ApiEnv } from '../api/auth.ts';
import type { Desk } from '../approval/desk.ts';
import type { PeopleDirectory } from '../identity/people.ts';
import type { SignedIn, SignInProvider } from '../identity/sign-in.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Visitor } from './visitor.ts';

export interface ConsoleParts extends AgentParts {
  readonly desk: Desk;
  /** As configured now; asked at each request. */
  readonly people: () => Pick<PeopleDirectory, 'byEmail' | 'byToken'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error' | 'warn'>;
  /** 32 bytes; sessions are sealed with it. */
  readonly key: Buffer;
  /** Where browsers reach the console, when that isn't the address it listens at. */
  readonly publicUrl?: URL;
  /** Absent: people sign in by an API token only. */
  readonly provider?: SignInProvider;
  /** Called when somebody has signed in by the provider. */
  readonly remember?: (signedIn: SignedIn) => void;
}

export interface ConsoleEnv {
  Bindings: ApiEnv['Bindings'];
  Variables: { visitor: Visitor };
}
