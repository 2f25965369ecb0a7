import type { Logger } from 'pino';
import type { AgentParts } from '../api/agents.ts';
import type { ApiEnv } from '../api/auth.ts';
import type { ProcessRole } from '../config/role.ts';
import type { JournalRecord } from '../journal/events.ts';
import type { Desk } from '../approval/desk.ts';
import type { AuditSearch } from '../audit/search.ts';
import type { SignInProvider } from '../identity/sign-in.ts';
import type { SignIns } from '../identity/sign-ins.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Visitor } from './visitor.ts';

export interface ConsoleParts extends AgentParts {
  readonly desk: Desk;
  /** Asked at each request. */
  readonly signIns: Pick<SignIns, 'begin' | 'beginByApiToken' | 'find' | 'end' | 'refused'>;
  readonly audit: AuditSearch;
  /** A session's records, oldest first; none of an unknown one. */
  readonly records: (session: string) => AsyncIterable<JournalRecord>;
  readonly role: ProcessRole;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error' | 'warn'>;
  /** 32 bytes; what browsers keep while they are away at the provider is sealed with it. */
  readonly key: Buffer;
  /** Where browsers reach the console, when that isn't the address it listens at. */
  readonly publicUrl?: URL;
  /** Absent: people sign in by an API token only. */
  readonly provider?: SignInProvider;
}

export interface ConsoleEnv {
  Bindings: ApiEnv['Bindings'];
  Variables: { visitor: Visitor };
}
