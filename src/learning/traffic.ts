import type { JournalEvent, StatementEvent } from '../journal/events.ts';
import type { Subject } from '../policy/verdict.ts';

/** Who ran something, and where. */
export type Sender = Pick<Subject, 'agent' | 'database'>;

export function senderOf({ agent, owner, groups, database, protocol }: Extract<JournalEvent, { kind: 'session.start' }>): Sender {
  return { agent: { name: agent, owner, groups }, database: { name: database, protocol } };
}

/** A statement's record, and whose it is. */
export interface SeenStatement {
  readonly sequence: number;
  readonly time: string;
  readonly event: StatementEvent;
  readonly by: Sender;
}
