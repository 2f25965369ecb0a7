/** What the journal records. One closed union; `kind` tells them apart. */

import type { Bound } from '../approval/bound.ts';
import type { Hits } from '../masking/detectors/tally.ts';
import type { EffectUse, TableUse } from '../sql/facts.ts';
import type { Action, Span } from '../policy/verdict.ts';
import type { Arrival } from '../protocol/statement.ts';

export type JournalEvent =
  | { readonly kind: 'process.start'; readonly version: string; readonly pid: number; readonly host: string }
  | { readonly kind: 'process.stop'; readonly reason: string }
  | { readonly kind: 'policy.loaded'; readonly version: string; readonly files: readonly string[]; readonly mode?: 'observe' }
  | { readonly kind: 'policy.rejected'; readonly problems: readonly string[] }
  | { readonly kind: 'login.refused'; readonly session: string; readonly agent: string; readonly database: string; readonly client: string; readonly code: string }
  | {
      readonly kind: 'session.start'; readonly session: string; readonly agent: string; readonly owner: string; readonly groups: readonly string[]; readonly database: string;
      readonly protocol: 'postgres' | 'mysql'; readonly client: string; readonly tls: boolean; readonly attributes: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'session.end'; readonly session: string; readonly reason: string; readonly statements: number; readonly bytesIn: number; readonly bytesOut: number }
  /** A text given a name at the server (Parse, COM_STMT_PREPARE) without being run yet. */
  | { readonly kind: 'prepare'; readonly session: string; readonly name: string; readonly text: string }
  | StatementEvent
  /** From here on the session's text runs as another that reads masks; once for each such pair, before its first run. */
  | { readonly kind: 'form'; readonly session: string; readonly text: string; readonly ran: string }
  /** Something was refused that isn't known as a statement: a text over the limit or not in UTF-8, a name nobody prepared. */
  | { readonly kind: 'refused'; readonly session: string; readonly code: string; readonly reason: string }
  /** A portal or cursor already journalled is executed again (row-limited Execute, COM_STMT_FETCH). `statement` is the sequence number of its record. */
  | { readonly kind: 'continue'; readonly session: string; readonly statement: number }
  /** How a statement ended. `statement` is the sequence number of its record. */
  | {
      readonly kind: 'outcome'; readonly session: string; readonly statement: number; readonly tag?: string; readonly rows: number; readonly bytes: number;
      readonly ms: number; readonly error?: { readonly code: string; readonly message: string };
      /** What was found in its values by the policy's `detect`, and replaced: how often, by detector. */
      readonly hits?: Hits;
    }
  /** More rows of a statement have come than `rows` of a budget, and pass: the policy only observes. `statement` is the sequence number of its record. */
  | { readonly kind: 'overrun'; readonly session: string; readonly statement: number; readonly rule: string; readonly action: 'hold' | 'deny'; readonly per: Span; readonly rows: number }
  | { readonly kind: 'cancel'; readonly session: string; readonly by: 'agent' | 'person' | 'proxy'; readonly what: 'held' | 'running' }
  | {
      /** `statement`: the sequence number of the record of one that runs already; what is asked is whether more rows of it may follow. */
      readonly kind: 'request.opened'; readonly session: string; readonly statement?: number; readonly request: string; readonly digest: string; readonly mode: 'inline' | 'deferred';
      readonly agent: string; readonly owner: string; readonly actsFor?: string; readonly groups: readonly string[]; readonly database: string; readonly protocol: 'postgres' | 'mysql';
      readonly text: string; readonly parameters?: readonly (string | null)[];
      /** What runs in the place of statements that read masked columns. */
      readonly forms?: readonly string[];
      /** What else the digest is made of: it can be computed again from this record alone. */
      readonly bound: Bound;
      readonly effects: readonly EffectUse[]; readonly tables: readonly TableUse[]; readonly unbounded: boolean; readonly rule: string; readonly policy: string;
      readonly approvers: readonly string[]; readonly quorum: number; readonly expiresAt: number;
      readonly escalation?: { readonly approvers: readonly string[]; readonly at: number }; readonly breakGlass?: readonly string[];
    }
  /** A decision as it was signed; `jws` is checked again by `audit verify`. */
  | { readonly kind: 'request.decided'; readonly request: string; readonly person: string; readonly channel: string; readonly decision: 'approve' | 'deny'; readonly reason?: string; readonly breakGlass?: true; readonly jws: string }
  /** Nobody has decided by the time in its terms: from now on these groups may, too. By the process that has marked it so in the store. */
  | { readonly kind: 'request.escalated'; readonly request: string; readonly approvers: readonly string[] }
  | { readonly kind: 'request.ended'; readonly request: string; readonly state: 'denied' | 'expired' | 'withdrawn' | 'released' | 'finished' | 'failed'; readonly reason?: string }
  /** Recorded by every replica, as it was signed. */
  | { readonly kind: 'agent.frozen' | 'agent.thawed'; readonly agent: string; readonly by: string; readonly reason?: string; readonly jws: string }
  /** By an issuer, or by an API token of that name; with the roles and groups that counted then. `until`: milliseconds since 1970. */
  | {
      readonly kind: 'person.signed_in'; readonly person: string; readonly signIn: string; readonly use: 'console' | 'cli'; readonly issuer?: string; readonly token?: string;
      readonly roles: readonly string[]; readonly groups: readonly string[]; readonly until: number;
    }
  /** One sign-in was ended, or all that the person had. Recorded by every replica, as it was signed: it is known by this again after a restart. */
  | { readonly kind: 'person.signed_out'; readonly person: string; readonly signIn?: string; readonly by: string; readonly reason?: string; readonly jws: string }
  /** Nobody was signed in. `claimed`: who the issuer says it was, which nobody has verified. */
  | { readonly kind: 'person.refused'; readonly use: 'console' | 'cli'; readonly claimed?: string; readonly reason: string };

/** Written before the first byte of the statement leaves for the database. Never droppable. */
export interface StatementEvent {
  readonly kind: 'statement';
  readonly session: string;
  readonly arrival: Arrival;
  readonly text: string;
  /** Bound parameters as the client sent them: text form, `\x…` for binary, null. */
  readonly parameters?: readonly (string | null)[];
  readonly verdict: Action;
  readonly rule: string;
  readonly effects: readonly EffectUse[];
  readonly tables: readonly TableUse[];
  /** One by one; none of a text that wasn't understood. */
  readonly statements: readonly RecordedStatement[];
  readonly policy: string;
  readonly request?: string;
  /** `run`: it leaves for the database after this record. `refused`: it never does. */
  readonly fate: 'run' | 'refused';
  /** It ran although it would have been held or denied, as `verdict` says: the policy only observes. */
  readonly observed?: true;
  /** Why it was refused. */
  readonly code?: string;
}

/** What a policy is asked about one statement of a batch. */
export interface RecordedStatement {
  /** As in StatementFacts: `select`, `create table`. */
  readonly kind: string;
  readonly unbounded?: true;
  /** Where they aren't the batch's. */
  readonly effects?: readonly EffectUse[];
  readonly tables?: readonly TableUse[];
}

/** In place of a text: the one of the `text` record with that hash. */
export interface TextReference {
  readonly sha256: string;
}

/** Records the journal itself makes. */
export type JournalNote =
  /**
   * Statements of one turn that were let through unasked, in one record: hashing and chaining each by itself would cost more than
   * judging it. Each has a sequence number of its own, the first the record's, and readers give them back one by one, as `statement`s.
   * `judged` is the sequence number of a record of the same segment, and text null where that record has it.
   */
  | { readonly kind: 'statements'; readonly ran: readonly (readonly [session: string, judged: number, text: string | TextReference | null, parameters?: readonly (string | null)[]])[] }
  /** What statements were judged to be, once per segment; `text` of those that come again and again. */
  | ({ readonly kind: 'judged'; readonly text?: string } & Pick<StatementEvent, 'arrival' | 'effects' | 'observed' | 'policy' | 'rule' | 'statements' | 'tables' | 'verdict'>)
  /** The plain outcomes of a few milliseconds; readers give them back one by one, as `outcome`s of this record's sequence number and time. */
  | { readonly kind: 'outcomes'; readonly ended: readonly PlainOutcome[] }
  /** Signed: the hash of everything before it, and the root of a tree of what was recorded since the last one; see README.md. */
  | { readonly kind: 'checkpoint'; readonly key: string; readonly leaves: number; readonly root: string; readonly signature: string }
  /** A statement text over 4 KiB, stored once per segment; readers put it back where it is referred to. */
  | { readonly kind: 'text'; readonly sha256: string; readonly text: string }
  /**
   * Segments that are to be deleted from the front: records `first` to `last`, whose hash this is. Signed and on the disk before any of them goes.
   * `why`: what the newest of them was over. Times are those of their records.
   */
  | {
      readonly kind: 'retired'; readonly first: number; readonly last: number; readonly hash: string; readonly segments: number; readonly bytes: number;
      readonly since: string; readonly until: string; readonly why: 'age' | 'size';
    }
  /** Found at start after a crash: a record that was never finished, cut off. `bytes` of `file` from `offset` on. */
  | { readonly kind: 'recovered'; readonly file: string; readonly offset: number; readonly bytes: number }
  /** First record after a time in which nothing could be written. */
  | {
      readonly kind: 'outage'; readonly since: string; readonly code: string;
      /** How many records of each kind were void: nothing of them ran. */
      readonly voided: Readonly<Record<string, number>>;
      /** How many records of each kind were given up, because more came than memory is kept for, and what the outcomes among them amounted to. */
      readonly dropped: Readonly<Record<string, number>>;
      readonly outcomes?: { readonly count: number; readonly rows: number; readonly bytes: number; readonly errors: number };
      /** A file whose end, from `offset` on, could not be cut back and doesn't count. */
      readonly damaged?: { readonly file: string; readonly offset: number };
    };

/** What a reader gets. `sequence` counts from 1 without gaps; `time` is ISO 8601, UTC, milliseconds. */
export interface JournalRecord {
  readonly sequence: number;
  readonly time: string;
  readonly event: JournalEvent | JournalNote;
}

/** A statement that ended without an error, with no more rows to come: session, sequence number of its record, rows, bytes, microseconds, command tag. */
export type PlainOutcome = readonly [session: string, statement: number, rows: number, bytes: number, us: number, tag: string];

/** Where events go. Everything that runs goes through `append`, then `written`. */
export interface Journal {
  /**
   * Takes the event for this turn's batch and gives it its sequence number.
   * It is on its way to the file only; wait for `written` before acting on it.
   */
  append(event: JournalEvent): number;
  /** Takes how a statement ended without an error: written with the next batch, or by itself a few milliseconds later, and before whatever is appended next. */
  ended(outcome: PlainOutcome): void;
  /**
   * Calls back exactly once, at once or in this event-loop turn's check phase, when all that was appended so far has been
   * handed to the operating system (a kill -9 can't lose it) or, with the error, could not be.
   * On an error the turn's `statement`, `prepare`, `continue` and `request.opened` records are void (they must not run); other kinds are kept and written later.
   */
  written(callback: (failure?: Error) => void): void;
  /** Resolves when all that was appended so far is on the disk (fdatasync): for held statements before their release. */
  durable(): Promise<void>;
  /** False from the first failed write until one succeeds again; then nothing may run. */
  readonly writable: boolean;
  close(): Promise<void>;
}
